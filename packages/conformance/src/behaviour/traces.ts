/**
 * Traces of the deleted, through the engine: every value of a history carries a marker of its own, and after the purge the
 * store's own bytes hold those that an export still shows, and no other.
 */
import type { Engine, Subject } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { codeOf, type HistoryStep, perform } from '../arbitraries/history.ts'
import { requestOf, type UserIntent } from '../arbitraries/insider.ts'
import type { Intent } from '../arbitraries/intent.ts'
import { callOf, isLine, lineOf, typeOf } from '../arbitraries/line.ts'
import { type AttributeName, type Identified, mintIds } from '../arbitraries/people.ts'
import { fail } from '../compare.ts'
import type { StoreFile } from '../harness.ts'
import type { Requirement } from '../requirement.ts'
import { requirement, type TrialStore } from '../trial.ts'
import { engineOver, type EngineSettings } from './engine.ts'
import { testKey } from './erasure-key.ts'

/** Marks a value of some sort with text that is nowhere else. */
type Mark = (sort: string) => string

/** A source of marks, and the sort of value that each was given to. All are of one length, so that none is part of another. */
const createMarks = () => {
  const sorts = new Map<string, string>()
  const mark: Mark = (sort) => {
    const text = `mk${String(sorts.size).padStart(6, '0')}x`
    sorts.set(text, sort)
    return text
  }
  return { sorts, mark }
}

const inUtf8 = /mk\d{6}x/g
const inUtf16 = /m\0k\0(?:\d\0){6}x/g

const pieceLength = 8_192

/** Every mark in some bytes, written in UTF-8 or UTF-16. */
const marksIn = (files: ReadonlyArray<StoreFile>): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const { bytes } of files) {
    let text = ''
    for (let at = 0; at < bytes.length; at += pieceLength) {
      text += String.fromCharCode(...bytes.subarray(at, at + pieceLength))
    }
    for (const [each] of text.matchAll(inUtf8)) found.add(each)
    for (const [each] of text.matchAll(inUtf16)) found.add(each.replaceAll('\0', ''))
  }
  return found
}

/** A person's identifiers, and the names of what is attached to them. */
interface Person {
  readonly identifiers: readonly [Identified, Identified, Identified]
  readonly named: readonly [AttributeName, AttributeName]
  readonly property: string
  readonly segment: string
  readonly scenario: string
  readonly processing: string
}

const createPerson = (mark: Mark): Person => ({
  identifiers: [
    { tag: 'account', compartment: '1', account: mark('account') },
    { tag: 'email', hash: mark('e-mail hash') },
    { tag: 'agent', agent: `mum:${mark('technical id')}` }
  ],
  named: [
    { tag: 'named', name: 'email', value: `${mark('e-mail address')}@x.yz` },
    { tag: 'named', name: 'uuid', value: mark('uuid') }
  ],
  property: mark('name of a property'),
  segment: mark('segment'),
  scenario: mark('scenario'),
  processing: mark('processing')
})

// Three times, because a store may cut a body into pages.
const valueOf = (mark: Mark, sort: string): string => {
  const text = mark(sort)
  return `${text} ${text} ${text}`
}

const bodyOf = ({ property }: Person, mark: Mark) => ({
  [property]: valueOf(mark, 'property'),
  list: [valueOf(mark, 'element of an array'), valueOf(mark, 'element of an array')],
  inner: { [property]: { text: valueOf(mark, 'inner property') } }
})

type Act = (person: Person, which: number, mark: Mark, other: Person) => Intent | UserIntent

const known = ({ identifiers }: Person, which: number): Identified => identifiers[which % 3] as Identified
const keyOf = ({ identifiers: [account] }: Person, which: number) => ({
  compartment: '0',
  account: which % 2 === 0 || account.tag !== 'account' ? undefined : account.account
})
const anyName = ({ named }: Person, which: number) => ({
  point: undefined,
  identifiers: [named[which % 2] as AttributeName]
})

