// Slow: a silent server has lost its work only after the term of its leases.
import { createMemoryRepository, createMemoryStore, type MemoryStore } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { v7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { createMemorySpool, type Spool, SpoolLost } from '../src/index.ts'
import { createStoreSpool } from '../src/store-spool/store-spool.ts'
import { type Asking, asking, ended, token, upsertLine } from './asking.ts'
import { createImport, dataOf, linesOf, send } from './uploading.ts'

const term = 400
const pause = (milliseconds: number): Promise<void> => new Promise((wake) => setTimeout(wake, milliseconds))

/** A handle on a store whose process can be killed: then no call of it ends. */
const killable = (store: MemoryStore) => {
  const inner = createMemoryRepository(store)
  let isDead = false
  const never = new Promise<never>(() => undefined)
  const repository: Repository = {
    ...inner,
    load: (references) => (isDead ? never : inner.load(references)),
    commit: (writes) => (isDead ? never : inner.commit(writes)),
    async *scan(kind, options) {
      if (isDead) await never
      yield* inner.scan(kind, options)
    }
  }
  return {
    repository,
    kill: () => {
      isDead = true
    }
  }
}

const all = async <A>(items: AsyncIterable<A> | Iterable<A>): Promise<A[]> => {
  const found: A[] = []
  for await (const item of items) found.push(item)
  return found
}

interface Server extends Asking {
  readonly kill: () => void
}

/** Starts a server on a store that it shares with others. */
const serverOn = async (store: MemoryStore): Promise<Server> => {
  const { repository, kill } = killable(store)
  const other = createMemoryRepository()
  const repositories = new Map([
    ['1162', repository],
    ['7', other]
  ])
  const at = asking({
    datamarts: { '1162': { repository, partner: 'mybrand' }, '7': { repository: other } },
    spool: createStoreSpool({ repositories, newId: v7, term })
  })
  await at.handler.resume()
  return { ...at, kill }
}

const lines = (count: number): string =>
  Array.from({ length: count }, (_, n) => upsertLine(`h${n % 50}`, { [`p${n}`]: [n] })).join('')

/** Sends an upload, and returns the path of its execution. */
const uploaded = async (at: Server, executions: string, body: string): Promise<string> => {
  const answer = await send(at, `${executions}?verdicts=all`, body)
  expect(answer.status).toBe(200)
  return `${executions}/${String(dataOf(answer).id)}`
}

describe('servers that share a store', () => {
  it('see and finish each other’s uploads, each once, in the order of their ids', async () => {
    const store = createMemoryStore()
    const [one, two] = [await serverOn(store), await serverOn(store)]
    const executions = `${await createImport(one, 'USER_PROFILE')}/executions`
    const paths: string[] = []
    for (let n = 0; n < 6; n++)
      paths.push(
        await uploaded(n % 2 === 0 ? one : two, executions, upsertLine('a', { last: n }).replaceAll('false', 'true'))
      )
    for (const path of paths)
      expect(await ended(two, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 1 } })
    expect((await one.on('GET', 'user_points/email_hash=a')).json).toMatchObject({ data: { profiles: [{ last: 5 }] } })
    const ends = [...one.events, ...two.events].filter(({ _tag }) => _tag === 'Execution')
    expect(ends).toHaveLength(6)
    await Promise.all([one.handler.stop(), two.handler.stop()])
    // Nothing is left but the records and the verdicts.
    const spool = createStoreSpool({ repositories: new Map([['1162', createMemoryRepository(store)]]), newId: v7 })
    for (const sort of ['pending', 'cancelations', 'removals']) expect(await spool.list(['1162', sort])).toEqual([])
    expect(await spool.contents(['1162', 'uploads'])).toEqual([])
    expect(await spool.contents(['1162', 'errors'])).toHaveLength(6)
  }, 30_000)

  it('finish what a killed server has accepted, and remove what it was receiving', async () => {
    const store = createMemoryStore()
    const [one, two] = [await serverOn(store), await serverOn(store)]
    const executions = `${await createImport(one, 'USER_PROFILE')}/executions`
    const path = await uploaded(one, executions, lines(3_000))
    const second = await uploaded(one, executions, lines(10))
    const endless = new ReadableStream<Uint8Array>({
      pull: (to) => pause(1).then(() => to.enqueue(Buffer.alloc(80_000, '\n')))
    })
    void send(one, executions, endless).catch(() => undefined)
    await pause(20)
    one.kill()
    expect(await ended(two, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 3_000 } })
    expect(await ended(two, second)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 10 } })
    const verdicts = linesOf(await two.on('GET', `${path}/verdicts`))
    expect(verdicts.map(({ index }) => index)).toEqual(Array.from({ length: 3_000 }, (_, n) => n))
    const repository = createMemoryRepository(store)
    const partsLeft = async () => {
      const ids: string[] = []
      for await (const { id } of repository.scan('spool_part')) if (id.includes('/uploads/')) ids.push(id)
      return ids
    }
    while ((await partsLeft()).length > 0) await pause(50)
    await two.handler.stop()
  }, 30_000)

  it('continue what a stopped server leaves, at once', async () => {
    const store = createMemoryStore()
    const [one, two] = [await serverOn(store), await serverOn(store)]
    const executions = `${await createImport(one, 'USER_PROFILE')}/executions`
    const path = await uploaded(one, executions, lines(5_000))
    while (dataOf(await one.on('GET', path)).status !== 'RUNNING') await pause(1)
    await one.handler.stop()
    expect(dataOf(await one.on('GET', path)).status).toBe('RUNNING')
    expect(await ended(two, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 5_000 } })
    await two.handler.stop()
  }, 30_000)

  it('cancel executions of each other, those that wait too', async () => {
    const store = createMemoryStore()
    const [one, two] = [await serverOn(store), await serverOn(store)]
    const executions = `${await createImport(one, 'USER_PROFILE')}/executions`
    const first = await uploaded(one, executions, lines(20_000))
    const second = await uploaded(one, executions, lines(10))
    while (dataOf(await two.on('GET', first)).status !== 'RUNNING') await pause(1)
    for (const path of [second, first])
      expect((await two.on('PUT', `${path}/actions`, { action: 'CANCEL' })).status).toBe(200)
    expect(await ended(two, second)).toMatchObject({ status: 'CANCELED', result: { total_success: 0 } })
    expect(await ended(two, first)).toMatchObject({ status: 'CANCELED' })
    expect((await two.on('PUT', `${first}/actions`, { action: 'CANCEL' })).status).toBe(409)
    await Promise.all([one.handler.stop(), two.handler.stop()])
  }, 30_000)

  it('remove no document import for which an upload arrives or waits elsewhere', async () => {
    const store = createMemoryStore()
    const [one, two] = [await serverOn(store), await serverOn(store)]
    const documentImport = await createImport(one, 'USER_PROFILE')
    let goOn: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const slow = new ReadableStream<Uint8Array>({
      pull: async (to) => {
        await held
        to.enqueue(Buffer.from(upsertLine('a', {})))
        to.close()
      }
    })
    const sending = send(one, `${documentImport}/executions`, slow)
    const spool = createStoreSpool({ repositories: new Map([['1162', createMemoryRepository(store)]]), newId: v7 })
    while ((await spool.list(['1162', 'pending'])).length === 0) await pause(1)
    expect((await two.on('DELETE', documentImport)).status).toBe(409)
    goOn()
    const accepted = await sending
    expect(accepted.status).toBe(200)
    await ended(two, `${documentImport}/executions/${String(dataOf(accepted).id)}`)
    // The server that ran it gives its queue back a moment later.
    while ((await two.on('DELETE', documentImport)).status === 409) await pause(10)
    expect((await send(one, `${documentImport}/executions`, lines(1))).status).toBe(404)
    await Promise.all([one.handler.stop(), two.handler.stop()])
  }, 30_000)

  it('answer an upload with one key alike, and queue it once', async () => {
    const store = createMemoryStore()
    const servers = [await serverOn(store), await serverOn(store)]
    const executions = `${await createImport(servers[0]!, 'USER_PROFILE')}/executions`
    const headers = { 'idempotency-key': 'a key' }
    const sent = await Promise.all(servers.map((at) => send(at, executions, lines(5), headers)))
    const again = await send(servers[1]!, executions, lines(5), headers)
    expect(again.status).toBe(200)
    for (const each of sent) {
      expect([200, 409]).toContain(each.status)
      if (each.status === 200) expect(dataOf(each).id).toBe(dataOf(again).id)
    }
    expect((await servers[0]!.on('GET', executions)).json).toMatchObject({ total: 1 })
    await Promise.all(servers.map(({ handler }) => handler.stop()))
  }, 30_000)

  it('give no number twice', async () => {
    const store = createMemoryStore()
    const servers = await Promise.all([1, 2, 3].map(() => serverOn(store)))
    const made = await Promise.all(Array.from({ length: 60 }, (_, n) => createImport(servers[n % 3]!, 'USER_PROFILE')))
    expect(new Set(made).size).toBe(60)
    const [executions] = made.map((each) => `${each}/executions`)
    const paths = await Promise.all(
      Array.from({ length: 30 }, (_, n) => uploaded(servers[n % 3]!, String(executions), lines(2)))
    )
    expect(new Set(paths).size).toBe(30)
    for (const path of paths) expect((await ended(servers[0]!, path)).status).toBe('SUCCEEDED')
    await Promise.all(servers.map(({ handler }) => handler.stop()))
  }, 60_000)

  it('take no token of another datamart for its uploads', async () => {
    const at = await serverOn(createMemoryStore())
    const executions = `${await createImport(at, 'USER_PROFILE')}/executions`
    const path = await uploaded(at, executions, lines(1))
    const asked = await at.ask('GET', `/v1/datamarts/7/${path}`, { headers: { authorization: token } })
    expect(asked.status).toBe(403)
    await at.handler.stop()
  })
})

