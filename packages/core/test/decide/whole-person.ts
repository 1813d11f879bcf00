/** User points with everything that one may have: what {@link person} gives, and what is attached besides profiles. */
import type { Choice, Scenario, Segment, SegmentKey } from '../../src/domain/attachments.ts'
import type { Identifier } from '../../src/domain/identifier.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import type { NamedIdentifier, Subject } from '../../src/domain/user-point.ts'
import { person } from './given.ts'

export const named = (name: string, value: string) => ({ _tag: 'Named', name, value }) satisfies Identifier

export const byId = (segment: string): SegmentKey => ({ naming: 'Id', segment })
export const byName = (segment: string): SegmentKey => ({ naming: 'TechnicalName', segment })

type Times = { readonly createdAt?: number; readonly modifiedAt?: number }

export const segment = (
  key: SegmentKey,
  rest: Times & Pick<Partial<Segment>, 'expiresAt' | 'dataBag' | 'dataBagAt' | 'tick'> = {}
): Segment => ({
  ...key,
  createdAt: 100,
  modifiedAt: 100,
  ...rest
})

export const scenario = (name: string, times: Times = {}): Scenario => ({
  scenario: name,
  createdAt: 100,
  modifiedAt: 100,
  ...times
})

export const choice = (
  processing: string,
  properties: JsonObject = {},
  times: Times & { readonly chosenAt?: number } = {}
): Choice => ({ processing, chosenAt: 50, createdAt: 100, modifiedAt: 100, properties, ...times })

type Parts = NonNullable<Parameters<typeof person>[1]> & {
  /** Name and value, in the order in which they came. */
  readonly named?: ReadonlyArray<readonly [string, string]>
  readonly segments?: ReadonlyArray<Segment>
  readonly scenarios?: ReadonlyArray<Scenario>
  readonly choices?: ReadonlyArray<Choice>
  readonly mergedAt?: ReadonlyArray<number>
}

export const wholePerson = (id: string, parts: Parts = {}): Subject => {
  const { named: names = [], segments = [], scenarios = [], choices = [], mergedAt = [] } = parts
  const subject = person(id, parts)
  const { createdAt } = subject.point
  const identifiers = names.map(([name, value]): NamedIdentifier => ({ name, value, createdAt }))
  return { ...subject, point: { ...subject.point, named: identifiers, segments, scenarios, choices, mergedAt } }
}
