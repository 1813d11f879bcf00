/** Checks of a file that a person or a disk has changed. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Repository, Write } from '@userpoint/core/repository'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { drivers } from './drivers.ts'
import { createSqliteStore, type SqliteStore } from './harness.ts'

const kind = 'user_point'
const claims = (id: string): ReadonlyArray<string> => [`of ${id}`, `also of ${id}`]
const write = (id: string): Write => ({ kind, id, expected: 0, body: { id }, claim: claims(id), release: [] })

const flawsOf = async (repository: Repository): Promise<ReadonlyArray<unknown>> => {
  const flaws: unknown[] = []
  for await (const flaw of repository.check?.(({ id }) => claims(id)) ?? []) flaws.push(flaw)
  return flaws
}

for (const driver of drivers) {
  describe.skipIf(driver.missing !== undefined)(`[PO-18] a check with ${driver.name}`, () => {
    let store: SqliteStore
    beforeEach(async () => {
      store = createSqliteStore(driver)
      await store.open().commit(Array.from({ length: 600 }, (_, index) => write(`id-${index}`)))
    })
    afterEach(() => store.remove())

    const spoil = (sql: string): void => {
      const { database, close } = store.openDatabase()
      database.exec(sql)
      close()
    }

    test.each([
      ['a body that is no JSON', "update document set body = '{' where id = 'id-3'", [['UnreadableDocument', 'id-3']]],
      [
        'a broken list of claims',
        "update document set claims = '{' where id = 'id-3'",
        [
          ['MissingClaims', 'id-3'],
          ['StrayClaims', 'id-3'],
          ['StrayClaims', 'id-3']
        ]
      ],
      ['an index that lost entries', 'delete from claim where document = 4', [['MissingClaims', 'id-3']]],
      [
        'a document that is gone',
        "delete from document where id = 'id-3'",
        [
          ['StrayClaims', undefined],
          ['StrayClaims', undefined]
        ]
      ],
      ['an entry for another document', 'insert into claim values (1, 4, null)', [['StrayClaims', 'id-3']]]
    ])('finds %s', async (_what, sql, expected) => {
      expect(await flawsOf(store.open())).toEqual([])
      spoil(sql)
      const found = (await flawsOf(store.open())) as ReadonlyArray<{ _tag: string; id?: string }>
      expect(found.map(({ _tag, id }) => [_tag, id])).toEqual(expected)
    })

    test('says nothing of other datamarts, and nothing of one that is not there', async () => {
      await store.open({ datamart: 'other' }).commit([write('id-3'), { ...write('more'), claim: ['other claim'] }])
      expect(await flawsOf(store.open())).toEqual([])
      expect(await flawsOf(store.open({ datamart: 'none' }))).toEqual([])
      expect(await flawsOf(store.open({ datamart: 'other' }))).toEqual([
        { _tag: 'MissingClaims', kind, id: 'more', count: 2 },
        { _tag: 'StrayClaims', kind, id: 'more', count: 1 }
      ])
    })

    test('says that a page of the file was overwritten', async () => {
      await store.open().purge?.()
      store.close()
      const file = openSync(store.file, 'r+')
      for (const page of [6, 9, 12]) writeSync(file, Buffer.alloc(4_096, 0x2a), 0, 4_096, page * 4_096)
      closeSync(file)
      const found = (await flawsOf(store.open())) as ReadonlyArray<{ _tag: string }>
      expect(found.length).toBeGreaterThan(0)
      expect(new Set(found.map(({ _tag }) => _tag))).toEqual(new Set(['DamagedStore']))
    })
  })
}
