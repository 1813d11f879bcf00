/** Retention (L-39): a sweep forgets what the rules say is too old, nothing else, and leaves a receipt of each person. */
import type { Engine, Subject } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { Retention, SweepReport } from '@userpoint/core/maintenance'
import fc from 'fast-check'
import { codeOf, history, type HistoryStep, perform } from '../arbitraries/history.ts'
import { cardSettings } from '../arbitraries/insider.ts'
import { beginning } from '../arbitraries/people.ts'
import { print } from '../code.ts'
import { canonical, fail } from '../compare.ts'
import type { Requirement } from '../requirement.ts'
import { requirement } from '../trial.ts'
import { engineOver } from './engine.ts'
import { testKey } from './erasure-key.ts'

const day = 86_400_000

type Profile = Subject['point']['profiles'][number]
type State = ReadonlyArray<Subject>

const peopleIn = async (engine: Engine<DocumentType>): Promise<State> => {
  const all: Array<Subject> = []
  for await (const subject of engine.userPoints()) all.push(subject)
  return all
}

const keyOf = ({ compartment, accountId }: Profile): string => JSON.stringify([compartment, accountId])
const textOf = (value: unknown): string => (value === undefined ? 'absent' : canonical(value))

const propertyIn = (state: State, id: string, key: string, name: string): unknown =>
  state.find((each) => each.id === id)?.point.profiles.find((each) => keyOf(each) === key)?.properties[name]

/** The latest time that stands anywhere in a user point, but not in what senders wrote. */
const latestTimeIn = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce((latest, [name, each]) => {
    if (name === 'properties' || name === 'dataBag') return latest
    const own = ['createdAt', 'modifiedAt'].includes(name) ? Number(each) : latestTimeIn(each)
    return Math.max(latest, own)
  }, 0)
}

const lastActivity = ({ point }: Subject): number => Math.max(latestTimeIn(point), ...point.mergedAt)

/** Keeps what a history showed. */
interface Past {
  /** When each property was last seen to change. */
  readonly changed: ReadonlyMap<string, number>
}

const placeOf = (id: string, key: string, name: string): string => JSON.stringify([id, key, name])

/** Notes when properties were seen to change, by a look at all people after each step. */
const noteChanges = (changed: Map<string, number>, before: State, after: State, time: number): void => {
  for (const { id, point } of after)
    for (const profile of point.profiles)
      for (const [name, value] of Object.entries(profile.properties)) {
        const key = keyOf(profile)
        if (textOf(propertyIn(before, id, key, name)) !== textOf(value)) changed.set(placeOf(id, key, name), time)
      }
}

interface Swept {
  readonly rules: Retention
  readonly now: number
}

const isOld = (time: number, days: number | undefined, now: number): boolean =>
  days !== undefined && now - time >= days * day

const demandProperties = (
  { id, point }: Subject,
  { before, after }: { readonly before: Profile; readonly after: Profile },
  { changed }: Past,
  { rules, now }: Swept
): void => {
  const named = new Map((rules.properties ?? []).map(({ name, days }) => [name, days]))
  for (const [name, value] of Object.entries(before.properties)) {
    const days = named.get(name)
    const isThere = Object.hasOwn(after.properties, name)
    if (isThere && textOf(after.properties[name]) !== textOf(value)) fail('a property was changed')
    if (isThere && isOld(before.modifiedAt, days, now)) fail(`a property of ${id} is too old, and is still there`)
    if (isThere) continue
    if (days === undefined) fail(`a property of ${id} is gone without a rule`)
    const seen = changed.get(placeOf(id, keyOf(before), name)) ?? 0
    // Of people who were merged, properties keep their ages.
    if (point.mergedAt.length === 0 && !isOld(seen, days, now)) fail(`a property of ${id} is gone too early`)
  }
  for (const name of Object.keys(after.properties))
    if (!Object.hasOwn(before.properties, name)) fail('a property came from nowhere')
  const [{ properties: _, parts: _parts, ...one }, { properties: __, parts: __parts, ...other }] = [before, after]
  if (textOf(one) !== textOf(other)) fail(`the times of a profile of ${id} changed`)
}

/** Returns the person without what is attached, which is compared one by one. */
const rest = ({ point }: Subject): string => {
  const { profiles: _, segments: __, devicePoints: ___, ...others } = point
  return textOf(others)
}

const demandPerson = (before: Subject, after: Subject | undefined, past: Past, swept: Swept): void => {
  const { rules, now } = swept
  const profiles = before.point.profiles.filter(({ modifiedAt }) => !isOld(modifiedAt, rules.profiles, now))
  const segments = before.point.segments.filter(({ modifiedAt }) => !isOld(modifiedAt, rules.memberships, now))
  const goes = isOld(lastActivity(before), rules.people, now) || profiles.length + segments.length === 0
  if (after === undefined) return goes ? undefined : fail(`${before.id} is gone, and was not too old`)
  if (goes) fail(`${before.id} is too old, and is still there`)
  if (textOf(after.point.segments) !== textOf(segments)) fail(`${before.id} has other memberships than expected`)
  if (rest(after) !== rest(before)) fail(`${before.id} was changed beyond the rules`)
  if (textOf(after.point.profiles.map(keyOf)) !== textOf(profiles.map(keyOf)))
    fail(`${before.id} has other profiles than expected`)
  for (const [at, profile] of after.point.profiles.entries())
    demandProperties(before, { before: profiles[at] as Profile, after: profile }, past, swept)
}

