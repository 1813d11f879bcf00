/** Obligations: what a deletion owes is in the store, and one of many engines pays it. */
import type { Engine, EngineOptions } from '@userpoint/core'
import type { PurgeReport } from '@userpoint/core/maintenance'
import type { Command } from '@userpoint/core/command'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { mintIds, slowClock } from '../arbitraries/people.ts'
import { fail } from '../compare.ts'
import type { Requirement } from '../requirement.ts'
import { type Handle, requirement, type TrialStore } from '../trial.ts'
import { engineOver, repositoryOf } from './engine.ts'

const added = (hash: string): Command => ({
  _tag: 'EnterScenario',
  reference: { _tag: 'EmailHash', hash },
  scenario: 'welcome'
})
const erased = (hash: string): Command => ({ _tag: 'DeleteUserPoint', reference: { _tag: 'EmailHash', hash } })

/** A purge that only counts, so that this is about what the store keeps, and not about what its own purge does. */
const createCounter = () => {
  const counter = { purges: 0, isBusy: false }
  const purge = async (): Promise<void> => {
    counter.purges += 1
    // Gives other engines a chance to begin.
    await new Promise<void>((next) => setTimeout(next, 2))
    if (counter.isBusy) throw new Error('busy')
  }
  return { counter, purge }
}

type Purge = ReturnType<typeof createCounter>['purge']

const told = (store: TrialStore): void => {
  store.note(
    () => "const over = (store) => createEngine({ repository: { ...store, purge }, ...runtime, purge: 'manual' })"
  )
}

/** All engines of one trial, which never give an id twice. */
const enginesWith = (purge: Purge) => {
  const runtime: Pick<EngineOptions, 'clock' | 'newId'> = { clock: slowClock(), newId: mintIds() }
  return (handle: Handle): Engine<DocumentType> => engineOver({ ...repositoryOf(handle), purge }, runtime)
}

const execute = async (engine: Engine<DocumentType>, ...commands: ReadonlyArray<Command>): Promise<void> => {
  const outcome = await engine.execute(commands)
  if (outcome._tag === 'Left') fail(`a batch ended in ${outcome.left._tag}`)
}

const demandOwed = async (engine: Engine<DocumentType>, expected: number, when: string): Promise<void> => {
  const owed = await engine.purgeOwed()
  if (owed._tag === 'Left') return fail(`what is owed could not be read ${when}`)
  const { batches } = owed.right
  if (batches !== expected) fail(`${batches} batches owe a purge instead of ${expected}, ${when}`)
}

const textOf = (report: PurgeReport): string => (report._tag === 'Purged' ? `Purged ${report.paid}` : report._tag)

const purged = async (engine: Engine<DocumentType>): Promise<string> => {
  const outcome = await engine.purge()
  return outcome._tag === 'Left' ? 'PurgeFailed' : textOf(outcome.right)
}

const demandPurge = async (engine: Engine<DocumentType>, expected: string, when: string): Promise<void> => {
  const found = await purged(engine)
  if (found !== expected) fail(`${found} instead of ${expected}, ${when}`)
}

export const obligationRequirements: ReadonlyArray<Requirement> = [
  requirement({
    key: 'A-52.owed',
    sentence:
      'each batch that deletes owes a purge until one has followed, a failed purge pays nothing, and a deletion that finds no data owes nothing',
    check: async (trial) => {
      await trial.withStore(async (store) => {
        told(store)
        const { counter, purge } = createCounter()
        const over = enginesWith(purge)
        const engine = over(store.handle)
        await execute(engine, added('a'), added('b'), added('c'))
        await execute(engine, erased('nobody'))
        await demandOwed(engine, 0, 'after a deletion that finds no data')
        await demandPurge(engine, 'NothingOwed', 'after a deletion that finds no data')
        await execute(engine, erased('a'))
        await execute(engine, erased('b'), added('d'))
        await demandOwed(engine, 2, 'after two batches with deletions')
        counter.isBusy = true
        await demandPurge(engine, 'PurgeFailed', 'where the purge fails')
        await demandOwed(engine, 2, 'after a purge that failed')
        counter.isBusy = false
        // Another engine: the one that deleted may have crashed.
        await demandPurge(over(store.handle), 'Purged 2', 'after two batches with deletions')
        await demandOwed(engine, 0, 'after a purge')
        await demandPurge(engine, 'NothingOwed', 'after a purge')
        if (counter.purges !== 2) fail(`${counter.purges} purges instead of 2`)
      })
    }
  }),
  requirement({
    key: 'A-52.restarted',
    sentence: 'a deletion still owes its purge after a restart',
    needs: ['durable'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        told(store)
        const { purge } = createCounter()
        const over = enginesWith(purge)
        const engine = over(store.handle)
        await execute(engine, added('a'), added('b'))
        await execute(engine, erased('a'))
        const restarted = over(await store.reopen())
        await demandOwed(restarted, 1, 'after a restart')
        await demandPurge(restarted, 'Purged 1', 'after a restart')
        await demandOwed(over(await store.reopen()), 0, 'after a purge and a restart')
      })
    }
  }),
  requirement({
    key: 'A-52.one-of-two',
    sentence: 'of two engines that would pay for the same deletions at the same moment, one purges',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        told(store)
        const { counter, purge } = createCounter()
        const over = enginesWith(purge)
        const engines = [over(store.handle), over(await store.peer())] as const
        await execute(engines[0], added('a'), added('b'))
        await execute(engines[0], erased('a'))
        await execute(engines[1], erased('b'))
        const outcomes = await Promise.all(engines.map(purged))
        const paid = outcomes.filter((outcome) => outcome === 'Purged 2')
        if (paid.length !== 1 || counter.purges !== 1)
          fail(`${counter.purges} purges, which ended in ${outcomes.join(' and ')}`)
        for (const engine of engines) await demandOwed(engine, 0, 'after both')
      })
    }
  })
]
