/** Suppression (L-37): what was erased with a suppression stays away from every line and call, also in races. */
import type { Engine, Subject, Verdict } from '@userpoint/core'
import type { Command, Identifier } from '@userpoint/core/command'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { codeOf, history, type HistoryStep, perform } from '../arbitraries/history.ts'
import { cardSettings, requestOf } from '../arbitraries/insider.ts'
import { lineOf } from '../arbitraries/line.ts'
import {
  attribute,
  type AttributeName,
  claimedOf,
  type Identified,
  identified,
  mintIds,
  namedUniverse,
  slowClock,
  universe
} from '../arbitraries/people.ts'
import { fail } from '../compare.ts'
import type { Requirement } from '../requirement.ts'
import { turn } from '../process/turn.ts'
import { requirement, type TrialStore } from '../trial.ts'
import { engineOver, type EngineSettings } from './engine.ts'
import { testKey } from './erasure-key.ts'

type Name = Identified | AttributeName

const everyone: ReadonlyArray<Name> = [...universe, ...namedUniverse]

/** A text for each identifier, of this file's own. */
const textOf = (name: Name): string => {
  switch (name.tag) {
    case 'account':
      return `account ${name.compartment} ${name.account}`
    case 'email':
      return `email ${name.hash}`
    case 'agent':
      return `agent ${name.agent}`
    case 'named':
      return `named ${name.name} ${name.value}`
  }
}

const textsOf = ({ point }: Subject): ReadonlyArray<string> => [
  ...point.accounts.map((each) => `account ${each.compartment} ${each.accountId}`),
  ...point.emailHashes.map((each) => `email ${each.hash}`),
  ...point.devicePoints.flatMap(({ agents }) => agents.map((each) => `agent ${each.id}`)),
  ...point.named.map((each) => `named ${each.name} ${each.value}`)
]

const identifierOf = (name: Name): Identifier => claimedOf(name) as Identifier

type Act =
  | { readonly _tag: 'Step'; readonly step: HistoryStep }
  | { readonly _tag: 'Erase' | 'Drop' | 'Lift'; readonly name: Name }

const anyName: fc.Arbitrary<Name> = fc.oneof(identified(), attribute())

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: history({ maxSteps: 1, maxLength: 6 })
      .filter(({ length }) => length === 1)
      .map((steps): Act => ({ _tag: 'Step', step: steps[0] as HistoryStep }))
  },
  { weight: 3, arbitrary: anyName.map((name): Act => ({ _tag: 'Erase', name })) },
  { weight: 1, arbitrary: anyName.map((name): Act => ({ _tag: 'Drop', name })) },
  { weight: 1, arbitrary: anyName.map((name): Act => ({ _tag: 'Lift', name })) }
)

const commandOf = ({ _tag, name }: Exclude<Act, { readonly _tag: 'Step' }>): Command => {
  const identifier = identifierOf(name)
  switch (_tag) {
    case 'Erase':
      return { _tag: 'DeleteUserPoint', reference: identifier, suppress: true }
    case 'Drop':
      return { _tag: 'DeleteIdentifier', identifier, suppress: true }
    case 'Lift':
      return { _tag: 'LiftSuppression', identifiers: [identifier] }
  }
}

const stepOf = (one: Act): HistoryStep =>
  one._tag === 'Step' ? one.step : { _tag: 'Commands', commands: [commandOf(one)] }

/** Returns the step that would give an identifier to a person, through the dialect that can. */
const bringing = (name: Name): HistoryStep =>
  name.tag === 'named'
    ? {
        _tag: 'Request',
        ...requestOf([
          {
            verb: 'upsertUser',
            who: { point: undefined, identifiers: [name] },
            appends: true,
            attributes: { city: 'Lyon' },
            custom: {}
          }
        ])
      }
    : {
        _tag: 'Line',
        type: 'USER_PROFILE',
        line: lineOf({
          verb: 'upsert',
          who: name,
          key: { compartment: '0', account: undefined },
          mode: 'shallow',
          body: { city: 'Lyon' }
        })
      }

/** An association of an identifier with another one, through the library. */
const associating = (name: Name, other: Name): HistoryStep => ({
  _tag: 'Commands',
  commands: [{ _tag: 'Associate', references: [identifierOf(other), identifierOf(name)] }]
})

const codeOfVerdict = (verdict: Verdict | undefined): string =>
  verdict === undefined ? 'no verdict' : verdict._tag === 'Rejected' ? verdict.code : verdict._tag

