/** Tests both sides of a process that serves a store: the messages, and the calls after one side is lost. */
import { connectStore, type StoreProcess } from '@userpoint/conformance'
import { serveStore, type StoreChannel } from '@userpoint/conformance/process'
import type { JsonObject, Repository, Stored } from '@userpoint/core/repository'
import { StoreFault } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { hostileBodies, hostileClaims, hostileIds } from '../src/hostile.ts'
import { batchOf, documentsAfter, questionsAfter } from '../src/process/work.ts'
import { turn } from '../src/process/turn.ts'
import * as oracles from '../src/oracle.ts'
import { byClaim, byId, put, remove, stored } from '../src/writes.ts'
import { simulateProcess } from './broken/simulated-process.ts'
import { createSmallRepository, emptyDisk } from './broken/small-store.ts'

const disk = () => emptyDisk()

const started = async (open: Parameters<typeof simulateProcess>[1] = createSmallRepository, on = disk()) =>
  connectStore(simulateProcess(on, open))

const scanned = async (repository: Repository): Promise<ReadonlyArray<Stored>> => {
  const all: Array<Stored> = []
  for await (const one of repository.scan('user_point')) all.push(one)
  return all
}

/** Returns the message of a failure. */
const refusal = async (call: unknown): Promise<string> => {
  try {
    await call
  } catch (error) {
    return error instanceof Error ? error.message : 'what was thrown is no error'
  }
  return 'nothing was thrown'
}

describe('a store in another process', () => {
  test('answers as in this process, hostile values and missing documents included', async () => {
    const { repository } = await started()
    expect(repository.manifest).toEqual({ name: 'small', durable: true, concurrent: 'processes', overlapping: true })
    const documents = hostileIds.map((id, index) =>
      stored(id, hostileBodies[index % hostileBodies.length] as JsonObject)
    )
    const writes = documents.map((one, index) => put(one, { claim: index === 0 ? hostileClaims : [] }))
    expect(await repository.commit(writes)).toEqual({ _tag: 'Committed' })
    expect(await repository.commit(writes)).toEqual({ _tag: 'Conflict' })
    const nobody = byId('nobody')
    const answers = await repository.load([
      nobody,
      ...hostileIds.map((id) => byId(id)),
      ...hostileClaims.map(byClaim),
      nobody
    ])
    expect(answers).toEqual([undefined, ...documents, ...hostileClaims.map(() => documents[0]), undefined])
    expect(answers.length).toBe(2 + hostileIds.length + hostileClaims.length)
    expect((await scanned(repository)).length).toBe(documents.length)
    await repository.purge?.()
    await repository.close?.()
  })

  test('deletes: an absent body stays absent', async () => {
    const { repository } = await started()
    await repository.commit([put(stored('a'), { claim: ['k'] })])
    expect(await repository.commit([remove(stored('a'), ['k'])])).toEqual({ _tag: 'Committed' })
    expect(await repository.load([byId('a'), byClaim('k')])).toEqual([undefined, undefined])
  })

  test.each([
    ['says that nothing was written', () => new StoreFault('full', { applied: false }), false],
    ['leaves it open', () => new StoreFault('lost'), undefined],
    ['is of another sort', () => new TypeError('no'), undefined],
    ['is no error', () => 'oh', undefined]
  ])('rethrows an error of the process that %s', async (_, error, applied) => {
    const { repository } = await started((seen) => ({
      ...createSmallRepository(seen),
      commit: async () => Promise.reject(error())
    }))
    await expect(repository.commit(batchOf(1))).rejects.toMatchObject({ name: 'StoreFault', applied })
    expect(await repository.load([byId('left')])).toEqual([undefined])
  })
})

describe('a process that is killed', () => {
  test('does not answer its open calls or later ones', async () => {
    const { repository, kill } = await started((seen) => ({
      ...createSmallRepository(seen),
      load: async () => new Promise(() => undefined)
    }))
    const lost = refusal(repository.load([byId('a')]))
    await kill()
    expect(await lost).toBe('the process ended before it answered')
    await expect(repository.commit(batchOf(1))).rejects.toThrow('has ended')
    await kill()
  })

  test('has acknowledged some work, which is on the disk', async () => {
    const on = disk()
    const { workUntilKilled } = await started(createSmallRepository, on)
    const told = await workUntilKilled(0, { answers: 5, milliseconds: 0, turns: 0 })
    expect(told).toBeGreaterThanOrEqual(5)
    const left = createSmallRepository(on)
    const [document] = await left.load([byId('left')])
    expect(document?.version).toBeGreaterThanOrEqual(told)
    for (let turns = 0; turns < 20; turns += 1) await turn()
    expect(await left.load([byId('left')])).toEqual([document])
  })

  test('works for some more time if requested', async () => {
    const { workUntilKilled } = await started()
    expect(await workUntilKilled(0, { answers: 1, milliseconds: 30, turns: 0 })).toBeGreaterThan(1)
  })

  test('does not hide a batch that does not land', async () => {
    const { workUntilKilled } = await started()
    await expect(workUntilKilled(7, { answers: 1, milliseconds: 0, turns: 0 })).rejects.toThrow('batch 8 conflicted')
  })
})

