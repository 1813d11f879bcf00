/** The store in a transaction of the caller's. */
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import type { JsonObject, Repository, Write } from '@userpoint/core/repository'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { drivers, type OpenDatabase } from './drivers.ts'
import { createSqliteStore, type SqliteStore } from './harness.ts'

const kind = 'user_point'
const write = (id: string, expected: number, body: JsonObject | undefined, more: Partial<Write> = {}): Write => ({
  kind,
  id,
  expected,
  body,
  claim: [],
  release: [],
  ...more
})
const committed = { _tag: 'Committed' }
const fault = async (work: () => unknown): Promise<unknown> => {
  try {
    return await work()
  } catch (error) {
    return error
  }
}
const find = async (repository: Repository, id: string): Promise<unknown> =>
  (await repository.load([{ _tag: 'ById', kind, id }]))[0]

for (const driver of drivers) {
  describe.skipIf(driver.missing !== undefined)(`within a transaction, with ${driver.name}`, () => {
    let store: SqliteStore
    let database: OpenDatabase
    let people: Repository
    beforeEach(() => {
      store = createSqliteStore(driver)
      database = store.database()
      people = createSqliteRepository(database)
      // The service's own table cannot stand in the same file, which is userpoint's: it is attached.
      database.exec("attach ':memory:' as service")
      database.exec('create table service.done (id text)')
    })
    afterEach(() => store.remove())

    const done = (): number => database.prepare('select count(*) as count from service.done').all().length

    test('a batch and the service’s own row are kept together', async () => {
      const inside = createSqliteRepository.within(database)
      database.exec('begin immediate')
      expect(await inside.commit([write('a', 0, { n: 1 }, { claim: ['x'] })])).toEqual(committed)
      database.exec("insert into service.done values ('a')")
      expect(await inside.load([{ _tag: 'ByClaim', claim: 'x' }])).toMatchObject([{ body: { n: 1 } }])
      expect(await find(store.open(), 'a')).toBeUndefined()
      database.exec('commit')
      expect(await find(store.open(), 'a')).toMatchObject({ body: { n: 1 } })
      expect(done()).toBe(1)
    })

    test('a batch is undone with the transaction, the first of a datamart included', async () => {
      const inside = createSqliteRepository.within(database, { datamart: 'new' })
      for (let time = 0; time < 2; time++) {
        database.exec('begin immediate')
        expect(await find(inside, 'a')).toBeUndefined()
        expect(await inside.commit([write('a', 0, { n: 1 }, { claim: ['x'] })])).toEqual(committed)
        expect(await find(inside, 'a')).toMatchObject({ version: 1 })
        database.exec('rollback')
        expect(await find(inside, 'a')).toBeUndefined()
      }
      const other = store.open({ datamart: 'other' })
      expect(await other.commit([write('b', 0, {}, { claim: ['x'] })])).toEqual(committed)
      expect(await inside.load([{ _tag: 'ByClaim', claim: 'x' }])).toEqual([undefined])
    })

    test('a conflict is a fault at once, leaves nothing of its batch, and the rest of the transaction', async () => {
      await people.commit([write('a', 0, { n: 1 }, { claim: ['x'] })])
      const inside = createSqliteRepository.within(database)
      database.exec('begin immediate')
      expect(await inside.commit([write('b', 0, {}, { claim: ['y'] })])).toEqual(committed)
      const stale = [write('c', 0, {}, { claim: ['z'] }), write('a', 2, { n: 2 })]
      const taken = [write('c', 0, {}, { claim: ['z', 'x'] })]
      for (const batch of [stale, taken]) {
        expect(await fault(() => inside.commit(batch))).toMatchObject({
          message: 'sqlite: commit failed in your transaction (another writer was first: roll back, and run it again)',
          code: 'CONFLICT',
          applied: false,
          recovery: 'repair'
        })
      }
      database.exec('commit')
      expect(await find(people, 'b')).toMatchObject({ version: 1 })
      expect(await find(people, 'c')).toBeUndefined()
      expect(await people.commit([write('d', 0, {}, { claim: ['z'] })])).toEqual(committed)
    })

    test('a deferred transaction that read before another handle wrote is told to begin again', async () => {
      await people.commit([write('a', 0, { n: 1 })])
      database.exec('pragma busy_timeout = 20')
      const inside = createSqliteRepository.within(database)
      database.exec('begin')
      expect(await find(inside, 'a')).toMatchObject({ version: 1 })
      expect(await store.open().commit([write('a', 1, { n: 2 })])).toEqual(committed)
      expect(await find(inside, 'a')).toMatchObject({ version: 1 })
      expect(await fault(() => inside.commit([write('a', 1, { n: 3 })]))).toMatchObject({
        code: 'SQLITE_BUSY',
        applied: false,
        recovery: 'repair'
      })
      database.exec('rollback')
      expect(await find(people, 'a')).toMatchObject({ version: 2, body: { n: 2 } })
    })

    test('an error in a batch leaves the rest of the transaction', async () => {
      store.refuse('refused')
      const inside = createSqliteRepository.within(database)
      database.exec('begin immediate')
      expect(await inside.commit([write('a', 0, {})])).toEqual(committed)
      const refused = [write('b', 0, {}, { claim: ['y'] }), write('c', 0, { text: 'refused' })]
      expect(await fault(() => inside.commit(refused))).toMatchObject({ applied: false, recovery: 'none' })
      database.exec('commit')
      expect([await find(people, 'a'), await find(people, 'b')]).toMatchObject([{ version: 1 }, undefined])
    })

    test('there must be a transaction, tables, and no purge', async () => {
      const inside = createSqliteRepository.within(database)
      expect(await fault(() => inside.commit([write('a', 0, {})]))).toMatchObject({
        code: 'NO_TRANSACTION',
        applied: false
      })
      expect(await find(people, 'a')).toBeUndefined()
      database.exec('begin')
      expect(await fault(() => inside.purge?.())).toMatchObject({
        message: expect.stringMatching(/purge the repository of the database after/) as string
      })
      database.exec('rollback')
      const empty = driver.open(':memory:')
      expect(await fault(() => createSqliteRepository.within(empty))).toMatchObject({
        message: expect.stringMatching(/no tables/) as string
      })
      empty.close()
    })
  })
}