const peopleIn = async (engine: Engine<DocumentType>): Promise<ReadonlyArray<Subject>> => {
  const all: Array<Subject> = []
  for await (const subject of engine.userPoints()) all.push(subject)
  return all
}

const demandAway = (people: ReadonlyArray<Subject>, suppressed: ReadonlySet<string>, when: string): void => {
  for (const subject of people)
    for (const text of textsOf(subject)) if (suppressed.has(text)) fail(`${text} is back although suppressed, ${when}`)
}

const optionsOf = (settings: EngineSettings): EngineSettings => ({ ...settings, erasure: { key: testKey } })

const noteEngine = (store: TrialStore, name = 'engine', over = 'store'): void => {
  store.note(
    () =>
      `const ${name} = createEngine({ dialect: mediarithmics, repository: ${over}, clock, newId, purge: 'manual', erasure: { key: testKey } })`
  )
}

/** Follows what is suppressed, by a model of its own: what an erasure found before, and no longer finds after. */
const createModel = () => {
  const suppressed = new Set<string>()
  return {
    suppressed,
    note: (one: Act, before: ReadonlyArray<Subject>, after: ReadonlyArray<Subject>): void => {
      if (one._tag === 'Step') return
      const text = textOf(one.name)
      if (one._tag === 'Lift') {
        suppressed.delete(text)
        return
      }
      const left = new Set(after.flatMap(textsOf))
      for (const each of before.flatMap(textsOf)) if (!left.has(each)) suppressed.add(each)
      suppressed.add(text)
    }
  }
}

/** Demands that bringing the suppressed back is rejected in each dialect, and that an association with them is, as a whole. */
const demandRejected = async (
  engine: Engine<DocumentType>,
  suppressed: ReadonlySet<string>,
  note: (step: HistoryStep) => void
): Promise<void> => {
  for (const name of everyone) {
    if (!suppressed.has(textOf(name))) continue
    const other = everyone.find((each) => !suppressed.has(textOf(each))) ?? name
    for (const step of [bringing(name), associating(name, other)]) {
      note(step)
      const { verdicts } = await perform(engine, step, cardSettings)
      const code = codeOfVerdict(verdicts[0])
      if (code !== 'SUPPRESSED') fail(`${code} instead of SUPPRESSED for ${textOf(name)}`)
    }
  }
}

const histories = requirement({
  key: 'L-37.histories',
  sentence:
    'after erasures that suppress, no line or call of any history in either dialect brings a suppressed identifier back, and each that would is rejected, until the suppression is lifted',
  check: async (trial) => {
    await trial.forAll(40, fc.array(act, { minLength: 1, maxLength: 25, size: 'max' }), async (acts) => {
      await trial.withStore(async (store) => {
        noteEngine(store)
        const note = (step: HistoryStep) => store.note(() => codeOf(step))
        const engine = engineOver(store.handle.repository, optionsOf({}))
        const model = createModel()
        let before: ReadonlyArray<Subject> = []
        for (const one of acts) {
          const step = stepOf(one)
          note(step)
          await perform(engine, step, cardSettings)
          const after = await peopleIn(engine)
          model.note(one, before, after)
          demandAway(after, model.suppressed, 'after a step')
          before = after
        }
        await demandRejected(engine, model.suppressed, note)
        demandAway(await peopleIn(engine), model.suppressed, 'after lines that would bring it back')
        if (store.handle.repository.check === undefined) return
        for await (const flaw of engine.check()) fail(`${flaw._tag} after a history with suppressions`)
      })
    })
  }
})

/** A repository whose calls begin when a scheduler lets them. */
const scheduled = (repository: Repository, begin: () => Promise<void>): Repository => ({
  manifest: repository.manifest,
  load: async (references) => {
    await begin()
    return await repository.load(references)
  },
  commit: async (writes) => {
    await begin()
    return await repository.commit(writes)
  },
  scan: (kind, options) => repository.scan(kind, options)
})

const shared: ReadonlyArray<Name> = [
  { tag: 'account', compartment: '0', account: 'a' },
  { tag: 'email', hash: 'constructor' },
  { tag: 'agent', agent: 'vec:1' }
]

const lineBringing = (name: Name): string => {
  const step = bringing(name)
  return step._tag === 'Line' ? `${JSON.stringify(step.line)}\n` : ''
}

