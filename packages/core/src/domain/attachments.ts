/** What is attached to a user point besides profiles: segments, scenarios and choices (SPEC 2.6). */
import type { Json, JsonObject } from './json.ts'

/** How a segment is named: by its id, or by its technical name; the two are never the same segment. */
export type SegmentKey = { readonly naming: 'Id' | 'TechnicalName'; readonly segment: string }

/** A membership of a segment. */
export type Segment = SegmentKey & {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly modifiedAt: number
  /** When the membership ends, in milliseconds since 1970; absent: never. */
  readonly expiresAt?: number
  readonly dataBag?: Json
}

/** A scenario that the user point is in. */
export type Scenario = {
  readonly scenario: string
  readonly createdAt: number
  readonly modifiedAt: number
}

/** A choice on one processing of data. */
export type Choice = {
  readonly processing: string
  /** When the choice was made, as it was said, in milliseconds since 1970. */
  readonly chosenAt: number
  readonly createdAt: number
  readonly modifiedAt: number
  readonly properties: JsonObject
}

export const sameSegment = (a: SegmentKey, b: SegmentKey): boolean => a.naming === b.naming && a.segment === b.segment

export const sameScenario = (a: Pick<Scenario, 'scenario'>, b: Pick<Scenario, 'scenario'>): boolean =>
  a.scenario === b.scenario

export const sameChoice = (a: Pick<Choice, 'processing'>, b: Pick<Choice, 'processing'>): boolean =>
  a.processing === b.processing

/** Holds for memberships that have not ended: what has expired is no longer there (SPEC 2.8). */
export const isCurrent = (segment: Segment, now: number): boolean =>
  segment.expiresAt === undefined || segment.expiresAt > now
