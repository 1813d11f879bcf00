/** The requirements of the adapter on a server, a pool and a user. */
import { createMysqlRepository, hasMysqlTables } from '@userpoint/adapter-mysql'
import type mysql from 'mysql2/promise'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { find, write } from './batch.ts'
import { createMysqlStore, type MysqlStore, openPool } from './harness.ts'
import { saying } from './meddled-pool.ts'

let store: MysqlStore
beforeEach(() => {
  store = createMysqlStore(inject('mysql'))
})
afterEach(() => store.remove())

/** Opens a repository on a pool of its own, of such connections. */
const openOn = async (options: mysql.PoolOptions, setting?: string): Promise<void> => {
  const pool = openPool(inject('mysql'), options)
  if (setting !== undefined) pool.on('connection', (connection) => void connection.query(setting))
  try {
    await createMysqlRepository(pool, { database: store.database })
  } finally {
    await pool.end()
  }
}

test.each([
  ['SQL_MODE', "set session sql_mode = ''", /not strict/],
  ['SQL_MODE', "set session sql_mode = 'STRICT_ALL_TABLES,EMPTY_STRING_IS_NULL'", /an empty text for none/],
  ['AUTOCOMMIT', 'set session autocommit = 0', /autocommit off/],
  ['ISOLATION', 'set session transaction isolation level read uncommitted', /read what is not committed/],
  ['SQL_SELECT_LIMIT', 'set session sql_select_limit = 100', /would cut answers/]
])(
  '%s: a pool whose connections %s is refused as the store is opened, and gets no tables',
  async (code, setting, sentence) => {
    await expect(openOn({}, setting)).rejects.toMatchObject({
      code,
      applied: false,
      recovery: 'repair',
      message: expect.stringMatching(sentence)
    })
    expect(await hasMysqlTables(store.pool, store.database)).toBe(false)
  }
)

test.each([
  [
    'max_allowed_packet',
    '65536',
    'PACKET',
    'mysql: open failed (the max_allowed_packet is 65536: raise it to 1048576 or more)'
  ],
  [
    'version',
    '10.5.3-MariaDB',
    'SERVER_VERSION',
    'mysql: open failed (the server is MariaDB 10.5: use MariaDB 10.11 or later)'
  ],
  ['version', '5.7.44', 'SERVER_VERSION', 'mysql: open failed (the server is MySQL 5.7: use MySQL 8 or later)']
])('a server whose %s is %s is refused', async (variable, value, code, message) => {
  await expect(
    createMysqlRepository(saying(store.pool, variable, value), { database: store.database })
  ).rejects.toMatchObject({ code, message, applied: false, recovery: 'repair' })
})

test.each(['8.0.36', '8.4.0', '9.1.0', '11.4.2-MariaDB', '10.11.8-MariaDB'])('version %s is taken', async (version) => {
  await createMysqlRepository(saying(store.pool, 'version', version), { database: store.database })
})

test('a node of a cluster that may be behind is refused', async () => {
  const node = (wait: string) =>
    createMysqlRepository(saying(saying(store.pool, 'wsrep_on', 'ON'), 'wsrep_sync_wait', wait), {
      database: store.database
    })
  for (const wait of ['0', '2', '4']) {
    await expect(node(wait)).rejects.toMatchObject({ code: 'WSREP_SYNC_WAIT', applied: false, recovery: 'repair' })
  }
  for (const wait of ['1', '3', '7']) await node(wait)
})

describe('character sets of a pool', () => {
  test.each(['latin1', 'utf8'])('%s is refused as the store is opened', async (charset) => {
    await expect(openOn({ charset })).rejects.toMatchObject({ applied: false })
    expect(await hasMysqlTables(store.pool, store.database)).toBe(false)
  })
})

