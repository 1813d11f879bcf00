import { createEngine, type Policies } from '@userpoint/core'
import { type Command, parseCompartmentId } from '@userpoint/core/command'
import { suggestedHyperPointLimits } from '@userpoint/core/user-point'
import { documentTypes, type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { describe } from 'vitest'
import { documentText, mintIds, slowClock } from '@userpoint/conformance/arbitraries'
import type { Repository } from '@userpoint/core/repository'
import { law } from '../../../packages/core/test/laws/law.ts'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { commandOf, intents } from '../../../packages/core/test/laws/world.ts'
import { right } from '../insider-stores.ts'
import { documents, importText, memoryStore, pointsInOrder, sqliteStore, type TestStore } from './store.ts'

interface Document {
  readonly type: DocumentType
  readonly text: string
}

// Documents of all types on one store, one after the other, so that later ones find something to take apart.
const histories: fc.Arbitrary<ReadonlyArray<Document>> = fc.array(
  fc
    .constantFrom(...documentTypes, 'USER_PROFILE' as const)
    .chain((type) => documentText(type).map((text) => ({ type, text }))),
  { minLength: 1, maxLength: 6, size: 'max' }
)

const policies: fc.Arbitrary<Partial<Policies>> = fc.record(
  {
    arrays: fc.constantFrom('concat', 'union'),
    profileDeleteScope: fc.constantFrom('key', 'all'),
    userAgentIds: fc.constantFrom('open', 'strict'),
    defaultCompartment: fc.constantFrom(parseCompartmentId(1), undefined),
    knownRegistries: fc.constant(['9']),
    quarantine: fc.constant({ segments: 1 }),
    hyperPoint: fc.constant({ ...suggestedHyperPointLimits, identifiers: 2 })
  },
  { requiredKeys: [], noNullPrototype: true }
)

const sizes = fc.array(fc.oneof(fc.constantFrom(1, 2, 3), fc.integer({ min: 1, max: 40 })), {
  minLength: 6,
  maxLength: 6
})

/** All that may be seen of a history: verdicts, reports and user points. Versions count writes, which units save. */
const outcome = async (
  open: () => TestStore,
  history: ReadonlyArray<Document>,
  framing: 'lenient' | 'strict',
  linesPerUnit: (document: number) => number
): Promise<unknown> => {
  const { engine, repository, close } = open()
  const imports = []
  for (const [i, { type, text }] of history.entries()) {
    imports.push(await importText(engine, type, text, { framing, linesPerUnit: linesPerUnit(i) }))
  }
  const points = pointsInOrder(await documents(repository))
  close()
  return { imports, points }
}

const onMemory = (chosen: Partial<Policies>) => memoryStore({ policies: chosen })
// Dropping what deleted data left behind takes longer than all the rest, and never shows in what is stored.
const onSqlite = (chosen: Partial<Policies>) => sqliteStore({ policies: chosen, purge: 'manual' })

const framings = fc.constantFrom<'lenient' | 'strict'>('lenient', 'lenient', 'strict')

describe('chunking never shows', () => {
  for (const { name, open, runs } of [
    { name: 'memory', open: onMemory, runs: 150 },
    { name: 'SQLite', open: onSqlite, runs: 25 }
  ]) {
    law(
      `[L-01] on ${name}: any two ways to cut documents into units of work give the same verdicts and the same state`,
      fc.tuple(histories, policies, framings, sizes),
      async ([written, chosen, framing, units]) =>
        same(
          await outcome(
            () => open(chosen),
            written,
            framing,
            () => 1
          ),
          await outcome(
            () => open(chosen),
            written,
            framing,
            (i) => units[i] ?? 1
          )
        ),
      runs
    )
  }

  law(
    '[L-01] memory and SQLite give the same verdicts and the same state',
    fc.tuple(histories, policies, sizes),
    async ([written, chosen, units]) =>
      same(
        await outcome(
          () => onMemory(chosen),
          written,
          'lenient',
          (i) => units[i] ?? 1
        ),
        await outcome(
          () => onSqlite(chosen),
          written,
          'lenient',
          (i) => units[i] ?? 1
        )
      ),
    25
  )

  law(
    '[L-01] commands, those that no document holds included, give the same in one unit of work or in one each',
    fc.tuple(intents(), policies),
    async ([wanted, chosen]) => {
      const commands = wanted.map(commandOf)
      const executed = async (units: ReadonlyArray<ReadonlyArray<Command>>): Promise<unknown> => {
        const { engine, repository } = onMemory(chosen)
        const verdicts = []
        for (const unit of units) verdicts.push(...right(await engine.execute(unit)))
        return { verdicts, points: (await documents(repository)).map(({ id, body }) => ({ id, body })) }
      }
      return same(await executed([commands]), await executed(commands.map((command) => [command])))
    }
  )

  law(
    '[L-01] what a store does meanwhile never shows: it is asked one thing at a time, and conflicts are decided again',
    fc.tuple(histories, policies, sizes, fc.array(fc.boolean(), { minLength: 1, maxLength: 8 })),
    async ([known, chosen, units, conflicts]) => {
      // No line can know an id that is still to be minted.
      const written = known.map(({ type, text }) => ({
        type,
        text: minted.reduce((rest, id) => rest.replaceAll(id, '7'), text)
      }))
      const settings = { policies: chosen, clock: () => 1_000 }
      const size = (i: number): number => units[i] ?? 1
      const plain = await outcome(
        () => memoryStore(settings),
        written,
        'lenient',
        () => 1
      )
      const busy = await outcome(() => busyStore(settings, conflicts), written, 'lenient', size)
      return inOrder(plain) === inOrder(busy)
    },
    150
  )
})

/** A store that takes its time, refuses the commits that the list says, and cannot be asked twice at a time. */
const busyStore = (settings: Parameters<typeof memoryStore>[0], conflicts: ReadonlyArray<boolean>): TestStore => {
  const { repository } = memoryStore()
  let isBusy = false
  let commits = 0
  const alone = async <A>(ask: () => A): Promise<Awaited<A>> => {
    if (isBusy) throw new Error('asked while it was at work')
    isBusy = true
    await new Promise((resolve) => setImmediate(resolve))
    const answer = await ask()
    isBusy = false
    return answer
  }
  const busy: Repository = {
    ...repository,
    load: (references) => alone(() => repository.load(references)),
    // Two in a row, so that what was decided on what was decided is decided again too.
    commit: (writes) =>
      alone(() => {
        const isRefused = conflicts[(commits++ >> 1) % conflicts.length] === true && commits % 5 !== 0
        return isRefused ? { _tag: 'Conflict' } : repository.commit(writes)
      })
  }
  const engine = createEngine({
    dialect: mediarithmics,
    repository: busy,
    clock: slowClock(),
    newId: mintIds(),
    attempts: 100,
    ...settings
  })
  return { engine, repository, close: () => undefined }
}

/** Ids of user points and device points as they are minted here. */
const minted = [/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/gi, /(?<=udp:)\d{20,}/g]

/** The same with new ids by their order: deciding once more takes others. */
const inOrder = (seen: unknown): string =>
  minted.reduce((text, id) => {
    const found = [...new Set(text.match(id))].map((each) => each.padStart(40, '0')).sort()
    return text.replaceAll(id, (each) => `#${found.indexOf(each.padStart(40, '0'))}`)
  }, JSON.stringify(seen))
