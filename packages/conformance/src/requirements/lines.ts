/** PO-3, PO-5 and PO-15 below the adapter: the line between a handle and its server is disturbed at each moment of a commit. */
import type { Reference, Stored, Write } from '@userpoint/core/repository'
import { fail, same, sameAnswer } from '../compare.ts'
import type { LineFault } from '../harness.ts'
import { pause } from '../process/turn.ts'
import { type Handle, requirement, type Trial, type TrialLine, type TrialStore } from '../trial.ts'
import { attempt, type Attempt, byClaim, byId, land, put, remove, stored } from '../writes.ts'

/** A batch that changes, adds and deletes, and passes a claim on. */
interface Case {
  readonly first: ReadonlyArray<Write>
  readonly batch: ReadonlyArray<Write>
  readonly references: ReadonlyArray<Reference>
  readonly before: ReadonlyArray<Stored | undefined>
  readonly after: ReadonlyArray<Stored | undefined>
}

const caseOf = (name: string): Case => {
  const [changed, added, deleted] = [stored(`changed-${name}`), stored(`added-${name}`), stored(`deleted-${name}`)]
  const later = stored(changed.id, { later: true }, 2)
  const [passed, freed] = [`passed ${name}`, `freed ${name}`]
  return {
    first: [put(changed, { claim: [passed] }), put(deleted, { claim: [freed] })],
    batch: [put(later, { release: [passed] }), put(added, { claim: [passed] }), remove(deleted, [freed])],
    references: [byId(changed.id), byId(added.id), byId(deleted.id), byClaim(passed), byClaim(freed)],
    before: [changed, undefined, deleted, changed, deleted],
    after: [later, added, undefined, added, undefined]
  }
}

/** A commit has fewer turns, in any protocol that can be used. */
const mostTurns = 60

/** The greatest number of failures of a handle after its line is mended, until it has new connections. */
const mostFailures = 10

/** Makes a call that may fail some times after a disturbance. */
const recovered = async <A>(call: () => Promise<A>): Promise<A> => {
  for (let failures = 1; ; failures += 1) {
    try {
      return await call()
    } catch (error) {
      if (failures === mostFailures) throw error
      await pause(10)
    }
  }
}

/** The outcome of a commit over a disturbed line. */
interface Disturbed {
  readonly store: TrialStore
  readonly handle: Handle
  readonly case: Case
  readonly outcome: Attempt
  readonly landed: boolean
  readonly when: string
}

/** Returns whether a batch landed; fails if a part of it did. */
const hasLanded = async (handle: Handle, { references, before, after }: Case, when: string): Promise<boolean> => {
  const answers = await handle.load(references)
  if (same(answers, after)) return true
  if (!same(answers, before)) fail(`a part of a batch is written, ${when}`)
  return false
}

/** Commits a batch again and again, with the line disturbed at each turn, and calls `look` with what came of it. */
const sweep = async (
  store: TrialStore,
  { handle, line }: TrialLine,
  {
    kinds,
    look
  }: { readonly kinds: ReadonlyArray<Omit<LineFault, 'turn'>>; readonly look: (disturbed: Disturbed) => Promise<void> }
): Promise<void> => {
  for (const { how, when } of kinds) {
    for (let turn = 1; ; turn += 1) {
      if (turn > mostTurns) fail('the commit does not end')
      const each = caseOf(`${how}-${when}-${turn}`)
      await land(store.handle, each.first)
      // So that it has a connection, and no turn is one of connecting.
      await recovered(() => handle.load(each.references))
      line.disturb({ turn, when, how })
      const outcome = await attempt(handle, each.batch)
      const happened = line.happened()
      line.disturb()
      const moment = `with ${how} ${when} turn ${turn}`
      const landed = await hasLanded(store.handle, each, moment)
      await look({ store, handle, case: each, outcome, landed, when: moment })
      if (!happened) break
    }
  }
}