/** Generates a document of several units, of which an import decides each while the one before is committed. */
const document: fc.Arbitrary<HistoryStep> = fc
  .tuple(fc.array(fc.constantFrom(...shared), { minLength: 2, maxLength: 6 }), fc.constantFrom(1, 2))
  .map(([names, linesPerUnit]) => ({
    _tag: 'Document',
    type: 'USER_PROFILE',
    text: names.map(lineBringing).join(''),
    linesPerUnit
  }))

/** Generates a step of a writer in a race, among few identifiers, so that writers meet. */
const raced: fc.Arbitrary<HistoryStep> = fc.oneof(
  fc.constantFrom(...shared).map(bringing),
  document,
  fc.tuple(fc.constantFrom(...shared), fc.constantFrom(...shared)).map(([one, other]) => associating(one, other)),
  fc.constantFrom(...shared).map(
    (name): HistoryStep => ({
      _tag: 'Commands',
      commands: [{ _tag: 'DeleteUserPoint', reference: identifierOf(name) }]
    })
  )
)

const happen = async (call: () => Promise<void>): Promise<void> => {
  await call()
  await turn()
}

const racing = requirement({
  key: 'L-37.racing',
  sentence:
    'while an erasure suppresses beside writers and imports on other handles, no person keeps or gets a suppressed identifier',
  needs: ['handles'],
  check: async (trial) => {
    const program = fc.array(raced, { minLength: 1, maxLength: 6 })
    const erasing = fc.array(fc.constantFrom(...shared), { minLength: 1, maxLength: 3 })
    const told = fc.tuple(fc.scheduler({ act: happen }), program, program, erasing)
    await trial.forAll(60, told, async ([scheduler, first, second, names]) => {
      await trial.withStore(async (store) => {
        for (const [at, name] of ['first', 'second', 'eraser'].entries())
          noteEngine(store, name, at === 0 ? 'store' : `peer${at === 1 ? '' : at}`)
        const begin = async (): Promise<void> => scheduler.schedule(Promise.resolve())
        const given = { clock: slowClock(), newId: mintIds(), attempts: 100 }
        const handles = [store.handle, await store.peer(), await store.peer()]
        const engines = handles.map(({ repository }) => engineOver(scheduled(repository, begin), optionsOf(given)))
        const [one, other, eraser] = engines as [Engine<DocumentType>, Engine<DocumentType>, Engine<DocumentType>]
        const suppressed = new Set<string>()
        const write = async (name: string, engine: Engine<DocumentType>, steps: ReadonlyArray<HistoryStep>) => {
          for (const step of steps) {
            store.note(() => codeOf(step, name))
            await perform(engine, step, cardSettings)
          }
        }
        const erase = async (): Promise<void> => {
          for (const name of names) {
            const command = commandOf({ _tag: 'Erase', name })
            store.note(() => codeOf({ _tag: 'Commands', commands: [command] }, 'eraser'))
            const outcome = await eraser.execute([command])
            if (outcome._tag === 'Left') fail(`an erasure ended in ${outcome.left._tag}`)
            suppressed.add(textOf(name))
          }
        }
        await scheduler.waitFor(Promise.all([write('first', one, first), write('second', other, second), erase()]))
        const calm = engineOver(store.handle.repository, optionsOf(given))
        demandAway(await peopleIn(calm), suppressed, 'after a race')
        await demandRejected(calm, suppressed, (step) => store.note(() => codeOf(step, 'calm')))
      })
    })
  }
})

const reopened = requirement({
  key: 'L-37.reopened',
  sentence: 'what is suppressed is still suppressed after the store is closed and opened',
  needs: ['durable'],
  check: async (trial) => {
    await trial.forAll(5, fc.uniqueArray(anyName, { minLength: 1, maxLength: 4, selector: textOf }), async (names) => {
      await trial.withStore(async (store) => {
        noteEngine(store)
        const engine = engineOver(store.handle.repository, optionsOf({}))
        for (const name of names) {
          for (const step of [bringing(name), stepOf({ _tag: 'Erase', name })]) {
            store.note(() => codeOf(step))
            await perform(engine, step, cardSettings)
          }
        }
        const { repository } = await store.reopen()
        const again = engineOver(repository, optionsOf({ newId: mintIds(1_000) }))
        const note = (step: HistoryStep) => store.note(() => codeOf(step, 'again'))
        await demandRejected(again, new Set(names.map(textOf)), note)
      })
    })
  }
})

export const suppressionRequirements: ReadonlyArray<Requirement> = [histories, racing, reopened]
