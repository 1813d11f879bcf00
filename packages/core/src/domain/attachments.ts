/** The segments, scenarios and choices of a user point. */
import type { Writable } from './edit.ts'
import { getKey, type Json, type JsonObject } from './json.ts'
import { type Dated, lastWritten, type Moment, tickOf } from './moment.ts'

/** The name of a segment: its id or its technical name. The two never name the same segment. */
export type SegmentKey = { readonly naming: 'Id' | 'TechnicalName'; readonly segment: string }

/** A membership of a segment. */
export type Segment = SegmentKey &
  Dated & {
    /** When the membership ends, in milliseconds since 1970; absent: never. */
    readonly expiresAt?: number
    readonly dataBag?: Json
    /** When the data bag was written; absent: when the membership was. */
    readonly dataBagAt?: Moment
  }

/** A scenario that the user point is in. */
export type Scenario = {
  readonly scenario: string
  readonly createdAt: number
  readonly modifiedAt: number
}

/** A choice on one processing of data. */
export type Choice = Dated & {
  readonly processing: string
  /** When the choice was made, as it was said, in milliseconds since 1970. */
  readonly chosenAt: number
  readonly properties: JsonObject
}

export const sameSegment = (a: SegmentKey, b: SegmentKey): boolean => a.naming === b.naming && a.segment === b.segment

export const sameScenario = (a: Pick<Scenario, 'scenario'>, b: Pick<Scenario, 'scenario'>): boolean =>
  a.scenario === b.scenario

export const sameChoice = (a: Pick<Choice, 'processing'>, b: Pick<Choice, 'processing'>): boolean =>
  a.processing === b.processing

/** Returns whether a membership has not ended. One that has ended counts as absent everywhere. */
export const isCurrent = (segment: Segment, now: number): boolean =>
  segment.expiresAt === undefined || segment.expiresAt > now

/** Returns the memberships that have not ended; the same reference if none has. */
export const currentSegments = (segments: ReadonlyArray<Segment>, now: number): ReadonlyArray<Segment> =>
  segments.every((segment) => isCurrent(segment, now))
    ? segments
    : segments.filter((segment) => isCurrent(segment, now))

/** The property of a choice that says whether the processing is accepted. */
const acceptance = '$choice_acceptance_value'

const isRefusal = ({ properties }: Choice): boolean => getKey(properties, acceptance) === false

/**
 * Returns whether a choice wins over another one on the same processing. The choice that was made later wins; on a tie a
 * refusal, and then the one that was written later.
 */
export const stands = (choice: Choice, other: Choice): boolean => {
  if (choice.chosenAt !== other.chosenAt) return choice.chosenAt > other.chosenAt
  if (isRefusal(choice) !== isRefusal(other)) return isRefusal(choice)
  return lastWritten(choice) >= lastWritten(other)
}

/** Returns the winner of two choices on one processing, with the earlier creation. */
export const joinChoices = (survivor: Choice, other: Choice): Choice => ({
  ...(stands(survivor, other) ? survivor : other),
  createdAt: Math.min(survivor.createdAt, other.createdAt)
})

const dataBagWrittenAt = (segment: Segment): Moment =>
  segment.dataBag === undefined ? Number.NEGATIVE_INFINITY : (segment.dataBagAt ?? lastWritten(segment))

type SegmentParts = SegmentKey &
  Pick<Segment, 'createdAt' | 'modifiedAt' | 'dataBag'> & {
    readonly expiresAt: number | undefined
    readonly writtenAt: Moment
    readonly dataBagAt: Moment
  }

/** Creates a membership; fields with a default value are left out. */
export const segmentOf = (parts: SegmentParts): Segment => {
  const { naming, segment: name, createdAt, modifiedAt, writtenAt, expiresAt, dataBag, dataBagAt } = parts
  // Field by field: a line may read thousands of these, and reading an object that a spread built takes ten times as long.
  const segment: Writable<Segment> = { naming, segment: name, createdAt, modifiedAt }
  const tick = tickOf(writtenAt, modifiedAt)
  if (tick !== 0) segment.tick = tick
  if (expiresAt !== undefined) segment.expiresAt = expiresAt
  if (dataBag !== undefined) {
    segment.dataBag = dataBag
    if (dataBagAt !== writtenAt) segment.dataBagAt = dataBagAt
  }
  return segment
}

/**
 * Joins two current memberships of one segment: the end is that of the membership written last, and the data bag is the
 * one written last.
 */
export const joinSegments = (survivor: Segment, other: Segment): Segment => {
  const last = lastWritten(other) > lastWritten(survivor) ? other : survivor
  const bagged = dataBagWrittenAt(other) > dataBagWrittenAt(survivor) ? other : survivor
  const { naming, segment } = survivor
  return segmentOf({
    naming,
    segment,
    createdAt: Math.min(survivor.createdAt, other.createdAt),
    modifiedAt: Math.max(survivor.modifiedAt, other.modifiedAt),
    writtenAt: lastWritten(last),
    expiresAt: last.expiresAt,
    ...(bagged.dataBag !== undefined && { dataBag: bagged.dataBag }),
    dataBagAt: dataBagWrittenAt(bagged)
  })
}

export const joinScenarios = (survivor: Scenario, other: Scenario): Scenario => ({
  scenario: survivor.scenario,
  createdAt: Math.min(survivor.createdAt, other.createdAt),
  modifiedAt: Math.max(survivor.modifiedAt, other.modifiedAt)
})

/** Returns the data bag of a membership, and the moment at which it was written. */
export const dataBagOf = (segment: Segment | undefined): Pick<SegmentParts, 'dataBag' | 'dataBagAt'> =>
  segment?.dataBag === undefined
    ? { dataBagAt: Number.NEGATIVE_INFINITY }
    : { dataBag: segment.dataBag, dataBagAt: dataBagWrittenAt(segment) }