describe('a lease', () => {
  const spoolOn = (store: MemoryStore): Spool =>
    createStoreSpool({ repositories: new Map([['a', createMemoryRepository(store)]]), newId: v7, term: 100 })

  it('has one holder, and is free when it is given back', async () => {
    const store = createMemoryStore()
    const [one, two] = [spoolOn(store), spoolOn(store)]
    const lease = await one.lease?.(['a', 'b'])
    expect(lease).toBeDefined()
    for (const spool of [one, two]) expect(await spool.lease?.(['a', 'b'])).toBeUndefined()
    expect(await two.lease?.(['a', 'c'])).toBeDefined()
    await lease?.release()
    expect(await two.lease?.(['a', 'b'])).toBeDefined()
  })

  it('is kept as long as its holder lives, and writes nothing once another has it', async () => {
    const store = createMemoryStore()
    const { repository, kill } = killable(store)
    const one = createStoreSpool({ repositories: new Map([['a', repository]]), newId: v7, term: 100 })
    const two = spoolOn(store)
    await one.append(['a', 'file'], 0, Buffer.from('one'))
    const lease = await one.lease?.(['a', 'b'])
    for (let n = 0; n < 10; n++) {
      expect(await two.lease?.(['a', 'b'])).toBeUndefined()
      await pause(30)
    }
    await lease?.put(['a', 'r'], { by: 'one' })
    // A second spool of the living process stands for what the silent one does when it wakes up.
    kill()
    while ((await two.lease?.(['a', 'b'])) === undefined) await pause(20)
    expect(await two.get(['a', 'r'])).toEqual({ by: 'one' })
  })

  it('that was taken over throws SpoolLost, and changes no record and no byte', async () => {
    const store = createMemoryStore()
    const slow = createMemoryRepository(store)
    let isHeld = false
    // Renewals wait, as those of a process that sleeps.
    const sleeping: Repository = {
      ...slow,
      commit: async (writes) => {
        while (isHeld) await pause(5)
        return slow.commit(writes)
      }
    }
    const one = createStoreSpool({ repositories: new Map([['a', sleeping]]), newId: v7, term: 100 })
    const two = spoolOn(store)
    await two.append(['a', 'file'], 0, Buffer.from('two'))
    await two.put(['a', 'r'], { by: 'two' })
    const lease = await one.lease?.(['a', 'b'])
    isHeld = true
    while ((await two.lease?.(['a', 'b'])) === undefined) await pause(20)
    isHeld = false
    await expect(lease?.put(['a', 'r'], { by: 'one' })).rejects.toThrow(SpoolLost)
    await expect(lease?.append(['a', 'file'], 0, Buffer.from('o'))).rejects.toThrow(SpoolLost)
    await expect(lease?.remove(['a', 'file'])).rejects.toThrow(SpoolLost)
    expect(lease?.lost.aborted).toBe(true)
    expect(await two.get(['a', 'r'])).toEqual({ by: 'two' })
    expect(Buffer.concat(await all(two.read(['a', 'file']))).toString()).toBe('two')
  })
})

