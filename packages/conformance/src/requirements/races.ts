/** PO-8, and PO-15 under pressure: two handles that want the same. */
import type { Write } from '@userpoint/core/repository'
import fc from 'fast-check'
import { fail, sameAnswer, sameAnswers } from '../compare.ts'
import { afterTurns } from '../process/turn.ts'
import { type Handle, requirement, type TrialStore } from '../trial.ts'
import { type Attempt, attempt, byClaim, byId, land, put, remove, stored } from '../writes.ts'

const rounds = Array.from({ length: 20 }, (_, index) => index)

/** Runs rounds of two commits at once, and demands that at most one lands, and that one lands now and then. */
const race = async (
  store: TrialStore,
  round: (index: number, first: Handle, second: Handle) => Promise<readonly [Attempt, Attempt]>
): Promise<void> => {
  const peer = await store.peer()
  let landed = 0
  for (const index of rounds) {
    const [first, second] = index % 2 === 0 ? [store.handle, peer] : [peer, store.handle]
    const outcomes = await round(index, first, second)
    if (outcomes.every((one) => one === 'Committed')) fail('both of two commits landed that exclude each other')
    if (outcomes.includes('Committed')) landed += 1
  }
  if (landed === 0) fail('of two commits that exclude each other, none landed in any round')
}

/** Counts up on these handles at once, with reads and commits in any order, and demands that no step is lost. */
const countUp = async (scheduler: fc.Scheduler, handles: ReadonlyArray<Handle>): Promise<void> => {
  await land(handles[0] as Handle, [put(stored('a', { count: 0 }))])
  let landed = 0
  let unknown = 0
  const count = async (handle: Handle): Promise<void> => {
    const load = scheduler.scheduleFunction(() => handle.load([byId('a')]))
    const commit = scheduler.scheduleFunction((writes: ReadonlyArray<Write>) => attempt(handle, writes))
    for (let step = 0; step < 3; step += 1) {
      const [now] = await load()
      if (now === undefined) return fail('the counter is gone')
      const next = stored('a', { count: Number(now.body['count']) + 1 }, now.version + 1)
      const outcome = await commit([put(next)])
      if (outcome === 'Committed') landed += 1
      if (outcome === 'Unknown') unknown += 1
    }
  }
  await scheduler.waitFor(Promise.all(handles.map(count)))
  for (const handle of handles) {
    const [now] = await handle.load([byId('a')])
    const total = Number(now?.body['count'])
    if (total < landed || total > landed + unknown) fail(`${landed} commits landed, and the counter says ${total}`)
    if (now?.version !== total + 1) fail('the version did not grow with each commit')
  }
}

