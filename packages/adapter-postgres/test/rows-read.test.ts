/**
 * Counts the rows of the store's tables that each call reads, with any statistics of the planner.
 *
 * Slow: a table has 150,000 rows, because the planner chooses differently below.
 */
import { createPostgresRepository, type PostgresPool } from '@userpoint/adapter-postgres'
import type { Repository, Write } from '@userpoint/core/repository'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { createPostgresStore, type PostgresStore } from './harness.ts'
import { layoutUnder } from './layouts.ts'

let store: PostgresStore

/** From some 130,000 rows on, the planner takes other plans for tables that are not analyzed. */
const count = 150_000

const write = (index: number, more: Partial<Write> = {}): Write => ({
  kind: 'user_point',
  id: `id-${String(index).padStart(6, '0')}`,
  expected: 0,
  body: { index },
  claim: [`claim ${index}`],
  release: [],
  ...more
})

const every = (step: number): ReadonlyArray<Write> =>
  Array.from({ length: count / step }, (_, index) => write(index * step))

/** Fills a store, in which the server analyzes nothing by itself. */
const fill = async (): Promise<void> => {
  const { schema, pool } = store
  const { rows } = await pool.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relkind = 'r' and relnamespace = $1::regnamespace and relname <> 'migration'`,
    [schema]
  )
  for (const { name } of rows) await pool.query(`alter table ${name} set (autovacuum_enabled = false)`)
  await pool.query(
    `insert into ${schema}.document
     select 'default', 'user_point id-' || lpad(number::text, 6, '0'), 1, '{"index":' || number || '}'
     from generate_series(0, $1::integer - 1) as number`,
    [count]
  )
  await pool.query(
    `insert into ${schema}.claim
     select 'default', 'claim ' || number, 'user_point id-' || lpad(number::text, 6, '0')
     from generate_series(0, $1::integer - 1) as number`,
    [count]
  )
}

/** A pool each of whose statements is a transaction, and the rows of the store's tables that it read. */
const counting = (): { readonly pool: PostgresPool; readonly read: number[] } => {
  const read: number[] = []
  // The server adds up what a session reads, and forgets it at some moment between two transactions.
  const total = async (client: pg.PoolClient): Promise<number> => {
    const { rows } = await client.query<{ read: string }>(
      `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) as read
       from pg_stat_xact_user_tables where schemaname = $1`,
      [store.schema]
    )
    return Number(rows[0]?.read)
  }
  const run = async (client: pg.PoolClient, text: string, values?: unknown[]) => {
    await client.query('begin')
    const before = await total(client)
    const result = await client.query(text, values)
    read.push((await total(client)) - before)
    await client.query('commit')
    return result
  }
  const pool: PostgresPool = {
    connect: async () => {
      const client = await store.pool.connect()
      return {
        query: (text, values) => run(client, text, values),
        release: (error) => client.release(error),
        on: (event, listener) => client.on(event, listener),
        off: (event, listener) => client.off(event, listener)
      }
    }
  }
  return { pool, read }
}

const committed = { _tag: 'Committed' }

/** Gives each of these datamarts some people. */
const fillOthers = async (datamarts: ReadonlyArray<string>): Promise<void> => {
  const some = Array.from({ length: 100 }, (_, index) => write(index))
  for (const datamart of datamarts) expect(await (await store.open({ datamart })).commit(some)).toEqual(committed)
}

const analyze = async (): Promise<void> => {
  await store.pool.query(`analyze ${store.schema}.document, ${store.schema}.claim`)
}

/** The statistics that the server may have of the tables. */
const knowledge: ReadonlyArray<readonly [title: string, learn: () => Promise<void>]> = [
  ['that were never analyzed', fill],
  ['that are analyzed', () => fill().then(analyze)],
  [
    'that were analyzed while they held other datamarts',
    async () => {
      await fillOthers(['another', 'one'])
      await analyze()
      await fill()
    }
  ],
  [
    'of many datamarts',
    async () => {
      await fillOthers(Array.from({ length: 20 }, (_, index) => `${index % 2 === 0 ? 'a' : 'z'} ${index}`))
      await fill()
      await analyze()
    }
  ]
]

// The second layout has as many rows to fill again, which takes half a minute: the campaign reads it.
const layouts = ['One table each', 'Hash partitions on one server'].slice(
  0,
  Number(process.env['USERPOINT_RUNS']) < 1 ? 1 : 2
)

describe.each(layouts)('%s', (layout) => {
  describe.each(knowledge)('tables %s', (_title, learn) => {
    let repository: Repository
    let read: number[]
    beforeAll(async () => {
      store = createPostgresStore(inject('postgres'))
      if (layout !== 'One table each') await store.pool.query(layoutUnder(layout, store.schema))
      await store.open()
      await learn()
      const counted = counting()
      repository = await createPostgresRepository(counted.pool, { schema: store.schema })
      read = counted.read
    })
    beforeEach(() => {
      read.length = 0
    })
    afterAll(() => store.remove())

    test('[PO-11] a scan reads each row once, with any expectation of the planner', async () => {
      let given = 0
      for await (const _one of repository.scan('user_point')) given++
      expect(given).toBe(count)
      expect(read.reduce((sum, one) => sum + one, 0)).toBeLessThan(1.02 * count)
      expect(Math.max(...read)).toBeLessThan(600)
    })

    test('[PO-11] a scan from the middle, and one of few, read what they give', async () => {
      const ids: string[] = []
      const { id: after } = write(count / 2 - 1)
      for await (const { id } of repository.scan('user_point', { after, limit: 10 })) ids.push(id)
      for await (const { id } of repository.scan('execution')) ids.push(id)
      expect(ids).toEqual(Array.from({ length: 10 }, (_, index) => write(count / 2 + index).id))
      expect(Math.max(...read)).toBeLessThan(100)
    })

    test('a load and a commit read only what they are about', async () => {
      const some = every(count / 10)
      await repository.load(some.map(({ claim: [claim = ''] }) => ({ _tag: 'ByClaim', claim })))
      await repository.load(some.map(({ kind, id }) => ({ _tag: 'ById', kind, id })))
      await repository.commit(
        some.map((each) => ({ ...each, expected: 1, claim: ['new'], release: each.claim })).slice(0, 1)
      )
      await repository.commit(some.slice(1).map((each) => ({ ...each, expected: 1, claim: [] })))
      await repository.commit(
        some.slice(1).map((each) => ({ ...each, expected: 2, body: undefined, claim: [], release: each.claim }))
      )
      expect(read).toHaveLength(5)
      expect(read.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(4 * some.length)
      expect(Math.max(...read)).toBeLessThan(100)
    })

    test('a large batch reads in proportion to what it is about', async () => {
      const some = every(100).slice(1)
      await repository.load(some.map(({ claim: [claim = ''] }) => ({ _tag: 'ByClaim', claim })))
      const left = some.filter(({ id }) => !every(count / 10).some((one) => one.id === id))
      expect(await repository.commit(left.map((each) => ({ ...each, expected: 1, claim: [] })))).toEqual(committed)
      const deleted = await repository.commit(
        left.map((each) => ({ ...each, expected: 2, body: undefined, claim: [], release: each.claim }))
      )
      expect(deleted).toEqual(committed)
      expect(Math.max(...read)).toBeLessThan(10 * some.length)
    })
  })
})