const swept = async (engine: Engine<DocumentType>, dryRun = false) => {
  const ids = new Set<string>()
  const outcome = await engine.sweep({
    dryRun,
    onExplained: (changes) => {
      for (const { userPoint } of changes) ids.add(userPoint)
    }
  })
  if (outcome._tag === 'Left') return fail(`a sweep ended in ${outcome.left._tag}`)
  return { report: outcome.right, ids }
}

const retentionReceipts = async (engine: Engine<DocumentType>): Promise<number> => {
  let count = 0
  for await (const { entry } of engine.receipts?.all() ?? [])
    if (entry._tag === 'Erasure' && entry.verb === 'ApplyRetention') count += 1
  return count
}

const sumOf = ({ forgotten }: SweepReport): number =>
  Object.values(forgotten ?? {}).reduce((sum: number, count: number) => sum + count, 0)

interface Told {
  readonly steps: ReadonlyArray<readonly [days: number, step: HistoryStep]>
  readonly wait: number
  /** The number of each property's name among those that there are, and its days. */
  readonly properties: ReadonlyArray<readonly [name: number, days: number]>
  readonly rules: Omit<Retention, 'properties'>
}

const days = fc.integer({ min: 1, max: 40 })
const maybe = fc.option(days, { nil: undefined })

const told: fc.Arbitrary<Told> = fc.record({
  steps: fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 20 }),
      history({ maxSteps: 1, maxLength: 6 })
        .filter(([step]) => step !== undefined && step._tag !== 'Sweep')
        .map(([step]) => step as HistoryStep)
    ),
    { minLength: 1, maxLength: 15, size: 'max' }
  ),
  wait: fc.integer({ min: 0, max: 40 }),
  properties: fc.array(fc.tuple(fc.nat(20), days), { maxLength: 4 }),
  rules: fc.record({ profiles: maybe, memberships: maybe, people: maybe })
})

const rulesOf = ({ properties, rules }: Told, people: State): Retention => {
  const names = [
    ...new Set(people.flatMap(({ point }) => point.profiles.flatMap((each) => Object.keys(each.properties))))
  ].sort()
  // An object keeps the first of two rules of one name: each name has one rule.
  const chosen = new Map(properties.map(([at, length]) => [names[at % Math.max(1, names.length)] ?? 'none', length]))
  return { ...rules, properties: Array.from(chosen, ([name, length]) => ({ name, days: length })) }
}

export const retentionRequirements: ReadonlyArray<Requirement> = [
  requirement({
    key: 'L-39.sweep',
    sentence:
      'after any history with days between its steps, a sweep under rules of retention forgets what is too old and nothing that is younger, as its dry run said, with a receipt for each person, and a second sweep forgets nothing',
    check: async (trial) => {
      await trial.forAll(25, told, async (given) => {
        await trial.withStore(async (store) => {
          let time = beginning
          const erasure = { key: testKey }
          store.note(() => `let time = ${beginning}`)
          store.note(
            () =>
              'const over = (retention) => createEngine({ dialect: mediarithmics, repository: store, clock: () => time, newId, retention, erasure: { key: testKey } })'
          )
          const { repository } = store.handle
          const engine = engineOver(repository, { clock: () => time, erasure })
          const changed = new Map<string, number>()
          let people: State = []
          store.note(() => 'const engine = over({})')
          for (const [wait, step] of given.steps) {
            time += wait * day
            store.note(() => `time += ${wait * day}`)
            store.note(() => codeOf(step))
            await perform(engine, step, cardSettings)
            const after = await peopleIn(engine)
            noteChanges(changed, people, after, time)
            people = after
          }
          time += given.wait * day
          const retention = rulesOf(given, people)
          store.note(() => `time += ${given.wait * day}`)
          store.note(() => `await over(${print(retention)}).sweep()`)
          const sweeper = engineOver(repository, { clock: () => time, retention, erasure })
          const before = await peopleIn(sweeper)
          const tried = await swept(sweeper, true)
          if (textOf(await peopleIn(sweeper)) !== textOf(before)) fail('a dry run changed people')
          const { report, ids } = await swept(sweeper)
          if (textOf(report) !== textOf(tried.report) || textOf([...ids]) !== textOf([...tried.ids]))
            fail('a sweep did something else than its dry run said')
          const after = new Map((await peopleIn(sweeper)).map((each) => [each.id, each]))
          const past: Past = { changed }
          for (const each of before) demandPerson(each, after.get(each.id), past, { rules: retention, now: time })
          if (after.size > before.length) fail('a sweep made people')
          const receipts = await retentionReceipts(sweeper)
          if (receipts > before.length || receipts > 0 !== sumOf(report) > 0)
            fail(`${receipts} receipts of what retention forgot`)
          const again = await swept(sweeper)
          if (sumOf(again.report) > 0) fail('a second sweep forgot more')
          if ((await retentionReceipts(sweeper)) !== receipts) fail('a second sweep left receipts')
        })
      })
    }
  })
]