describe('casts of a pool', () => {
  test.each<[string, mysql.PoolOptions]>([
    ['rows as arrays', { rowsAsArray: true }],
    ['nested tables', { nestTables: true }],
    ['a cast of each text', { typeCast: (field: { readonly string: () => unknown }) => ({ text: field.string() }) }]
  ])('%s: refused as the store is opened', async (_what, options) => {
    await expect(openOn(options)).rejects.toMatchObject({ code: 'TYPE_CASTS', applied: false, recovery: 'repair' })
  })

  test.each<[string, mysql.PoolOptions]>([
    ['numbers as texts', { supportBigNumbers: true, bigNumberStrings: true }],
    ['dates as texts', { dateStrings: true }],
    ['named placeholders', { namedPlaceholders: true }],
    ['changed rows instead of found ones', { flags: ['-FOUND_ROWS'] }]
  ])('%s change nothing: a conflict is a conflict', async (_what, options) => {
    const pool = openPool(inject('mysql'), options)
    try {
      const repository = await createMysqlRepository(pool, { database: store.database })
      expect(await repository.commit([write('a')])).toEqual({ _tag: 'Committed' })
      expect(await repository.commit([write('a')])).toEqual({ _tag: 'Conflict' })
      expect(await repository.commit([write('b', { claim: ['of a'] })])).toEqual({ _tag: 'Conflict' })
      expect(await repository.commit([write('a', { expected: 2, claim: [] })])).toEqual({ _tag: 'Conflict' })
      expect(await repository.commit([write('a', { expected: 1, claim: [] })])).toEqual({ _tag: 'Committed' })
      // The same body: only the version changes.
      expect(await repository.commit([write('a', { expected: 2, claim: [] })])).toEqual({ _tag: 'Committed' })
      expect(await find(repository, 'a')).toMatchObject({ version: 3 })
    } finally {
      await pool.end()
    }
  })
})

describe('tables', () => {
  test('are created once, by eight at the same time', async () => {
    const repositories = await Promise.all(Array.from({ length: 8 }, () => store.open()))
    const committed = await Promise.all(repositories.map((each, index) => each.commit([write(`id-${index}`)])))
    expect(committed).toEqual(Array.from({ length: 8 }, () => ({ _tag: 'Committed' })))
  })

  test('of a later version are refused', async () => {
    await store.open()
    await store.pool.query(`insert into ${store.database}.userpoint_migration values (99)`)
    await expect(store.open()).rejects.toMatchObject({
      message: 'mysql: the database is of version 99, and this adapter knows none after 1',
      applied: false,
      recovery: 'repair'
    })
  })

  test.each([
    ['another program made', 'create table DB.userpoint_document (id int primary key)'],
    ['another program made too', 'create table DB.userpoint_migration (id int primary key)']
  ])('that %s are refused', async (_what, statement) => {
    await store.pool.query(`create database ${store.database}`)
    await store.pool.query(statement.replace('DB', store.database))
    await expect(store.open()).rejects.toMatchObject({ code: 'TABLES', applied: false, recovery: 'repair' })
  })

  test.each([
    ['a character set without every character', 'userpoint_document convert to character set utf8mb3'],
    ['a body of 64 KiB', 'userpoint_document modify body text character set utf8mb4 not null'],
    ['claims that a collation compares', 'userpoint_claim modify claim varchar(512) character set utf8mb4 not null'],
    ['shorter claims', 'userpoint_claim modify claim varbinary(100) not null'],
    ['another engine', 'userpoint_claim engine = MyISAM']
  ])('that were changed to %s are refused', async (_what, change) => {
    await store.open()
    await store.pool.query(`alter table ${store.database}.${change}`)
    await expect(store.open()).rejects.toMatchObject({ code: 'TABLES', applied: false, recovery: 'repair' })
  })

  test('can be used by a user who may only read and write them', async () => {
    await store.open()
    const user = `u${store.database.slice(-12)}`
    await store.pool.query(`create user ${user} identified by 'x'`)
    try {
      await store.pool.query(`grant select, insert, update, delete on ${store.database}.* to ${user}`)
      const url = new URL(inject('mysql'))
      url.username = user
      url.password = 'x'
      const pool = openPool(url.href)
      try {
        const repository = await createMysqlRepository(pool, { database: store.database })
        expect(await repository.commit([write('a')])).toEqual({ _tag: 'Committed' })
        await expect(repository.purge?.()).rejects.toMatchObject({
          message: 'mysql: purge failed (error 1142: the user lacks a privilege)',
          applied: false,
          recovery: 'repair'
        })
        await expect(createMysqlRepository(pool, { database: `${store.database}_b` })).rejects.toMatchObject({
          message: 'mysql: open failed (error 1142: the user lacks a privilege)'
        })
      } finally {
        await pool.end()
      }
    } finally {
      await store.pool.query(`drop user ${user}`)
    }
  })
})

test.each([
  [{ database: 'a`b' }, /database must be/],
  [{ database: '' }, /database must be/],
  [{ datamart: 'é'.repeat(128) }, /datamart must have 255 bytes/],
  [{ answerTimeout: 0 }, /answerTimeout must be a whole number from 1/],
  [{ purgeTimeout: -1 }, /purgeTimeout must be a whole number from 0/]
])('the options %o are out of range', async (options, message) => {
  await expect(createMysqlRepository(store.pool, options)).rejects.toThrow(message)
})