export const raceRequirements = [
  requirement({
    key: 'PO-8.lost-update',
    sentence: 'of two concurrent commits that expect the same version, at most one lands',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        await race(store, async (index, first, second) => {
          const name = `id-${index}`
          await land(store.handle, [put(stored(name))])
          const bodies = [{ writer: 'first' }, { writer: 'second' }]
          const [one, other] = bodies.map((body) => [put(stored(name, body, 2))])
          const outcomes = await Promise.all([attempt(first, one ?? []), attempt(second, other ?? [])])
          const winner = bodies[outcomes.indexOf('Committed')]
          const [now] = await second.load([byId(name)])
          if (winner !== undefined) sameAnswer(stored(name, winner, 2), now, 'the document that was raced for')
          return outcomes
        })
      })
    }
  }),
  requirement({
    key: 'PO-8.claim-race',
    sentence: 'of two concurrent commits that take the same claim, at most one lands',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        await race(store, async (index, first, second) => {
          const rivals = ['first', 'second'].map((writer) => stored(`${writer}-${index}`, { writer }))
          const batches = rivals.map((one) => [put(one, { claim: [`own of ${one.id}`, `prize ${index}`] })])
          const outcomes = await Promise.all([attempt(first, batches[0] ?? []), attempt(second, batches[1] ?? [])])
          const seen = await first.load([byClaim(`prize ${index}`), ...rivals.map((one) => byId(one.id))])
          const prize = seen[0]
          const winner = rivals[outcomes.indexOf('Committed')]
          if (winner !== undefined) sameAnswer(winner, prize, 'the claim that was raced for')
          for (const [place, outcome] of outcomes.entries()) {
            if (outcome !== 'Conflict' && outcome !== 'Failed') continue
            sameAnswer(undefined, seen[place + 1], 'the document that lost the race')
          }
          return outcomes
        })
      })
    }
  }),
  requirement({
    key: 'PO-8.delete-race',
    sentence: 'of a concurrent deletion and update of one version, at most one lands',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        await race(store, async (index, first, second) => {
          const document = stored(`id-${index}`)
          const claims = [`of ${document.id}`, `new of ${document.id}`]
          await land(store.handle, [put(document, { claim: claims.slice(0, 1) })])
          const updated = stored(document.id, { updated: true }, 2)
          const outcomes = await Promise.all([
            attempt(first, [remove(document, claims.slice(0, 1))]),
            attempt(second, [put(updated, { claim: claims.slice(1) })])
          ])
          const answers = await second.load([byId(document.id), ...claims.map(byClaim)])
          if (outcomes[0] === 'Committed')
            sameAnswers([undefined, undefined, undefined], answers, () => 'after the deletion')
          if (outcomes[1] === 'Committed') sameAnswers([updated, updated, updated], answers, () => 'after the update')
          return outcomes
        })
      })
    }
  }),
  requirement({
    key: 'PO-15.beside-conflicts',
    sentence: 'a batch that holds does not conflict because of another that conflicts at the same time',
    needs: ['handles'],
    check: async (trial) => {
      await trial.withStore(async (store) => {
        const peer = await store.peer()
        const names = Array.from({ length: 30 }, (_, index) => `id-${index}`)
        const batch = (version: number) => names.map((name) => put(stored(name, { version }, version)))
        await land(store.handle, batch(1))
        let version = 1
        for (const index of rounds) {
          // In the other order, so that each may have what the other waits for.
          const stale = [...batch(version + 1).toReversed(), put(stored(`late-${index}`, {}, 2))]
          const [first, second] = index % 2 === 0 ? [0, index] : [index, 0]
          const [holds, conflicts] = await Promise.all([
            afterTurns(first, () => attempt(store.handle, batch(version + 1))),
            afterTurns(second, () => attempt(peer, stale))
          ])
          if (holds === 'Conflict') fail('a batch conflicted although all its versions and claims held')
          if (conflicts === 'Committed') fail('a batch landed although a document that it changes is not there')
          if (holds === 'Unknown') fail('the outcome of a batch is unknown although nothing was lost')
          if (holds === 'Committed') version += 1
          const now = await peer.load(names.map((name) => byId(name)))
          sameAnswers(
            names.map((name) => stored(name, { version }, version)),
            now,
            (place) => `document ${place} beside a conflict`
          )
        }
      })
    }
  }),
  requirement({
    key: 'PO-8.interleaved',
    sentence: 'incrementing a counter through two handles, with reads and commits in any order, loses no update',
    needs: ['handles'],
    check: async (trial) => {
      await trial.forAll(25, fc.scheduler(), async (scheduler) => {
        await trial.withStore(async (store) => {
          const peer = await store.peer()
          await countUp(scheduler, [store.handle, peer])
        })
      })
    }
  }),
  requirement({
    key: 'PO-8.overlapping',
    sentence:
      'overlapping calls on one handle lose no update, and a concurrent load sees a whole batch or nothing of it',
    needs: ['overlapping'],
    check: async (trial) => {
      await trial.forAll(25, fc.scheduler(), async (scheduler) => {
        await trial.withStore(async ({ handle }) => countUp(scheduler, [handle, handle]))
      })
      await trial.withStore(async ({ handle }) => {
        const names = ['one', 'two']
        const batch = (round: number) =>
          names.map((name) => put(stored(name, { round }, round), round === 1 ? { claim: [`of ${name}`] } : {}))
        await land(handle, batch(1))
        for (const index of rounds) {
          const [, [one, two, claimed]] = await Promise.all([
            land(handle, batch(index + 2)),
            handle.load([byId('one'), byClaim('of two'), byId('two')])
          ])
          sameAnswer(two, claimed, 'one document, found in two ways by one load')
          if (one?.version !== two?.version) fail('a load saw a part of the batch that was committed meanwhile')
        }
      })
    }
  })
]
