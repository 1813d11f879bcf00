/** The requirements of the adapter on a server, a pool and a role. */
import { randomUUID } from 'node:crypto'
import { createPostgresRepository, type PostgresPool } from '@userpoint/adapter-postgres'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { write } from './batch.ts'
import { createPostgresStore, openPool, type PostgresStore } from './harness.ts'

let store: PostgresStore
beforeEach(() => {
  store = createPostgresStore(inject('postgres'))
})
afterEach(() => store.remove())

describe('the encoding of a database', () => {
  test.each(['LATIN1', 'SQL_ASCII'])('%s is refused as the store is opened, and gets no tables', async (encoding) => {
    const database = `userpoint_${randomUUID().replaceAll('-', '')}`
    await store.pool.query(
      `create database ${database} encoding '${encoding}' lc_collate 'C' lc_ctype 'C' template template0`
    )
    const url = new URL(inject('postgres'))
    url.pathname = `/${database}`
    const pool = openPool(url.href)
    try {
      await expect(createPostgresRepository(pool)).rejects.toMatchObject({
        message: `postgres: open failed (the database's encoding is ${encoding}, which has not every character: use one of encoding UTF8)`,
        code: 'SERVER_ENCODING',
        applied: false,
        recovery: 'repair'
      })
      const { rows } = await pool.query("select 1 from pg_namespace where nspname = 'userpoint'")
      expect(rows).toEqual([])
    } finally {
      await pool.end()
      // The server may not have seen yet that the connections of the pool have ended.
      const connections = 'select 1 from pg_stat_activity where datname = $1'
      const areOver = async () => (await store.pool.query(connections, [database])).rows.length === 0
      await vi.waitUntil(areOver, { timeout: 20_000, interval: 20 })
      await store.pool.query(`drop database ${database}`)
    }
  })
})

/** A pool with this parser for the texts of its answers. */
const parsing = (parse: (text: string) => unknown): pg.Pool =>
  new pg.Pool({ connectionString: inject('postgres'), max: 2, types: { getTypeParser: () => parse } })

describe('type parsers of a pool', () => {
  test('that leave texts as they are change nothing: a conflict is a conflict', async () => {
    const pool = parsing((text) => text)
    try {
      const repository = await createPostgresRepository(pool, { schema: store.schema })
      expect(await repository.commit([write('a')])).toEqual({ _tag: 'Committed' })
      expect(await repository.commit([write('a')])).toEqual({ _tag: 'Conflict' })
      expect(await repository.commit([write('b', { claim: ['of a'] })])).toEqual({ _tag: 'Conflict' })
      expect(await repository.load([{ _tag: 'ByClaim', claim: 'of a' }])).toEqual([
        { kind: 'user_point', id: 'a', version: 1, body: { id: 'a' } }
      ])
      await repository.purge?.()
    } finally {
      await pool.end()
    }
  })

  test.each([
    ['capital letters', (text: string) => text.toUpperCase()],
    ['trimmed texts', (text: string) => text.trim().slice(0, 5)],
    ['buffers', (text: string) => Buffer.from(text)],
    ['JSON where it is some', (text: string) => (text.startsWith('{') ? (JSON.parse(text) as unknown) : text.length)],
    ['nothing', () => undefined]
  ])('that make %s of texts are refused as the store is opened', async (_what, parse) => {
    const pool = parsing(parse)
    try {
      await expect(createPostgresRepository(pool, { schema: store.schema })).rejects.toMatchObject({
        message: expect.stringMatching(/type parsers change texts|encoding is utf8/i) as string,
        applied: false,
        recovery: 'repair'
      })
    } finally {
      await pool.end()
    }
  })

  test('[PO-15] that come later leave the outcome of a commit unknown, and are no success', async () => {
    let parse = (text: string): unknown => text
    const pool = parsing((text) => parse(text))
    try {
      const repository = await createPostgresRepository(pool, { schema: store.schema })
      await repository.commit([write('a')])
      parse = (text) => text.length
      await expect(repository.commit([write('b')])).rejects.toMatchObject({ code: 'TYPE_PARSERS', applied: undefined })
      await expect(repository.load([{ _tag: 'ByClaim', claim: 'of a' }])).rejects.toMatchObject({
        code: 'TYPE_PARSERS'
      })
    } finally {
      await pool.end()
    }
  })
})

test('a role that may only read opens the store and reads; its first write says why it fails', async () => {
  await (await store.open()).commit([write('a')])
  const pool = new pg.Pool({ connectionString: inject('postgres'), options: '-c default_transaction_read_only=on' })
  try {
    const repository = await createPostgresRepository(pool, { schema: store.schema })
    expect(await repository.load([{ _tag: 'ByClaim', claim: 'of a' }])).toMatchObject([{ id: 'a' }])
    await expect(repository.commit([write('b')])).rejects.toMatchObject({
      message: 'postgres: commit failed (SQLSTATE 25006: the session, the role or the server is read-only)',
      code: '25006',
      applied: false,
      recovery: 'repair'
    })
    await expect(createPostgresRepository(pool, { schema: `${store.schema}_2` })).rejects.toMatchObject({
      code: '25006'
    })
  } finally {
    await pool.end()
  }
})

test('[PO-17] a batch that is too long for JavaScript is refused, and blamed', async () => {
  const repository = await store.open()
  const body = {
    get text(): string {
      throw new RangeError('Invalid string length')
    }
  }
  await expect(repository.commit([write('a', { body })])).rejects.toMatchObject({ applied: false, recovery: 'none' })
})

test.each(['answerTimeout', 'lockTimeout', 'rewriteTimeout'])(
  '%s cannot be 0, which would be no bound',
  async (name) => {
    const nothing: PostgresPool = { connect: () => Promise.reject(new Error('never asked')) }
    await expect(createPostgresRepository(nothing, { [name]: 0 })).rejects.toThrow(RangeError)
  }
)
