import {
  createPostgresRepository,
  hasPostgresTables,
  type PostgresClient,
  type PostgresPool,
  type PostgresResult,
  type PostgresValue
} from '@userpoint/adapter-postgres'
import type { Repository, Write } from '@userpoint/core/repository'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { createPostgresStore, type PostgresStore } from './harness.ts'
import { firstUnder, layoutUnder } from './layouts.ts'

let store: PostgresStore
beforeEach(() => {
  store = createPostgresStore(inject('postgres'))
})
afterEach(() => store.remove())

const write = (index: number, more: Partial<Write> = {}): Write => ({
  kind: 'user_point',
  id: `id-${index}`,
  expected: 0,
  body: { index },
  claim: [`claim ${index}`],
  release: [],
  ...more
})

const many = (count: number): ReadonlyArray<Write> => Array.from({ length: count }, (_, index) => write(index))

const idsOf = async (repository: Repository): Promise<ReadonlyArray<string>> => {
  const ids: string[] = []
  for await (const { id } of repository.scan('user_point')) ids.push(id)
  return ids
}

/** Replaces a statement of a wrapped connection, or adds to it. */
type Meddle = (text: string, run: () => Promise<PostgresResult>, client: PostgresClient) => Promise<PostgresResult>

/** The pool, whose connections go through `meddle`. */
const meddled = (pool: PostgresPool, meddle: Meddle): PostgresPool => ({
  connect: async () => {
    const client = await pool.connect()
    return {
      query: (text: string, values?: PostgresValue[]) => meddle(text, () => client.query(text, values), client),
      release: (error) => client.release(error),
      on: (event, listener) => client.on(event, listener),
      off: (event, listener) => client.off(event, listener)
    }
  }
})

/** Returns once so many sessions, or more, wait for a lock of others on the schema. */
const sessionsWait = async (count: number): Promise<void> => {
  for (let found = -1; found < count; ) {
    const { rows } = await store.pool.query<{ count: string }>(
      `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%' || $1 || '%'`,
      [store.schema]
    )
    found = Number(rows[0]?.count)
  }
}

/** Makes the tables, and gives a pool that works with a role which may do to them what the guide grants. */
const asRole = async (use: (limited: PostgresPool) => Promise<void>): Promise<void> => {
  await store.open()
  const role = `${store.schema}_app`
  await store.pool.query(`create role ${role}`)
  const client = await store.pool.connect()
  try {
    // An administrator who locks a server down first revokes the function from `public`.
    await client.query(`revoke execute on all functions in schema ${store.schema} from public`)
    await client.query(firstUnder('Roles').replaceAll('userpoint', store.schema).replaceAll('app', role))
    await client.query(`set role ${role}`)
    await use({
      connect: async () => ({
        query: (text: string, values?: PostgresValue[]) => client.query(text, values),
        release: () => undefined,
        on: () => undefined,
        off: () => undefined
      })
    })
  } finally {
    await client.query('reset role')
    client.release()
    await store.pool.query(`drop owned by ${role}`)
    await store.pool.query(`drop role ${role}`)
  }
}