/** Fails where the outcome is not what became of the batch, which no other write was in the way of. */
const demandTruth = ({ outcome, landed, when }: Disturbed): void => {
  if (outcome === 'Committed' && !landed) fail(`a commit said that a batch landed which did not, ${when}`)
  if (outcome === 'Failed' && landed) fail(`a commit said that nothing was written, and the batch landed, ${when}`)
  if (outcome === 'Conflict' && landed) fail(`a commit reported a conflict with its own batch, which landed, ${when}`)
  if (outcome === 'Conflict') fail(`a batch conflicted although all its versions and claims held, ${when}`)
}

const cuts = (['cut', 'half-close'] as const).flatMap((how) =>
  (['before', 'after'] as const).map((when) => ({ how, when }))
)

const withLine = (trial: Trial, use: (store: TrialStore, line: TrialLine) => Promise<void>): Promise<void> =>
  trial.withStore(async (store) => use(store, await store.endpoint()))

export const lineRequirements = [
  requirement({
    key: 'PO-15.line',
    extent: 'whole',
    sentence:
      'a commit over a line that is lost at any moment reports the truth, and never a conflict with its own batch',
    needs: ['endpoint'],
    check: async (trial) => {
      await withLine(trial, (store, line) =>
        sweep(store, line, { kinds: cuts, look: async (disturbed) => demandTruth(disturbed) })
      )
    }
  }),
  requirement({
    key: 'PO-15.silence',
    extent: 'whole',
    sentence: 'a commit over a line that goes silent ends, reports the truth, and the handle works again afterwards',
    needs: ['endpoint'],
    check: async (trial) => {
      await withLine(trial, (store, line) =>
        sweep(store, line, {
          kinds: [{ how: 'silence', when: 'after' }],
          look: async (disturbed) => demandTruth(disturbed)
        })
      )
    }
  }),
  requirement({
    key: 'PO-5.line',
    extent: 'whole',
    sentence:
      'a line that is lost at any moment of a commit leaves the whole batch or nothing, and the batch lands on a retry',
    needs: ['endpoint'],
    check: async (trial) => {
      await withLine(trial, (store, line) =>
        sweep(store, line, {
          kinds: cuts,
          look: async ({ handle, case: each, landed, when }) => {
            for (let tries = 1; !landed; tries += 1) {
              const outcome = await attempt(handle, each.batch)
              if (outcome === 'Committed' || (await hasLanded(store.handle, each, when))) break
              if (tries === mostFailures) fail(`a batch does not land after its line was mended, ${when}`)
              await pause(10)
            }
            if (!(await hasLanded(store.handle, each, when))) fail(`a batch that landed is not there, ${when}`)
          }
        })
      )
    }
  }),
  requirement({
    key: 'PO-3.line',
    extent: 'whole',
    sentence:
      'over a slow or broken line, other handles see an acknowledged commit, and the handle sees the commits of others',
    needs: ['endpoint'],
    check: async (trial) => {
      await withLine(trial, async (store, { handle, line }) => {
        await recovered(() => handle.load([byId('a')]))
        line.delay(15)
        for (let version = 1; version <= 5; version += 1) {
          const mine = stored('a', { version }, version)
          await land(handle, [put(mine)])
          sameAnswer(mine, (await store.handle.load([byId('a')]))[0], 'what was committed over a slow line')
          const other = stored('b', { version }, version)
          await land(store.handle, [put(other)])
          sameAnswer(other, (await handle.load([byId('b')]))[0], 'what was committed elsewhere, over a slow line')
        }
        line.delay(0)
        await sweep(
          store,
          { handle, line },
          {
            kinds: cuts.slice(0, 2),
            look: async ({ case: each, landed, when }) => {
              const answers = await recovered(() => handle.load(each.references))
              if (same(answers, landed ? each.after : each.before)) return
              // A batch whose answer was lost may land between the two looks, and then nothing more changes.
              const now = await hasLanded(store.handle, each, when)
              if (!same(answers, now ? each.after : each.before)) fail(`two handles see different states, ${when}`)
            }
          }
        )
      })
    }
  })
]
