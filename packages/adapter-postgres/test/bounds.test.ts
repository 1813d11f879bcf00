/** Waits: each has a limit, and a purge makes no other session wait. */
import { EventEmitter } from 'node:events'
import { createServer, Socket, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { type Repository, StoreFault } from '@userpoint/core/repository'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { find, write } from './batch.ts'
import { createPostgresStore, openPool, type PostgresStore } from './harness.ts'

let store: PostgresStore
beforeEach(() => {
  store = createPostgresStore(inject('postgres'))
})
afterEach(() => store.remove())

const committed = { _tag: 'Committed' }

/** A session that has read the tables, and leaves its transaction open. */
const idle = async (): Promise<{ readonly end: () => Promise<void> }> => {
  const client = await store.pool.connect()
  await client.query(`begin; select count(*) from ${store.schema}.document; select count(*) from ${store.schema}.claim`)
  return {
    end: async () => {
      await client.query('rollback')
      client.release()
    }
  }
}

describe('[PO-14] a purge behind an idle transaction', () => {
  test('gives up within its bound, makes no reader wait, and succeeds later', async () => {
    const repository = await store.open({ purgeTimeout: 2_000 })
    const other = await store.open({ answerTimeout: 1_500 })
    await repository.commit([write('a'), write('b')])
    await repository.commit([write('a', { expected: 1, body: undefined, claim: [], release: ['of a'] })])
    const { end } = await idle()
    let isOver = false
    const purged = Promise.resolve(repository.purge?.()).then(
      () => 'purged',
      (error: unknown) => error
    )
    void purged.finally(() => {
      isOver = true
    })
    // Each of these would wait behind a purge that stood in the queue for its lock, for longer than their bound.
    let reads = 0
    while (!isOver) {
      expect(await find(other, 'b')).toMatchObject({ id: 'b' })
      reads++
    }
    expect(reads).toBeGreaterThan(0)
    expect(await purged).toMatchObject({
      message:
        'postgres: purge failed (other sessions used the tables at each attempt: an idle transaction, or heavy load)',
      applied: false,
      recovery: 'retry'
    })
    await end()
    await (await store.open()).purge?.()
    expect(await find(other, 'b')).toMatchObject({ id: 'b' })
  })

  test('that ends meanwhile finishes its work', async () => {
    const repository = await store.open()
    await repository.commit([write('a')])
    const { end } = await idle()
    const purged = repository.purge?.()
    await find(repository, 'a')
    await end()
    await purged
  })
})

describe('[PO-17] a commit behind a lock of another session', () => {
  test.each([
    ['a row', (schema: string) => `select 1 from ${schema}.document for update`],
    ['a table', (schema: string) => `lock table ${schema}.document in access exclusive mode`],
    ['a claim', (schema: string) => `insert into ${schema}.claim values ('default', 'of b', 'user_point other')`]
  ])('gives up within its bound, wrote nothing, and lands later: %s', async (_what, lock) => {
    // Making the tables has this bound too, even between two statements.
    await (await store.open()).commit([write('a')])
    const repository = await store.open({ lockTimeout: 50 })
    const holder = await store.pool.connect()
    await holder.query(`begin; ${lock(store.schema)}`)
    const batch = [write('a', { expected: 1, claim: [] }), write('b')]
    await expect(repository.commit(batch)).rejects.toMatchObject({
      message: 'postgres: commit failed (SQLSTATE 55P03: another transaction held a lock for too long)',
      applied: false,
      recovery: 'retry'
    })
    await holder.query('rollback')
    holder.release()
    expect(await repository.commit(batch)).toEqual(committed)
  })

  test('leaves the settings of the session as they were', async () => {
    const pool = openPool(inject('postgres'), 1)
    try {
      const before = await pool.query('show lock_timeout')
      const repository = await createPostgresRepository(pool, { schema: store.schema, lockTimeout: 1_234 })
      await repository.commit([write('a')])
      expect((await pool.query('show lock_timeout')).rows).toEqual(before.rows)
    } finally {
      await pool.end()
    }
  })
})

test('[PO-17] a load behind a locked table fails within its bound, and the next one succeeds', async () => {
  const repository = await store.open({ answerTimeout: 1_000 })
  await repository.commit([write('a')])
  const holder = await store.pool.connect()
  await holder.query(`begin; lock table ${store.schema}.document in access exclusive mode`)
  await expect(find(repository, 'a')).rejects.toMatchObject({ code: 'NO_ANSWER', applied: false, recovery: 'retry' })
  await holder.query('rollback')
  holder.release()
  expect(await find(repository, 'a')).toMatchObject({ id: 'a' })
})

/** A line to the server that can go silent: what is sent is taken, and nothing comes of it. */
class Line {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  #silent = new Set<'there' | 'back'>()

  constructor(target: URL) {
    this.#server = createServer((near) => {
      const far = new Socket()
      far.connect(Number(target.port || 5_432), target.hostname)
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          near.destroy()
          far.destroy()
        })
      }
      near.on('data', (data) => void (this.#silent.has('there') || far.write(data)))
      far.on('data', (data) => void (this.#silent.has('back') || near.write(data)))
    })
  }

  async open(target: URL): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const url = new URL(target)
    url.hostname = '127.0.0.1'
    url.port = String((this.#server.address() as AddressInfo).port)
    return url.href
  }

  silence(...directions: ReadonlyArray<'there' | 'back'>): void {
    this.#silent = new Set(directions)
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

/** Makes a call on a line that is back: a connection that began in the silence may still run into its own limit. */
const onceBack = async <A>(call: () => A): Promise<Awaited<A>> => {
  for (let failures = 1; ; failures++) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof StoreFault) || failures === 5) throw error
      expect(error).toMatchObject({ applied: false, recovery: 'retry' })
    }
  }
}

