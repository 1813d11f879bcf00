/** PO-5, PO-8 and PO-13 where it hurts: a process is killed in the middle of its commits. */
import type { Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { fail, sameAnswers } from '../compare.ts'
import type { Moment } from '../process/remote-store.ts'
import { pause } from '../process/turn.ts'
import { baton, batchOf, documentsAfter, questionsAfter } from '../process/work.ts'
import { type Handle, requirement, type Trial, type TrialStore } from '../trial.ts'
import { attempt, byId, conflict, put, stored, userPoint } from '../writes.ts'

// A kill at once hits what follows an acknowledgement, a later one anything; turns are what a quick store is measured in.
const moment: fc.Arbitrary<Moment> = fc.record({
  answers: fc.integer({ min: 1, max: 12 }),
  milliseconds: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 8 })),
  turns: fc.integer({ min: 0, max: 4 })
})

/** Kills so many processes, or the part that the budget asks for, on one store: each recovers from the one before. */
const forMoments = async (
  trial: Trial,
  kills: number,
  holds: (store: TrialStore, moments: ReadonlyArray<Moment>) => Promise<void>
): Promise<void> => {
  // The same moment hits another instruction the next time: there is nothing to shrink.
  const length = Math.max(2, trial.part(kills))
  const moments = fc.noShrink(fc.array(moment, { minLength: length, maxLength: length }))
  await trial.forAll(1, moments, async (all) => {
    await trial.withStore(async (store) => {
      await holds(store, all)
    })
  })
}

/** What becomes of a batch; a lock that runs out by itself is waited for. */
const answerInTheEnd = async (handle: Handle, writes: ReadonlyArray<Write>): Promise<'Committed' | 'Conflict'> => {
  for (let tries = 0; tries < 40; tries += 1) {
    const outcome = await attempt(handle, writes)
    if (outcome === 'Committed' || outcome === 'Conflict') return outcome
    if (outcome === 'Unknown') fail('a commit after the kill failed, and does not say that nothing was written')
    await pause(50)
  }
  return fail('two seconds after the kill, no commit lands')
}

/** Commits a batch that nothing stands against. */
const landInTheEnd = async (handle: Handle, writes: ReadonlyArray<Write>): Promise<void> => {
  if ((await answerInTheEnd(handle, writes)) === 'Committed') return
  fail('a batch conflicted after the kill, whose versions and claims all held')
}

/** The number of the last batch that is there. */
const lastOf = async (handle: Handle): Promise<number> => {
  const [left] = await handle.load([byId('left')])
  return left?.version ?? 0
}

/**
 * Commits the batch after the last one that is there, and gives its number. One more batch may come to light only now,
 * committed by the killed process and never acknowledged: then what was read before is stale, and is read again.
 */
const landNext = async (handle: Handle): Promise<number> => {
  const next = (await lastOf(handle)) + 1
  if ((await answerInTheEnd(handle, batchOf(next))) === 'Committed') return next
  if ((await lastOf(handle)) !== next) fail('a batch conflicted after the kill, whose versions and claims all held')
  await landInTheEnd(handle, batchOf(next + 1))
  return next + 1
}

const demandWhole = async (handle: Handle, last: number): Promise<void> => {
  const questions = questionsAfter(last)
  const answers = await handle.load(questions.map(({ reference }) => reference))
  const called = (index: number): string => {
    const reference = questions[index]?.reference
    return reference?._tag === 'ByClaim' ? `the claim "${reference.claim}"` : (reference?.id ?? 'nothing')
  }
  sameAnswers(
    questions.map(({ answer }) => answer),
    answers,
    (index) => `${called(index)}, where ${last} batches of the killed process seem to be there`
  )
  sameAnswers(
    documentsAfter(last),
    await handle.scan(userPoint),
    (index) => `document ${index} of a scan, where ${last} batches of the killed process seem to be there`
  )
}

/** Looks at a store after a kill: through a handle that is opened again, or from another process. */
const throughSurvivor = async (
  store: TrialStore,
  index: number,
  look: (handle: Handle) => Promise<void>
): Promise<void> => {
  if (index % 3 === 1) {
    const other = await store.fork()
    await look(other.handle)
    await other.handle.close()
    await other.kill()
    return
  }
  const reopened = await store.reopen()
  await look(reopened)
  await reopened.close()
}

export const killRequirements = [
  requirement({
    key: 'PO-5.killed',
    sentence: 'a process that is killed in the middle of its commits leaves whole batches only',
    needs: ['durable'],
    check: async (trial) => {
      await forMoments(trial, 6, async (store, moments) => {
        await store.handle.close()
        let last = 0
        for (const [index, one] of moments.entries()) {
          const worker = await store.fork()
          await worker.workUntilKilled(last, one)
          await throughSurvivor(store, index, async (handle) => {
            last = await lastOf(handle)
            await demandWhole(handle, last)
            if (last > 0) await conflict(handle, [put(stored('thief'), { claim: [baton] })], 'its claim is taken')
            last += 1
            await landInTheEnd(handle, batchOf(last))
            await demandWhole(handle, last)
          })
        }
      })
    }
  }),
  requirement({
    key: 'PO-13.killed',
    sentence: 'what was acknowledged is there after the process that committed it was killed',
    needs: ['durable'],
    check: async (trial) => {
      await forMoments(trial, 4, async (store, moments) => {
        await store.handle.close()
        let last = 0
        for (const [index, one] of moments.entries()) {
          const worker = await store.fork()
          const told = await worker.workUntilKilled(last, one)
          await throughSurvivor(store, index, async (handle) => {
            last = await lastOf(handle)
            if (last < told) fail(`${told} batches were acknowledged, and only ${last} are there`)
            if (last === told) await demandWhole(handle, last)
          })
        }
      })
    }
  }),
  requirement({
    key: 'PO-8.killed',
    sentence: "a process that is killed in the middle of its commits stands in nobody's way",
    needs: ['processes'],
    check: async (trial) => {
      await forMoments(trial, 4, async (store, moments) => {
        let last = 0
        for (const one of moments) {
          const worker = await store.fork()
          await worker.workUntilKilled(last, one)
          last = await landNext(store.handle)
        }
      })
    }
  })
]
