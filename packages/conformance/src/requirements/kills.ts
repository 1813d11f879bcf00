/** PO-5, PO-8 and PO-13 with processes that are killed during their commits. */
import type { Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { fail, sameAnswers } from '../compare.ts'
import type { Moment } from '../process/remote-store.ts'
import { pause } from '../process/turn.ts'
import { baton, batchOf, documentsAfter, questionsAfter } from '../process/work.ts'
import { type Handle, requirement, type Trial, type TrialStore } from '../trial.ts'
import { attempt, byId, conflict, put, stored, userPoint } from '../writes.ts'

// An immediate kill hits the work after an acknowledgement, a later one any work; turns give finer steps for a fast store.
const moment: fc.Arbitrary<Moment> = fc.record({
  answers: fc.integer({ min: 1, max: 12 }),
  milliseconds: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 8 })),
  turns: fc.integer({ min: 0, max: 4 })
})

/** Kills several processes on one store, or the part that the budget allows; each recovers from the previous kill. */
const forMoments = async (
  trial: Trial,
  kills: number,
  holds: (store: TrialStore, moments: ReadonlyArray<Moment>) => Promise<void>
): Promise<void> => {
  // The same moment hits another instruction in the next run, so shrinking is useless.
  const length = Math.max(2, trial.part(kills))
  const moments = fc.noShrink(fc.array(moment, { minLength: length, maxLength: length }))
  await trial.forAll(1, moments, async (all) => {
    await trial.withStore(async (store) => {
      await holds(store, all)
    })
  })
}

/**
 * Commits a batch and returns the outcome; waits for a lock that expires, or for a server to notice that the process is gone,
 * which takes a busy machine seconds.
 */
const answerInTheEnd = async (handle: Handle, writes: ReadonlyArray<Write>): Promise<'Committed' | 'Conflict'> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const outcome = await attempt(handle, writes)
    if (outcome === 'Committed' || outcome === 'Conflict') return outcome
    if (outcome === 'Unknown') fail('a commit after the kill failed without `applied: false`')
    await pause(50)
  }
  return fail('ten seconds after the kill, no commit lands')
}

/** Commits a batch that must land. */
const landInTheEnd = async (handle: Handle, writes: ReadonlyArray<Write>): Promise<void> => {
  if ((await answerInTheEnd(handle, writes)) === 'Committed') return
  fail('a batch conflicted after the kill although all its versions and claims held')
}

/** Returns the number of the last batch in the store. */
const lastOf = async (handle: Handle): Promise<number> => {
  const [left] = await handle.load([byId('left')])
  return left?.version ?? 0
}

/**
 * Commits the batch after the last one, and returns its number. An unacknowledged batch of the killed process may become
 * visible only now; then the earlier load is stale and is repeated.
 */
const landNext = async (handle: Handle): Promise<number> => {
  const next = (await lastOf(handle)) + 1
  if ((await answerInTheEnd(handle, batchOf(next))) === 'Committed') return next
  if ((await lastOf(handle)) !== next)
    fail('a batch conflicted after the kill although all its versions and claims held')
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

/**
 * Returns the number of batches of a killed process, after a look at all that they wrote. A batch that was on its way to a
 * server may land during the look, which is then repeated.
 */
const lastOfWhole = async (handle: Handle): Promise<number> => {
  const last = await lastOf(handle)
  try {
    await demandWhole(handle, last)
    return last
  } catch (error) {
    const landed = await lastOf(handle)
    if (landed === last) throw error
    await demandWhole(handle, landed)
    return landed
  }
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
    extent: 'whole',
    sentence: 'a process that is killed during its commits leaves only whole batches',
    needs: ['durable'],
    check: async (trial) => {
      await forMoments(trial, 6, async (store, moments) => {
        await store.handle.close()
        let last = 0
        for (const [index, one] of moments.entries()) {
          const worker = await store.fork()
          await worker.workUntilKilled(last, one)
          await throughSurvivor(store, index, async (handle) => {
            last = await lastOfWhole(handle)
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
    extent: 'whole',
    sentence: 'acknowledged commits survive the kill of their process',
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
            if (last === told) last = await lastOfWhole(handle)
          })
        }
      })
    }
  }),
  requirement({
    key: 'PO-8.killed',
    extent: 'whole',
    sentence: 'a process that is killed during its commits does not block other handles',
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