describe('a schema', () => {
  test('is created once, by eight at the same time', async () => {
    const repositories = await Promise.all(Array.from({ length: 8 }, () => store.open()))
    const committed = await Promise.all(repositories.map((each, index) => each.commit([write(index)])))
    expect(committed).toEqual(Array.from({ length: 8 }, () => ({ _tag: 'Committed' })))
  })

  test('of a later version is refused', async () => {
    await store.open()
    await store.pool.query(`insert into ${store.schema}.migration values (99)`)
    await expect(store.open()).rejects.toMatchObject({
      message: 'postgres: the schema is of version 99, and this adapter knows none after 1',
      applied: false
    })
  })

  test.each(['document (id text)', 'claim (id text)', 'migration (id text)'])(
    "that holds another program's table %s is refused, and left as it is",
    async (table) => {
      await store.pool.query(`create schema ${store.schema}`)
      await store.pool.query(`create table ${store.schema}.${table}`)
      await expect(store.open()).rejects.toMatchObject({
        message: "postgres: the schema holds another program's tables",
        applied: false
      })
      const { rows } = await store.pool.query<{ count: string }>(
        'select count(*) from pg_tables where schemaname = $1',
        [store.schema]
      )
      expect(rows).toEqual([{ count: '1' }])
    }
  )

  test('may have any name of printable ASCII characters', async () => {
    const schema = `${store.schema.slice(0, 40)} "a'; --`
    try {
      const repository = await store.open({ schema })
      expect(await repository.commit([write(1)])).toEqual({ _tag: 'Committed' })
    } finally {
      await store.pool.query(`drop schema "${schema.replaceAll('"', '""')}" cascade`)
    }
  })

  test.each(['', 'ä', 'a\0', 'a'.repeat(64)])('may not be called %o', async (schema) => {
    await expect(store.open({ schema })).rejects.toThrow(RangeError)
  })

  test('asks a role that may not make tables for what the guide grants, once they are there', async () => {
    await asRole(async (limited) => {
      const repository = await createPostgresRepository(limited, { schema: store.schema })
      expect(await hasPostgresTables(limited, store.schema)).toBe(true)
      expect(await repository.commit([write(1)])).toEqual({ _tag: 'Committed' })
      expect(await repository.load([{ _tag: 'ByClaim', claim: 'claim 1' }])).toMatchObject([{ id: 'id-1' }])
    })
  })

  test('[PO-14] that is not its own a role cannot purge, and is told so', async () => {
    await asRole(async (limited) => {
      const repository = await createPostgresRepository(limited, { schema: store.schema })
      await expect(repository.purge?.()).rejects.toMatchObject({
        message: 'postgres: purge failed (only the owner of the tables may rewrite them)',
        applied: false
      })
    })
  })

  test('is there only once all of it is', async () => {
    const { schema, pool } = store
    expect(await hasPostgresTables(pool, schema)).toBe(false)
    const made = layoutUnder('The tables', schema)
    await pool.query(made.slice(0, made.lastIndexOf('insert into')))
    expect(await hasPostgresTables(pool, schema)).toBe(false)
    await pool.query(`insert into ${schema}.migration (version) values (1)`)
    expect(await hasPostgresTables(pool, schema)).toBe(true)
  })

  test('that is made as docs/postgres.md says is the one that the adapter makes', async () => {
    const { schema, pool } = store
    const described = async (): Promise<unknown> => ({
      // Names need no quotes in the guide.
      functions: (
        await pool.query(
          `select replace(pg_get_functiondef(oid), '"', '') as text from pg_proc where pronamespace = $1::regnamespace`,
          [schema]
        )
      ).rows,
      columns: (
        await pool.query(
          `select relname, relkind, reloptions, attname, attnum, format_type(atttypid, atttypmod), attnotnull, attstorage,
             (select collname from pg_collation where oid = attcollation) as collation
           from pg_class join pg_attribute on attrelid = pg_class.oid
           where relnamespace = $1::regnamespace and attnum > 0
           order by relname, attnum`,
          [schema]
        )
      ).rows
    })
    await store.open()
    const made = await described()
    await pool.query(`drop schema ${schema} cascade`)
    await pool.query(layoutUnder('The tables', schema))
    expect(await described()).toEqual(made)
    expect(await (await store.open()).commit([write(1)])).toEqual({ _tag: 'Committed' })
  })

  test('spread over hash partitions has rows in all of them', async () => {
    const { schema, pool } = store
    await pool.query(layoutUnder('Hash partitions on one server', schema))
    expect(await (await store.open()).commit(many(100))).toEqual({ _tag: 'Committed' })
    for (const table of ['document', 'claim']) {
      const { rows } = await pool.query(`select count(distinct tableoid) as parts from ${schema}.${table}`)
      expect(rows).toEqual([{ parts: '4' }])
    }
  })
})

describe('datamarts', () => {
  test('of one schema never see each other', async () => {
    const [one, other] = [await store.open({ datamart: 'one' }), await store.open({ datamart: 'other' })]
    expect(await one.commit([write(1)])).toEqual({ _tag: 'Committed' })
    expect(await other.load([{ _tag: 'ByClaim', claim: 'claim 1' }])).toEqual([undefined])
    expect(await other.commit([write(1)])).toEqual({ _tag: 'Committed' })
    expect(await other.commit([write(1, { expected: 1, body: undefined, claim: [], release: ['claim 1'] })])).toEqual({
      _tag: 'Committed'
    })
    expect(await idsOf(other)).toEqual([])
    expect(await idsOf(one)).toEqual(['id-1'])
  })
})