describe('a process that never serves', () => {
  const silent = (): StoreProcess & { readonly end: () => void; readonly kills: () => number } => {
    const exits: Array<() => void> = []
    let kills = 0
    const end = (): void => {
      for (const exit of exits) exit()
    }
    return {
      send: () => undefined,
      on: (event: string, listener: (message?: unknown) => void) => event === 'exit' && exits.push(listener),
      kill: () => {
        kills += 1
        end()
      },
      end,
      kills: () => kills
    }
  }

  test('is distinguished from one that ends', async () => {
    const child = silent()
    const connecting = refusal(connectStore(child))
    child.end()
    expect(await connecting).toBe('the process ended before it served the store')
  })

  test('is killed after half a minute', async () => {
    vi.useFakeTimers()
    try {
      const child = silent()
      const connecting = refusal(connectStore(child))
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await connecting).toBe('the process did not serve the store within 30 seconds')
      expect(child.kills()).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the end in the process', () => {
  const channel = () => {
    const listeners = new Map<string, (message: unknown) => void>()
    const sent: Array<object> = []
    const exits: Array<number> = []
    const own: StoreChannel = {
      send: (message) => sent.push(message),
      on: (event: string, listener: (message: unknown) => void) => listeners.set(event, listener),
      exit: () => exits.push(sent.length)
    }
    return { own, sent, exits, say: (event: string, message?: unknown) => listeners.get(event)?.(message) }
  }

  test('ends when the parent has gone', () => {
    const { own, exits, say } = channel()
    serveStore(createSmallRepository(disk()), own)
    say('disconnect')
    expect(exits).toEqual([1])
  })

  test('ignores other messages', async () => {
    const { own, sent, say } = channel()
    serveStore(createSmallRepository(disk()), own)
    for (const message of [undefined, null, 'close', 1, {}, { userpoint: 1 }, { id: 1, call: { _tag: 'Close' } }]) {
      say('message', message)
    }
    await turn()
    expect(sent).toHaveLength(1)
  })

  test('needs a channel', () => {
    const { send: _, ...deaf } = channel().own
    expect(() => serveStore(createSmallRepository(disk()), deaf)).toThrow('has no channel')
  })
})

describe('the work of a process that is to be killed', () => {
  test('is one history: each batch follows the previous one, and leaves the documented state', () => {
    let oracle = oracles.empty
    for (let n = 1; n <= 40; n += 1) {
      const [result, next] = oracles.commit(oracle, batchOf(n))
      expect(result).toBe('Committed')
      oracle = next
      expect(oracles.scan(oracle, 'user_point')).toEqual(documentsAfter(n))
      const questions = questionsAfter(n)
      expect(
        oracles.load(
          oracle,
          questions.map(({ reference }) => reference)
        )
      ).toEqual(questions.map(({ answer }) => answer))
    }
  })

  test('reveals each missing part of a batch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 30 }), (n, cut) => {
        const writes = batchOf(n)
        const kept = writes.slice(0, cut % writes.length)
        let oracle = oracles.empty
        for (let one = 1; one < n; one += 1) [, oracle] = oracles.commit(oracle, batchOf(one))
        // Written as a store would that stops half way: without asking what holds.
        const torn = kept.reduce(
          (so, write) =>
            oracles.commit({ ...so, claims: so.claims.filter(({ claim }) => !write.claim.includes(claim)) }, [
              write
            ])[1],
          oracle
        )
        const last = oracles.find(torn, 'user_point', 'left')?.version ?? 0
        const questions = questionsAfter(last)
        const isWhole =
          JSON.stringify(
            oracles.load(
              torn,
              questions.map(({ reference }) => reference)
            )
          ) === JSON.stringify(questions.map(({ answer }) => answer)) &&
          JSON.stringify(oracles.scan(torn, 'user_point')) === JSON.stringify(documentsAfter(last))
        expect(isWhole).toBe(kept.length === 0)
      }),
      { numRuns: 300, seed: 1 }
    )
  })
})