const building = {
  associate: ({ identifiers }) => ({ verb: 'associate', who: identifiers }),
  upsert: (person, which, mark) => ({
    verb: 'upsert',
    who: known(person, which),
    key: keyOf(person, which),
    mode: (['replace', 'shallow', 'deep'] as const)[which % 3] ?? 'deep',
    body: bodyOf(person, mark)
  }),
  updateSegment: (person, which, mark) => ({
    verb: 'updateSegment',
    who: known(person, which),
    key: { naming: 'TechnicalName', segment: person.segment },
    expiry: 'never',
    bag: valueOf(mark, 'data bag')
  }),
  upsertChoice: (person, which, mark) => ({
    verb: 'upsertChoice',
    who: known(person, which),
    key: person.processing,
    chosen: 1,
    mode: 'replace',
    body: bodyOf(person, mark)
  }),
  enterScenario: (person, which) => ({ verb: 'enterScenario', who: known(person, which), key: person.scenario }),
  upsertUser: (person, which, mark) => ({
    verb: 'upsertUser',
    who: { point: undefined, identifiers: person.named },
    appends: which % 2 === 0,
    attributes: bodyOf(person, mark),
    custom: { [person.property]: valueOf(mark, 'custom attribute') }
  })
} as const satisfies Readonly<Record<string, Act>>

const removing = {
  deleteUserPoint: (person, which) => ({ verb: 'deleteUserPoint', who: known(person, which) }),
  deleteIdentifier: (person, which) => ({ verb: 'deleteIdentifier', who: known(person, which) }),
  deleteDevicePoint: ({ identifiers: [, , agent] }) => ({ verb: 'deleteDevicePoint', who: agent as never }),
  deleteProfile: (person, which) => ({
    verb: 'deleteProfile',
    who: known(person, which),
    key: keyOf(person, which)
  }),
  trimProfile: (person, which) => ({
    verb: 'trimProfile',
    who: known(person, which),
    key: keyOf(person, which),
    body: { [person.property]: null, inner: { [person.property]: {} } }
  }),
  deleteSegment: (person, which) => ({
    verb: 'deleteSegment',
    who: known(person, which),
    key: { naming: 'TechnicalName', segment: person.segment }
  }),
  deleteChoice: (person, which) => ({ verb: 'deleteChoice', who: known(person, which), key: person.processing }),
  leaveScenario: (person, which) => ({ verb: 'leaveScenario', who: known(person, which), key: person.scenario }),
  deleteUser: (person, which) => ({ verb: 'deleteUser', who: anyName(person, which) }),
  deleteIdentifiers: (person, which) => ({ verb: 'deleteIdentifiers', who: anyName(person, which) }),
  anonymiseUser: (person, which) => ({ verb: 'anonymiseUser', who: anyName(person, which) }),
  updateIdentifier: ({ named: [, uuid] }, _, mark) => ({
    verb: 'updateIdentifier',
    from: uuid,
    to: { ...uuid, value: mark('uuid') }
  }),
  deleteAttributes: (person, which) => ({
    verb: 'deleteAttributes',
    who: anyName(person, which),
    plan: { whole: [person.property, 'list'], partial: {} },
    custom: { whole: [person.property], partial: {} }
  }),
  merge: (person, which, _, other) => ({ verb: 'associate', who: [known(person, which), known(other, which)] })
} as const satisfies Readonly<Record<string, Act>>

const acts = { ...building, ...removing }

interface Told {
  /** The number of people. */
  readonly people: number
  readonly built: ReadonlyArray<Event>
  readonly rest: ReadonlyArray<Event>
  /** `true`: the last step deletes a user point, and the engine purges in the background. */
  readonly purgesItself: boolean
  /** The proof of erasures that the engine keeps; its documents must hold no removed value either (L-37, L-38). */
  readonly proof: 'none' | 'receipts' | 'suppressions'
}

interface Event {
  readonly act: keyof typeof acts
  readonly person: number
  readonly which: number
}

const events = (names: ReadonlyArray<keyof typeof acts>, maxLength: number): fc.Arbitrary<ReadonlyArray<Event>> =>
  fc.array(fc.record({ act: fc.constantFrom(...names), person: fc.nat(39), which: fc.nat(5) }), {
    maxLength,
    size: 'max'
  })

const told: fc.Arbitrary<Told> = fc.record({
  people: fc.integer({ min: 1, max: 40 }),
  built: events(Object.keys(building) as ReadonlyArray<keyof typeof building>, 150),
  rest: events(Object.keys(acts) as ReadonlyArray<keyof typeof acts>, 80),
  purgesItself: fc.boolean(),
  proof: fc.constantFrom('none', 'receipts', 'suppressions')
})

