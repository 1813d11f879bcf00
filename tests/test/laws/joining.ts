/** The law of joining over a store: engines come and go, and their clocks are set back (L-35). */
import { createEngine, type Json, type Policies } from '@userpoint/core'
import { type DocumentType, encodeUserPoint, mediarithmics } from '@userpoint/core/mediarithmics'
import type { JsonObject, Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { importText } from './store.ts'

const hashes = ['a', 'b', 'c'] as const
type Line = readonly [DocumentType, JsonObject]

const name = fc.constantFrom('x', 'y', '__proto__')
const value: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(0, 1, null, false, 'text', [1]),
  fc.dictionary(name, fc.nat(2), { maxKeys: 2, noNullPrototype: true })
)
const who = fc.constantFrom(...hashes).map((email_hash) => ({ email_hash }))

const line: fc.Arbitrary<Line> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(who, fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }))
      .map(
        ([each, user_profile]): Line => [
          'USER_PROFILE',
          { operation: 'UPSERT', ...each, force_replace: false, user_profile }
        ]
      )
  },
  {
    weight: 1,
    arbitrary: fc.tuple(who, fc.nat(2), fc.boolean()).map(
      ([each, $choice_ts, $choice_acceptance_value]): Line => [
        'USER_CHOICE',
        {
          operation: 'UPSERT',
          ...each,
          force_replace: true,
          user_choice: { $processing_id: 7, $choice_ts, $choice_acceptance_value }
        }
      ]
    )
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(who, fc.option(fc.nat(2), { nil: null }))
      .map(
        ([each, data_bag]): Line => [
          'USER_SEGMENT',
          { operation: 'UPDATE', ...each, segment_id: 9, expiration_duration: 0, data_bag }
        ]
      )
  }
)

const association: Line = [
  'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS',
  { identifiers: hashes.map((hash) => ({ type: 'USER_EMAIL', hash })) }
]

interface Step {
  readonly line: Line
  /** The time of the clock, in milliseconds after the beginning: it may be set back. */
  readonly time: number
  /** `true`: another engine takes over, which knows only the store. */
  readonly restarts: boolean
}

const step: fc.Arbitrary<Step> = fc.record({ line, time: fc.nat(3), restarts: fc.boolean() })
/** A history of lines on a few hashes. */
export const history = fc.array(step, { minLength: 1, maxLength: 8 })
/** The place of the association in a history. */
export const place = fc.nat(8)

const beginning = 1_700_000_000_000
const shownTimes = ['creation_ts', 'last_modified_ts', '$creation_ts', '$last_modified_ts']

const withoutTimes = (item: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !shownTimes.includes(key)))

/** Returns the profiles, choices and memberships after these steps, by the person's hashes. */
const known = async (
  repository: Repository,
  steps: ReadonlyArray<Step>,
  policies: Partial<Policies> = {}
): Promise<unknown> => {
  let time = beginning
  let ids = 0
  const start = () =>
    createEngine({
      dialect: mediarithmics,
      // Another handle, as after a restart.
      repository: { ...repository },
      policies,
      clock: () => time,
      newId: () => `0192a000-0000-7000-8000-${(ids++).toString(16).padStart(12, '0')}`,
      purge: 'manual'
    })
  let engine = start()
  for (const each of steps) {
    time = beginning + each.time
    if (each.restarts) engine = start()
    const [type, sent] = each.line
    await importText(engine, type, JSON.stringify(sent))
  }
  const people = new Map<string, unknown>()
  for await (const subject of engine.userPoints()) {
    const { profiles, segments = [], choices = [] } = encodeUserPoint(subject)
    const lists = [profiles, segments, choices] as unknown as ReadonlyArray<ReadonlyArray<JsonObject>>
    const hashesOf = subject.point.emailHashes.map(({ hash }) => hash).sort()
    people.set(
      hashesOf.join(),
      lists.map((list) => new Set(list.map(withoutTimes)))
    )
  }
  return people
}

const joinedAt = (steps: ReadonlyArray<Step>, at: number, time: number): ReadonlyArray<Step> =>
  steps.toSpliced(Math.min(at, steps.length), 0, { line: association, time, restarts: false })

export type Open = () => Promise<{ readonly repository: Repository; readonly close: () => unknown }>

/** Returns whether an association at this place of a history gives what it gives at the end. */
export const holdsOn = async (
  open: Open,
  steps: ReadonlyArray<Step>,
  at: number,
  policies: Partial<Policies> = {}
): Promise<boolean> => {
  const outcomes: unknown[] = []
  for (const all of [joinedAt(steps, at, 0), joinedAt(steps, steps.length, 0)]) {
    const { repository, close } = await open()
    outcomes.push(await known(repository, all, policies))
    await close()
  }
  return same(outcomes[0], outcomes[1])
}