type Step =
  | { readonly does: 'put' | 'remove'; readonly key: string; readonly n: number }
  | { readonly does: 'write' | 'append'; readonly key: string; readonly bytes: Uint8Array; readonly from: number }

const keys = fc.constantFrom('x', 'y', 'x-y', 'X_')
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom('put' as const, 'remove' as const), key: keys, n: fc.nat(9) }),
  fc.record({
    does: fc.constantFrom('write' as const, 'append' as const),
    key: keys,
    bytes: fc.uint8Array({ maxLength: 20 }),
    from: fc.nat(25)
  })
)

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}

const outcomeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    return JSON.stringify((await work()) ?? null)
  } catch (error) {
    return String(error)
  }
}

const take = async (spool: Spool, lease: Pick<Spool, 'put' | 'append' | 'remove'>, step: Step): Promise<string> => {
  const key = ['a', step.key]
  if ('n' in step) return outcomeOf(() => (step.does === 'put' ? lease.put(key, { n: step.n }) : lease.remove(key)))
  if (step.does === 'write') return outcomeOf(() => spool.write(key, inPieces(step.bytes)))
  return outcomeOf(() => lease.append(key, step.from, step.bytes))
}

const stateOf = async (spool: Spool): Promise<unknown> => {
  const names = ['x', 'y', 'x-y', 'X_']
  return {
    records: await spool.list(['a']),
    contents: await spool.contents(['a']),
    values: await Promise.all(names.map((name) => spool.get(['a', name]))),
    bytes: await Promise.all(
      names.map((name) => outcomeOf(async () => Buffer.concat(await all(spool.read(['a', name]))).toString('hex')))
    )
  }
}

describe('a spool in a store', () => {
  it('is as one in memory, with a lease and without', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 25 }), fc.boolean(), async (taken, isLeased) => {
        const model = createMemorySpool()
        const repository = createMemoryRepository()
        const repositories = new Map([['a', repository]])
        const spool = createStoreSpool({ repositories, newId: v7, partSize: 4 })
        const lease = isLeased ? await spool.lease?.(['a', 'lease']) : undefined
        for (const step of taken) expect(await take(spool, lease ?? spool, step)).toBe(await take(model, model, step))
        expect(await stateOf(spool)).toEqual(await stateOf(model))
        await lease?.release()
        for (const name of ['x', 'y', 'x-y', 'X_']) await spool.remove(['a', name])
        for (const kind of ['spool_record', 'spool_content', 'spool_part', 'spool_lease'])
          expect(await all(repository.scan(kind))).toEqual([])
      })
    )
  })
})