const proofs = {
  none: {},
  receipts: { erasure: { key: testKey, claims: 'plain' } },
  suppressions: { erasure: { key: testKey }, policies: { suppression: 'all' } }
} as const satisfies Readonly<Record<Told['proof'], EngineSettings>>

const sentOf = (asked: Intent | UserIntent): HistoryStep => {
  switch (asked.verb) {
    case 'upsertUser':
    case 'deleteAttributes':
    case 'deleteIdentifiers':
    case 'updateIdentifier':
    case 'deleteUser':
    case 'anonymiseUser':
    case 'getUser':
      return { _tag: 'Request', ...requestOf([asked]) }
    default:
      return isLine(asked)
        ? { _tag: 'Line', type: typeOf(asked), line: lineOf(asked) }
        : { _tag: 'Commands', commands: [callOf(asked)] }
  }
}

/** Demands that a store's bytes hold the marks that are in an export, and no other that was ever given. */
const demandTraces = async (
  store: TrialStore,
  sorts: ReadonlyMap<string, string>,
  shown: string,
  when: string
): Promise<void> => {
  const found = marksIn(await store.dump())
  const there = new Set(Array.from(shown.matchAll(inUtf8), ([each]) => each))
  for (const [each, sort] of sorts) {
    if (found.has(each) && !there.has(each)) fail(`${sort}: what was removed (${each}) is in the dump, ${when}`)
    if (!found.has(each) && there.has(each)) {
      fail(`${sort}: what is there (${each}) is not in the dump, so that absence would prove nothing, ${when}`)
    }
  }
}

const exportOf = async (engine: Engine<DocumentType>): Promise<string> => {
  const all: Array<Subject> = []
  for await (const subject of engine.userPoints()) all.push(subject)
  return JSON.stringify(all)
}

const runMarked = async (store: TrialStore, { people, built, rest, purgesItself, proof }: Told): Promise<void> => {
  const { sorts, mark } = createMarks()
  const all = Array.from({ length: people }, () => createPerson(mark))
  const { repository } = store.handle
  store.note(() => 'const settings = {}')
  const more =
    proof === 'none'
      ? ''
      : proof === 'receipts'
        ? ", erasure: { key: testKey, claims: 'plain' }"
        : ", erasure: { key: testKey }, policies: { suppression: 'all' }"
  store.note(() => `const options = { repository: store, clock: slowClock(), newId: mintIds()${more} }`)
  store.note(() => "const engine = createEngine({ ...options, purge: 'manual' })")
  const engine = engineOver(repository, proofs[proof])
  for (const { act, person, which } of [...built, ...rest]) {
    const [one, other] = [all[person % people] as Person, all[(person + which) % people] as Person]
    const asked: Act = acts[act]
    const step = sentOf(asked(one, which, mark, other))
    store.note(() => codeOf(step))
    await perform(engine, step, {})
  }
  if (purgesItself) {
    // This user point certainly exists, so that its deletion owes a purge.
    const [first] = all as [Person, ...ReadonlyArray<Person>]
    const itself = engineOver(repository, { purge: 'background', newId: mintIds(10_000), ...proofs[proof] })
    for (const act of ['associate', 'deleteUserPoint'] as const) {
      const asked: Act = acts[act]
      const step = sentOf(asked(first, 0, mark, first))
      store.note(() => codeOf(step, 'createEngine(options)'))
      await perform(itself, step, {})
    }
    store.note(() => 'await engine.idle()')
    await itself.idle()
  } else {
    store.note(() => "await engine.purge({ when: 'always' })")
    if ((await engine.purge({ when: 'always' }))._tag === 'Left') fail('the purge failed')
  }
  const shown = await exportOf(engine)
  await demandTraces(store, sorts, shown, 'after the purge')
  await store.reopen()
  await demandTraces(store, sorts, shown, 'after a reopening')
}

/** The requirement that deletions leave no traces in a store's own bytes. */
export const traceRequirements: ReadonlyArray<Requirement> = [
  requirement({
    key: 'PO-14.traces',
    extent: 'whole',
    sentence:
      "after deletions of every sort through the engine, and its purge, the store's own bytes contain every value that is still there, and no value that was removed, overwritten or lost in a merge",
    needs: ['durable', 'plain'],
    check: async (trial) => {
      await trial.forAll(8, told, async (given) => {
        await trial.withStore(async (store) => {
          await runMarked(store, given)
        })
      })
    }
  })
]
