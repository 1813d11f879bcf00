/** The store in a transaction of the caller's. */
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import type { Repository, Write } from '@userpoint/core/repository'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { find, write } from './batch.ts'
import { createPostgresStore, type PostgresStore } from './harness.ts'

let store: PostgresStore
let client: pg.PoolClient
let people: Repository
let inside: Repository
beforeEach(async () => {
  store = createPostgresStore(inject('postgres'))
  people = await store.open()
  await store.pool.query(`create table ${store.schema}.done (id text)`)
  client = await store.pool.connect()
  inside = createPostgresRepository.within(client, { schema: store.schema })
})
afterEach(async () => {
  await client.query('rollback')
  client.release()
  await store.remove()
})

const committed = { _tag: 'Committed' }
const changed = (id: string, expected: number): Write => write(id, { expected, claim: [], body: { expected } })
const done = async (): Promise<number> =>
  Number((await store.pool.query<{ count: string }>(`select count(*) from ${store.schema}.done`)).rows[0]?.count)

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
  await client.query(`insert into ${store.schema}.done values ('a')`)
  await client.query(end)
  expect((await find(people, 'a'))?.id).toBe(rows === 1 ? undefined : 'a')
  expect(await done()).toBe(rows)
})

const conflict = {
  message: 'postgres: commit failed in your transaction (another writer was first: roll back, and run it again)',
  code: 'CONFLICT',
  applied: false,
  recovery: 'repair'
}

describe.each(['read committed', 'repeatable read', 'serializable'])('[PO-8] under %s', (isolation) => {
  test('a conflict ends at once, writes nothing of its batch, and leaves the transaction', async () => {
    await people.commit([write('a'), write('b')])
    await client.query(`begin isolation level ${isolation}`)
    expect(await find(inside, 'a')).toMatchObject({ version: 1 })
    await client.query(`insert into ${store.schema}.done values ('before')`)
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
    await client.query(`begin isolation level ${isolation}`)
    await find(inside, 'a')
    await people.commit([changed('a', 1)])
    await expect(inside.commit([changed('a', 1)])).rejects.toMatchObject(conflict)
    await client.query('rollback')
    await client.query(`begin isolation level ${isolation}`)
    const version = (await find(inside, 'a'))?.version ?? 0
    expect(await inside.commit([changed('a', version)])).toEqual(committed)
    await client.query('commit')
    expect(await find(people, 'a')).toMatchObject({ version: 3 })
  })
})

test('a batch leaves the settings of the transaction as they are', async () => {
  await client.query('begin')
  await client.query("set local lock_timeout = '777ms'")
  await inside.commit([write('a')])
  expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '777ms' }])
})

test('[PO-17] an error of the server says that the transaction has failed', async () => {
  await store.refuse('refused')
  await client.query('begin')
  const refused = write('a', { body: { text: 'refused' } })
  await expect(inside.commit([refused])).rejects.toMatchObject({ code: '23514', applied: false, recovery: 'none' })
  await expect(inside.commit([write('b')])).rejects.toMatchObject({
    message:
      'postgres: commit in your transaction failed (SQLSTATE 25P02: your transaction has failed before: roll back)',
    applied: false,
    recovery: 'repair'
  })
})

test('a purge is refused in a transaction, which it could not be part of', async () => {
  await client.query('begin')
  await expect(inside.purge?.()).rejects.toMatchObject({
    message: "postgres: purge failed (not in your transaction: purge the pool's repository after it)",
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
