/** Checks of tables that were changed by hand. */
import type { Repository, Write } from '@userpoint/core/repository'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createMysqlStore, type MysqlStore } from './harness.ts'

const kind = 'user_point'
const long = 'é'.repeat(1_000)
const claims = (id: string): ReadonlyArray<string> => [`of ${id}`, `${id} ${long}`, `sha256:${id}`]
const write = (id: string): Write => ({ kind, id, expected: 0, body: { id }, claim: claims(id), release: [] })

let store: MysqlStore
beforeEach(async () => {
  store = createMysqlStore(inject('mysql'))
  await (await store.open()).commit(['a', 'b', 'c'].map(write))
})
afterEach(() => store.remove())

const flawsOf = async (repository: Repository): Promise<ReadonlyArray<unknown>> => {
  const flaws: unknown[] = []
  for await (const flaw of repository.check?.(({ id }) => claims(id)) ?? []) flaws.push(flaw)
  return flaws
}

test.each([
  ['nothing', 'select 1', []],
  [
    'a body that is no JSON',
    `update DB.userpoint_document set body = '{' where doc_key = 'user_point b'`,
    [{ _tag: 'UnreadableDocument', kind, id: 'b' }]
  ],
  [
    'claims that are gone',
    `delete from DB.userpoint_claim where doc_key = 'user_point b'`,
    [{ _tag: 'MissingClaims', kind, id: 'b', count: 3 }]
  ],
  [
    'a claim of another document',
    `update DB.userpoint_claim set doc_key = 'user_point c' where claim = 'of b'`,
    [
      { _tag: 'MissingClaims', kind, id: 'b', count: 1 },
      { _tag: 'StrayClaims', kind, id: 'c', count: 1 }
    ]
  ],
  [
    'a document that is gone',
    `delete from DB.userpoint_document where doc_key = 'user_point b'`,
    [{ _tag: 'StrayClaims', count: 3 }]
  ],
  ['another datamart', `insert into DB.userpoint_claim values ('other', 'x', 'user_point x')`, []]
])('[PO-18] a check finds %s', async (_what, sql, expected) => {
  await store.pool.query(sql.replace('DB', store.database))
  expect(await flawsOf(await store.open())).toEqual(expected)
})

test('[PO-17] a body that is no JSON is no failure of the connection', async () => {
  await store.pool.query(
    `update ${store.database}.userpoint_document set body = '{"id":' where doc_key = 'user_point b'`
  )
  const repository = await store.open()
  await expect(repository.load([{ _tag: 'ByClaim', claim: 'of b' }])).rejects.toMatchObject({
    message: 'mysql: load failed (a body is not JSON: something other than this adapter has changed it)',
    code: 'BODY',
    recovery: 'repair'
  })
})