describe('a network that goes silent', () => {
  let line: Line
  let pool: pg.Pool
  let repository: Repository
  beforeEach(async () => {
    await (await store.open()).commit([write('a')])
    const target = new URL(inject('postgres'))
    line = new Line(target)
    pool = openPool(await line.open(target), 2, { connectionTimeoutMillis: 500 })
    repository = await createPostgresRepository(pool, { schema: store.schema, answerTimeout: 750, purgeTimeout: 750 })
    await find(repository, 'a')
  })
  afterEach(async () => {
    line.close()
    await pool.end()
  })

  test('[PO-17] a load fails within its bound, and work goes on once the network is back', async () => {
    line.silence('there', 'back')
    for (let time = 0; time < 5; time++) {
      await expect(find(repository, 'a')).rejects.toMatchObject({
        applied: false,
        recovery: 'retry'
      })
    }
    line.silence()
    expect(await onceBack(() => find(repository, 'a'))).toMatchObject({ id: 'a' })
    expect(await repository.commit([write('b')])).toEqual(committed)
  })

  test.each([
    ['before the server has the batch', 'there'],
    ['after the server has it', 'back']
  ] as const)('[PO-15] a commit that goes silent %s leaves the outcome unknown', async (_when, direction) => {
    line.silence(direction)
    await expect(repository.commit([write('b')])).rejects.toMatchObject({ code: 'NO_ANSWER', applied: undefined })
    line.silence()
    const there = () => onceBack(() => find(repository, 'b'))
    if (direction === 'there') expect(await there()).toBeUndefined()
    // The server may still be at work on it.
    else while ((await there()) === undefined);
  })

  test('[PO-17] a scan, a check and a purge end too', async () => {
    line.silence('there', 'back')
    const drained = async (all: AsyncIterable<unknown> | Iterable<unknown> | undefined): Promise<void> => {
      for await (const _one of all ?? []) expect.fail('something came')
    }
    for (const call of [
      () => drained(repository.scan('user_point')),
      () => drained(repository.check?.(() => undefined)),
      async () => repository.purge?.()
    ]) {
      await expect(call()).rejects.toMatchObject({ applied: false, recovery: 'retry' })
    }
    line.silence()
    expect(await onceBack(() => repository.commit([write('b')]))).toEqual(committed)
  })
})

test('[PO-17] a connection that the server ends as it begins is an error of the call, and not of the process', async () => {
  const pool = openPool(inject('postgres'), 1)
  try {
    await createPostgresRepository(pool, { schema: store.schema })
    const fresh = new EventEmitter()
    pool.emit('connect', fresh)
    // Without a listener this throws.
    fresh.emit('error', new Error('terminating connection due to administrator command'))
  } finally {
    await pool.end()
  }
})

test('[PO-17] a pool that has no connection to give is no endless wait, and what comes late is given back', async () => {
  await store.open()
  const pool = openPool(inject('postgres'), 1)
  try {
    const repository = await createPostgresRepository(pool, { schema: store.schema, answerTimeout: 1_000 })
    const taken = await pool.connect()
    await expect(repository.commit([write('a')])).rejects.toMatchObject({
      message: 'postgres: commit failed (the pool gave no connection within 1000 ms)',
      code: 'NO_ANSWER',
      applied: false,
      recovery: 'retry'
    })
    taken.release()
    expect(await repository.commit([write('a')])).toEqual(committed)
  } finally {
    await pool.end()
  }
})