describe('[PO-7] a claim', () => {
  const long = 'é'.repeat(1_100)

  test('of more bytes than a key has room for leads to its document, and to no other', async () => {
    const repository = await store.open()
    expect(await repository.commit([write(1, { claim: [long] })])).toEqual({ _tag: 'Committed' })
    const found = await repository.load([
      { _tag: 'ByClaim', claim: long },
      { _tag: 'ByClaim', claim: long.slice(1) }
    ])
    expect(found.map((each) => each?.id)).toEqual(['id-1', undefined])
    expect(await repository.commit([write(2, { claim: [long] })])).toEqual({ _tag: 'Conflict' })
  })

  test('that reads as another one is kept is not taken for it', async () => {
    const repository = await store.open()
    await repository.commit([write(1, { claim: [long] })])
    const { rows } = await store.pool.query<{ claim: string }>(`select claim from ${store.schema}.claim`)
    const kept = rows[0]?.claim ?? ''
    expect(kept).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await repository.load([{ _tag: 'ByClaim', claim: kept }])).toEqual([undefined])
    expect(await repository.commit([write(2, { claim: [kept] })])).toEqual({ _tag: 'Committed' })
    const released = await repository.commit([write(2, { expected: 1, claim: [], release: [kept] })])
    expect(released).toEqual({ _tag: 'Committed' })
    expect((await repository.load([{ _tag: 'ByClaim', claim: long }]))[0]?.id).toBe('id-1')
  })
})

test('[PO-6] a change of a document that is gone is a conflict, and does not bring it back', async () => {
  const repository = await store.open()
  await repository.commit([write(1), write(2)])
  await repository.commit([write(1, { expected: 1, body: undefined, claim: [], release: ['claim 1'] })])
  const batch = [write(1, { expected: 1, claim: [] }), write(2, { expected: 1, claim: [] })]
  expect(await repository.commit(batch)).toEqual({ _tag: 'Conflict' })
  expect(await idsOf(repository)).toEqual(['id-2'])
})

test.each([1, 10, 1_000, 5_000])(
  '%i documents take one round trip to load, one to commit and one to replace',
  async (count) => {
    await store.open()
    const texts: string[] = []
    const counted = meddled(store.pool, (text, run) => {
      texts.push(text)
      return run()
    })
    const repository = await createPostgresRepository(counted, { schema: store.schema })
    texts.length = 0
    expect(await repository.commit(many(count))).toEqual({ _tag: 'Committed' })
    expect(texts).toHaveLength(1)
    const found = await repository.load(many(count).flatMap(({ claim: [claim = ''] }) => [{ _tag: 'ByClaim', claim }]))
    expect(found.map((each) => each?.id)).toEqual(many(count).map(({ id }) => id))
    expect(texts).toHaveLength(2)
    const deleted = many(count).map((each) => ({
      ...each,
      expected: 1,
      body: undefined,
      claim: [],
      release: each.claim
    }))
    const others = many(count).map((each) => ({ ...each, id: `other-${each.id}` }))
    expect(await repository.commit([...deleted, ...others])).toEqual({ _tag: 'Committed' })
    expect(texts).toHaveLength(3)
  }
)

