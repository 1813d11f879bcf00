/** Checks of tables that were changed by hand. */
import type { Repository, Write } from '@userpoint/core/repository'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createPostgresStore, type PostgresStore } from './harness.ts'

const kind = 'user_point'
const long = 'é'.repeat(1_000)
const claims = (id: string): ReadonlyArray<string> => [`of ${id}`, `${id} ${long}`, `sha256:${id}`]
const write = (id: string): Write => ({ kind, id, expected: 0, body: { id }, claim: claims(id), release: [] })

let store: PostgresStore
beforeEach(async () => {
  store = createPostgresStore(inject('postgres'))
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
    `update document set body = '{' where key = 'user_point b'`,
    [{ _tag: 'UnreadableDocument', kind, id: 'b' }]
  ],
  [
    'claims that are gone',
    `delete from claim where key = 'user_point b'`,
    [{ _tag: 'MissingClaims', kind, id: 'b', count: 3 }]
  ],
  [
    'a claim of another document',
    `update claim set key = 'user_point c' where claim = 'of b'`,
    [
      { _tag: 'MissingClaims', kind, id: 'b', count: 1 },
      { _tag: 'StrayClaims', kind, id: 'c', count: 1 }
    ]
  ],
  ['a document that is gone', `delete from document where key = 'user_point b'`, [{ _tag: 'StrayClaims', count: 3 }]],
  ['another datamart', `insert into claim values ('other', 'x', 'user_point x')`, []]
])('[PO-18] a check finds %s', async (_what, sql, expected) => {
  await store.pool.query(`set search_path to ${store.schema}; ${sql}; reset search_path`)
  expect(await flawsOf(await store.open())).toEqual(expected)
})
