/** Laws of the documented behaviour over random histories: against the oracle, and against the same history told otherwise. */
import { type ExplainedLine, type ImportReport, type Json, type JsonObject, type Verdict } from '@userpoint/core'
import { type DocumentType } from '@userpoint/core/mediarithmics'
import type { Repository, Stored } from '@userpoint/core/repository'
import { fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import fc from 'fast-check'
import { documentText } from '../arbitraries/document.ts'
import { bytesOf, codeOf, history, type HistoryStep, perform } from '../arbitraries/history.ts'
import { cardSettings } from '../arbitraries/insider.ts'
import { type Intent, intent, type LineIntent, verbsOf } from '../arbitraries/intent.ts'
import { lineOf } from '../arbitraries/line.ts'
import { print } from '../code.ts'
import { difference, fail, sameAnswers } from '../compare.ts'
import type { Need, Requirement } from '../requirement.ts'
import { requirement, type TrialStore } from '../trial.ts'
import { createAgreement } from './agreement.ts'
import { type Abilities, type Asking, history as historyOfDeeds, historyOfDialects } from './deeds.ts'
import { engineOver, idsFrom, slowClock } from './engine.ts'
import { documentsOf, peopleOf, run, type Setting, setting } from './record.ts'

const agreeing = (
  key: string,
  sentence: string,
  needs: ReadonlyArray<Need>,
  runs: number,
  abilities: Abilities
): Requirement =>
  requirement({
    key,
    sentence,
    needs,
    check: async (trial) => {
      await trial.forAll(runs, historyOfDeeds(abilities), async ({ settings, steps }) => {
        await trial.withStore(async (store) => {
          const { step, end } = await createAgreement(store, settings, abilities)
          for (const each of steps) await step(each)
          await end()
        })
      })
    }
  })

/** The deletion of one user point by its own id, through the one dialect or the other. */
const erasure = (point: string, byCall: boolean): Asking => {
  const who = { tag: 'point', point } as const
  return byCall
    ? { _tag: 'Request', wanted: [{ verb: 'deleteUser', who: { point: who, identifiers: [] } }], variant: 0 }
    : { _tag: 'Line', wanted: [{ verb: 'deleteUserPoint', who }, 0] }
}

const dialects = requirement({
  key: 'L-28.dialects',
  sentence:
    "histories in which documents and Insider's calls concern the same people agree with the oracle after each step, and either can erase the people who are left, with all their references",
  check: async (trial) => {
    await trial.forAll(30, historyOfDialects(), async ({ settings, steps }) => {
      await trial.withStore(async (store) => {
        const { step, exactly, end, count, ids } = await createAgreement(store, settings)
        for (const each of steps) await step(each)
        for (const [index, id] of ids().entries()) await exactly(erasure(id, index % 2 === 0))
        if (count() !== 0) fail('a user point is left after the erasure of all')
        await end()
      })
    })
  }
})

/** Notes an engine as {@link run} has it. */
const noteEngine = (store: TrialStore, { policies, settings }: Setting): void => {
  store.note(() => `const settings = ${print(settings)}`)
  store.note(
    () =>
      `const engine = createEngine({ dialect: mediarithmics, repository: store, clock: slowClock(), newId: mintIds(), purge: 'manual', policies: ${print(policies)} })`
  )
}

const demandSame = (expected: unknown, actual: unknown, what: string): void => {
  const found = difference(expected as Json, actual)
  if (found !== undefined) fail(`${what}: ${found}`)
}

const inUnitsOf = (steps: ReadonlyArray<HistoryStep>, sizes: ReadonlyArray<number>): ReadonlyArray<HistoryStep> =>
  steps.map((step, index) =>
    step._tag === 'Document' ? { ...step, linesPerUnit: sizes[index % sizes.length] ?? 1 } : step
  )

const chunking = requirement({
  key: 'L-01.chunking',
  sentence: 'any division of documents into units of work gives the same verdicts, reports and user points',
  check: async (trial) => {
    const told = fc.record({
      steps: history({ maxSteps: 6, maxLength: 20, steps: ['Document', 'Document', 'Document', 'Request'] }),
      setting: setting(),
      sizes: fc.array(fc.oneof(fc.constantFrom(2, 3, 1_000), fc.integer({ min: 1, max: 20 })), {
        minLength: 1,
        maxLength: 6
      })
    })
    await trial.forAll(30, told, async ({ steps, setting: chosen, sizes }) => {
      await trial.withStore(async (single) => {
        await trial.withStore(async (store) => {
          noteEngine(store, chosen)
          const expected = await run(single.handle.repository, inUnitsOf(steps, [1]), chosen)
          const cut = inUnitsOf(steps, sizes)
          const actual = await run(store.handle.repository, cut, chosen, (step) => store.note(() => codeOf(step)))
          demandSame(expected, actual, 'what steps answer is not what it is in units of one line')
          const [one, other] = [await peopleOf(single.handle.repository), await peopleOf(store.handle.repository)]
          demandSame(one, other, 'what is stored is not what it is in units of one line')
        })
      })
    })
  }
})

const namesDevice = ({ who }: Intent): boolean => [who].flat().some(({ tag }) => tag === 'device')

const isRepeatable = (wanted: LineIntent): boolean =>
  !namesDevice(wanted) && (wanted.verb !== 'upsert' || wanted.mode !== 'deep')

const linesOf = (...verbs: ReadonlyArray<LineIntent['verb']>) =>
  fc
    .array(fc.tuple(intent(...verbs).filter(isRepeatable), fc.nat(9)), { maxLength: 12 })
    .map((lines) => lines.map(([wanted, variant]) => JSON.stringify(lineOf(wanted, variant))).join('\n'))

const removing = [
  'USER_IDENTIFIERS_DELETION',
  'USER_DEVICE_POINTS_DELETION',
  'USER_POINTS_DELETION',
  'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'
] as const satisfies ReadonlyArray<DocumentType>

/** Documents whose replay changes nothing, and upserts whose replay changes times. */
const replayable: fc.Arbitrary<{ readonly type: DocumentType; readonly text: string }> = fc.oneof(
  ...removing.map((type) => linesOf(...verbsOf[type]).map((text) => ({ type, text }))),
  linesOf('upsert').map((text) => ({ type: 'USER_PROFILE' as const, text })),
  linesOf('upsertChoice').map((text) => ({ type: 'USER_CHOICE' as const, text }))
)

/** A user point without the times at which its profiles and choices were written last. */
const withoutTimes = ({ kind, id, body }: Stored): Stored => {
  const point = fromStored(body as StoredUserPoint)
  const times = ['modifiedAt', 'writtenAt', 'parts', 'tick']
  const timeless = (thing: object): JsonObject =>
    Object.fromEntries(Object.entries(thing).filter(([name]) => !times.includes(name)))
  const [profiles, choices] = [point.profiles.map(timeless), point.choices.map(timeless)]
  return { kind, id, version: 0, body: { ...point, profiles, choices } }
}

const replay = requirement({
  key: 'L-22.replay',
  sentence:
    'the second import of a document of removals or associations changes nothing, and of replacing or shallow upserts only times',
  check: async (trial) => {
    const told = fc.record({ past: history({ maxSteps: 10, faults: 'none' }), document: replayable })
    await trial.forAll(30, told, async ({ past, document: { type, text } }) => {
      await trial.withStore(async (store) => {
        const chosen = { policies: {}, settings: cardSettings }
        noteEngine(store, chosen)
        const { repository } = store.handle
        const engine = engineOver(repository)
        const step = async (each: HistoryStep) => {
          store.note(() => codeOf(each))
          return await perform(engine, each)
        }
        for (const each of past) await step(each)
        await step({ _tag: 'Document', type, text, linesPerUnit: 7 })
        const once = await documentsOf(repository)
        const { verdicts } = await step({ _tag: 'Document', type, text, linesPerUnit: 3 })
        const twice = await documentsOf(repository)
        const place = (index: number) => `user point ${index} after the document was imported again`
        if (removing.every((each) => each !== type)) {
          sameAnswers(once.map(withoutTimes), twice.map(withoutTimes), place)
        } else {
          if (verdicts.some(({ _tag }) => _tag === 'Applied')) fail('a line was applied the second time')
          sameAnswers(once, twice, place)
        }
      })
    })
  }
})

interface Foretold {
  readonly verdicts: ReadonlyArray<Verdict>
  readonly report: ImportReport | string
}

/** An engine whose ids begin behind those of the past, the same each time. */
const engineOfDocument = (repository: Repository) =>
  engineOver(repository, { newId: idsFrom(10_000), clock: slowClock(10_000) })

const explained = async (repository: Repository, type: DocumentType, text: string): Promise<Foretold> => {
  const verdicts: Array<Verdict> = []
  const outcome = await engineOfDocument(repository).explainDocument(type, bytesOf(text), {
    linesPerUnit: 3,
    onExplained: (lines: ReadonlyArray<ExplainedLine>) => {
      verdicts.push(...lines.map(({ verdict }) => verdict))
    }
  })
  return { verdicts, report: outcome._tag === 'Left' ? outcome.left.error._tag : outcome.right }
}

const explanation = requirement({
  key: 'L-25.explained',
  sentence:
    'an explanation of a document gives the verdicts and the report that its import then gives, and writes nothing',
  check: async (trial) => {
    const told = fc.record({
      past: history({ maxSteps: 10 }),
      document: fc
        .constantFrom(...(Object.keys(verbsOf) as ReadonlyArray<DocumentType>))
        .chain((type) => documentText(type, { maxLength: 12 }).map((text) => ({ type, text })))
    })
    await trial.forAll(30, told, async ({ past, document: { type, text } }) => {
      await trial.withStore(async (store) => {
        noteEngine(store, { policies: {}, settings: cardSettings })
        const { repository } = store.handle
        await run(repository, past, { policies: {}, settings: cardSettings }, (step) => store.note(() => codeOf(step)))
        const before = await documentsOf(repository)
        const imported: HistoryStep = { _tag: 'Document', type, text, linesPerUnit: 1_000 }
        store.note(() => `// explained, and then: ${codeOf(imported)}`)
        const foretold = await explained(repository, type, text)
        const place = (index: number) => `user point ${index} after the explanation`
        sameAnswers(before, await documentsOf(repository), place)
        const { verdicts, answer } = await perform(engineOfDocument(repository), imported)
        const report = answer._tag === 'Right' ? answer.right : 'an error'
        demandSame(foretold, { verdicts, report }, 'the import did not do what was explained')
      })
    })
  }
})

/** Random histories of people, against the oracle and against themselves. */
export const peopleRequirements: ReadonlyArray<Requirement> = [
  agreeing(
    'L-10.histories',
    "after each step of any history of documents, commands, Insider's calls and sweeps, all user points and all references to them are as the oracle has them",
    [],
    80,
    {}
  ),
  agreeing(
    'L-13.handles',
    'after each step of any history through two handles, all user points and all references to them are through both as the oracle has them',
    ['handles'],
    30,
    { peer: true }
  ),
  agreeing(
    'L-13.reopened',
    'after each step of any history with reopenings, all user points and all references to them are as the oracle has them',
    ['durable'],
    30,
    { reopen: true }
  ),
  dialects,
  chunking,
  replay,
  explanation
]