describe('[PO-15] a connection that is lost', () => {
  const lost: Meddle = async (_, __, client) => {
    const { rows } = await client.query('select pg_backend_pid() as pid')
    await store.pool.query('select pg_terminate_backend($1)', [(rows[0] as { pid: number }).pid])
    return client.query('select 1')
  }

  test.each([
    [true, ['id-1']],
    [false, []]
  ])('once a batch was sent leaves the outcome unknown (carried out: %s)', async (isDone, ids) => {
    const repository = await store.open()
    const pool = meddled(store.connect(), async (text, run, client) => {
      if (!text.includes('write_batch')) return run()
      if (isDone) await run()
      return lost(text, run, client)
    })
    const broken = await createPostgresRepository(pool, { schema: store.schema })
    await expect(broken.commit([write(1)])).rejects.toMatchObject({ name: 'StoreFault', applied: undefined })
    expect(await idsOf(repository)).toEqual(ids)
  })

  test('without a connection, nothing was written, and the fault says so', async () => {
    await store.open()
    const opened = await createPostgresRepository(store.pool, { schema: store.schema })
    const refused = Object.assign(new Error('no'), { code: 'ECONNREFUSED' })
    let isOpen = true
    const closed = { connect: () => (isOpen ? store.pool.connect() : Promise.reject(refused)) }
    expect(await opened.commit([write(1)])).toEqual({ _tag: 'Committed' })
    const broken = await createPostgresRepository(closed, { schema: store.schema })
    isOpen = false
    await expect(broken.commit([write(2)])).rejects.toMatchObject({ name: 'StoreFault', applied: false })
  })

  test('leaves the pool good for the next call', async () => {
    let losing = false
    const pool = meddled(store.connect(), (text, run, client) => (losing ? lost(text, run, client) : run()))
    await store.open()
    const repository = await createPostgresRepository(pool, { schema: store.schema })
    losing = true
    await expect(repository.commit([write(1)])).rejects.toMatchObject({ name: 'StoreFault' })
    await expect(repository.load([{ _tag: 'ByClaim', claim: 'claim 1' }])).rejects.toMatchObject({ recovery: 'retry' })
    losing = false
    expect(await repository.commit([write(1)])).toEqual({ _tag: 'Committed' })
  })
})

describe.each(['40001', '40P01'])(
  '[PO-15] a batch that the server undoes with %s because of another transaction',
  (code) => {
    /** Refuses the first batches, as many as that. */
    const refusing = async (times: number): Promise<Repository> => {
      let refused = 0
      const pool = meddled(store.pool, (text, run) =>
        text.includes('write_batch') && refused++ < times
          ? Promise.reject(Object.assign(new Error('no'), { code, severity: 'ERROR' }))
          : run()
      )
      return await createPostgresRepository(pool, { schema: store.schema })
    }

    test('is written again: nothing says that a version or a claim does not hold', async () => {
      const opened = await store.open()
      const repository = await refusing(3)
      expect(await repository.commit([write(1)])).toEqual({ _tag: 'Committed' })
      expect(await idsOf(opened)).toHaveLength(1)
      expect(await (await refusing(3)).commit([write(1)])).toEqual({ _tag: 'Conflict' })
    })

    test('is a fault that wrote nothing, if no attempt succeeds', async () => {
      const opened = await store.open()
      const repository = await refusing(Number.POSITIVE_INFINITY)
      await expect(repository.commit([write(1)])).rejects.toMatchObject({ code, applied: false, recovery: 'retry' })
      expect(await idsOf(opened)).toEqual([])
    })
  }
)

describe('[PO-6] [PO-7] a batch that does not hold', () => {
  test('writes nothing, and is no error, which the server would log', async () => {
    const repository = await store.open()
    await repository.commit([write(1), write(2), write(5)])
    const changed = { ...write(1), claim: [], body: { changed: true } }
    const removed = { ...write(5), body: undefined, claim: [], release: ['claim 5'] }
    for (const stale of [
      [{ ...changed, expected: 1 }, write(3), { ...write(4), claim: ['claim 2'] }],
      [write(3), { ...changed, expected: 2 }],
      [write(3), { ...write(9), claim: [], expected: 1 }],
      [{ ...changed, expected: 1 }, write(3), write(2, { claim: [] })],
      [{ ...changed, expected: 1 }, write(3), { ...removed, expected: 2 }],
      [
        { ...changed, expected: 1 },
        { ...removed, expected: 1 },
        { ...write(4), claim: ['claim 5', 'claim 2'] }
      ]
    ]) {
      expect(await repository.commit(stale)).toEqual({ _tag: 'Conflict' })
    }
    expect(await idsOf(repository)).toEqual(['id-1', 'id-2', 'id-5'])
    const found = await repository.load(['claim 1', 'claim 5'].map((claim) => ({ _tag: 'ByClaim', claim })))
    expect(found).toMatchObject([{ version: 1 }, { id: 'id-5', version: 1 }])
  })

  test('waits for a transaction that may take its claim', async () => {
    const repository = await store.open()
    const other = await store.pool.connect()
    await other.query('begin')
    await other.query(`insert into ${store.schema}.claim values ('default', 'claim 1', 'user_point other')`)
    let isEnded = false
    const committed = Promise.resolve(repository.commit([write(2), write(1)])).finally(() => {
      isEnded = true
    })
    await sessionsWait(1)
    expect(isEnded).toBe(false)
    await other.query('commit')
    other.release()
    expect(await committed).toEqual({ _tag: 'Conflict' })
    expect(await idsOf(repository)).toEqual([])
  })
})

