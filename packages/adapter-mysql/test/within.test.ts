/** The store in a transaction of the caller's. */
import { createMysqlRepository } from '@userpoint/adapter-mysql'
import type { Repository, Write } from '@userpoint/core/repository'
import type mysql from 'mysql2/promise'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { find, write } from './batch.ts'
import { createMysqlStore, hastyPool, type MysqlStore } from './harness.ts'

let store: MysqlStore
let client: mysql.PoolConnection
let people: Repository
let inside: Repository
beforeEach(async () => {
  store = createMysqlStore(inject('mysql'))
  people = await store.open()
  await store.pool.query(`create table ${store.database}.done (id varchar(10) primary key)`)
  client = await store.pool.getConnection()
  inside = createMysqlRepository.within(client, { database: store.database })
})
afterEach(async () => {
  await client.query('rollback')
  client.release()
  await store.remove()
})

const committed = { _tag: 'Committed' }
const changed = (id: string, expected: number): Write => write(id, { expected, claim: [], body: { expected } })
const done = async (): Promise<number> =>
  Number(
    (await store.pool.query<mysql.RowDataPacket[]>(`select count(*) as count from ${store.database}.done`))[0][0]?.[
      'count'
    ]
  )

test.each([
  ['commit', 1],
  ['rollback', 0]
] as const)('an erasure and the service’s own row are one: %s', async (end, rows) => {
  await people.commit([write('a')])
  await client.query('begin')
  expect(await find(inside, 'a')).toMatchObject({ version: 1 })
  const erasure = write('a', { expected: 1, body: undefined, claim: [], release: ['of a'] })
  expect(await inside.commit([erasure])).toEqual(committed)
  expect(await find(inside, 'a')).toBeUndefined()
  expect(await find(people, 'a')).toMatchObject({ version: 1 })
  await client.query(`insert into ${store.database}.done values ('a')`)
  await client.query(end)
  expect((await find(people, 'a'))?.id).toBe(rows === 1 ? undefined : 'a')
  expect(await done()).toBe(rows)
})

const conflict = {
  message: 'mysql: commit failed in your transaction (another writer was first: roll back, and run it again)',
  code: 'CONFLICT',
  applied: false,
  recovery: 'repair'
}

describe.each(['read committed', 'repeatable read'])('[PO-8] under %s', (isolation) => {
  test('a conflict ends at once, writes nothing of its batch, and leaves the transaction', async () => {
    await people.commit([write('a'), write('b')])
    await client.query(`set transaction isolation level ${isolation}`)
    await client.query('begin')
    expect(await find(inside, 'a')).toMatchObject({ version: 1 })
    await client.query(`insert into ${store.database}.done values ('before')`)
    expect(await people.commit([changed('a', 1)])).toEqual(committed)
    const now = isolation === 'read committed' ? 2 : 1
    expect(await find(inside, 'a')).toMatchObject({ version: now })
    await expect(inside.commit([write('c'), changed('a', 1)])).rejects.toMatchObject(conflict)
    await expect(inside.commit([write('c', { claim: ['of b'] })])).rejects.toMatchObject(conflict)
    expect(await find(inside, 'c')).toBeUndefined()
    expect(await inside.commit([write('d')])).toEqual(committed)
    await client.query('commit')
    expect(await done()).toBe(1)
    expect([await find(people, 'a'), await find(people, 'd')]).toMatchObject([{ version: 2 }, { version: 1 }])
  })

  test('a new transaction does better', async () => {
    await people.commit([write('a')])
    await client.query(`set transaction isolation level ${isolation}`)
    await client.query('begin')
    await find(inside, 'a')
    await people.commit([changed('a', 1)])
    await expect(inside.commit([changed('a', 1)])).rejects.toMatchObject(conflict)
    await client.query('rollback')
    await client.query(`set transaction isolation level ${isolation}`)
    await client.query('begin')
    const version = (await find(inside, 'a'))?.version ?? 0
    expect(await inside.commit([changed('a', version)])).toEqual(committed)
    await client.query('commit')
    expect(await find(people, 'a')).toMatchObject({ version: 3 })
  })
})

test('[PO-17] under serializable the rows that the transaction has read keep other writers out', async () => {
  await people.commit([write('a')])
  await client.query('set transaction isolation level serializable')
  await client.query('begin')
  expect(await find(inside, 'a')).toMatchObject({ version: 1 })
  const hasty = hastyPool(inject('mysql'))
  try {
    const other = await createMysqlRepository(hasty, { database: store.database })
    await expect(other.commit([changed('a', 1)])).rejects.toMatchObject({
      code: '1205',
      applied: false,
      recovery: 'retry'
    })
  } finally {
    await hasty.end()
  }
  expect(await inside.commit([changed('a', 1)])).toEqual(committed)
  await client.query('commit')
})

test('outside a transaction a commit is refused, and writes nothing', async () => {
  await expect(inside.commit([write('a')])).rejects.toMatchObject({
    message: 'mysql: commit failed (the connection is in no transaction: begin one first)',
    code: 'NO_TRANSACTION',
    applied: false
  })
  expect(await find(people, 'a')).toBeUndefined()
})

test('a body beyond a cautious statement lands', async () => {
  await client.query('begin')
  expect(await inside.commit([write('a', { body: { text: 'x'.repeat(2_000_000) } }), write('b')])).toEqual(committed)
  await client.query('commit')
  expect((await find(people, 'a'))?.body['text']).toHaveLength(2_000_000)
})

test('[PO-17] what the server refuses leaves nothing of its batch, and the transaction goes on', async () => {
  await store.refuse('refused')
  await client.query('begin')
  const refused = write('a', { body: { text: 'refused' } })
  await expect(inside.commit([write('c'), refused])).rejects.toMatchObject({
    code: '4025',
    applied: false,
    recovery: 'none'
  })
  expect(await inside.commit([write('b')])).toEqual(committed)
  await client.query('commit')
  expect([await find(people, 'c'), await find(people, 'b')]).toMatchObject([undefined, { id: 'b' }])
})

test('a purge is refused in a transaction, which it could not be part of', async () => {
  await client.query('begin')
  await expect(inside.purge?.()).rejects.toMatchObject({
    message: "mysql: purge failed (not in your transaction: purge the pool's repository after it)",
    applied: false
  })
})

test('a scan and a check see the transaction', async () => {
  await client.query('begin')
  await inside.commit([write('a')])
  const ids: string[] = []
  for await (const { id } of inside.scan('user_point')) ids.push(id)
  for await (const flaw of inside.check?.(({ id }) => [`of ${id}`]) ?? []) expect.fail(flaw._tag)
  expect(ids).toEqual(['a'])
  await client.query('rollback')
  expect(await find(people, 'a')).toBeUndefined()
})