test.each(['read committed', 'repeatable read', 'serializable'])(
  '[PO-8] batches that change the same documents in opposite orders wait for each other (%s)',
  async (isolation) => {
    await store.open()
    let deadlocks = 0
    const isolated = (): Promise<Repository> =>
      createPostgresRepository(
        meddled(store.connect(), async (_, run, client) => {
          await client.query(`set default_transaction_isolation to '${isolation}'`)
          return run().catch((error: unknown) => {
            if ((error as { readonly code?: unknown }).code === '40P01') deadlocks++
            throw error
          })
        }),
        { schema: store.schema }
      )
    const repositories = [await isolated(), await isolated()] as const
    await repositories[0].commit(many(200))
    for (let version = 1; version <= 20; version++) {
      const batch = many(200).map((each) => ({ ...each, expected: version, claim: [] }))
      const ended = await Promise.all([repositories[0].commit(batch), repositories[1].commit(batch.toReversed())])
      expect(ended.map(({ _tag }) => _tag).sort()).toEqual(['Committed', 'Conflict'])
    }
    expect(deadlocks).toBe(0)
  }
)

test('[PO-8] a batch with a conflict does not delay the batch after it', async () => {
  const repository = await store.open()
  await repository.commit(many(3))
  const changed = (index: number, expected: number): Write => write(index, { expected, claim: [] })
  const hold = async (index: number): Promise<() => Promise<void>> => {
    const client = await store.pool.connect()
    await client.query('begin')
    await client.query(`select 1 from ${store.schema}.document where key = 'user_point id-${index}' for update`)
    return async () => {
      await client.query('rollback')
      client.release()
    }
  }
  const letFirst = await hold(0)
  const stale = repository.commit([changed(0, 1), changed(1, 1), changed(2, 1)])
  await sessionsWait(1)
  // Its row moves behind those of the others.
  expect(await (await store.open()).commit([changed(1, 1)])).toEqual({ _tag: 'Committed' })
  const letLast = await hold(2)
  const right = (await store.open()).commit([changed(1, 2), changed(2, 1)])
  await sessionsWait(2)
  await letFirst()
  await letLast()
  expect([await stale, await right]).toEqual([{ _tag: 'Conflict' }, { _tag: 'Committed' }])
})

test('a load that a strict isolation makes fail is done again', async () => {
  await (await store.open()).commit([write(1)])
  let failures = 3
  const busy = meddled(store.pool, (text, run) =>
    text.includes('ordinality') && failures-- > 0
      ? Promise.reject(Object.assign(new Error('no'), { code: '40001', severity: 'ERROR' }))
      : run()
  )
  const repository = await createPostgresRepository(busy, { schema: store.schema })
  expect(await repository.load([{ _tag: 'ByClaim', claim: 'claim 1' }])).toMatchObject([{ id: 'id-1' }])
  failures = 100
  await expect(repository.load([{ _tag: 'ByClaim', claim: 'claim 1' }])).rejects.toMatchObject({
    message: 'postgres: load failed (SQLSTATE 40001: another transaction was first)'
  })
})

describe('[PO-14] a purge', () => {
  test('fails while an older transaction may still see old data, and says why', async () => {
    const repository = await store.open({ purgeTimeout: 0 })
    const reader = await store.pool.connect()
    await reader.query('begin isolation level repeatable read')
    await reader.query('select 1')
    await repository.commit([write(1)])
    try {
      await expect(repository.purge?.()).rejects.toMatchObject({
        message: 'postgres: purge failed (another transaction is open for too long, and may still see old data)',
        applied: false,
        recovery: 'retry'
      })
    } finally {
      await reader.query('rollback')
      reader.release()
    }
    await (await store.open()).purge?.()
  })

  test.each([-1, 0.5, Number.NaN])('cannot wait for %d milliseconds', async (purgeTimeout) => {
    await expect(store.open({ purgeTimeout })).rejects.toThrow(RangeError)
  })
})
