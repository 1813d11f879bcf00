/** Claims of one hash: what is right must not depend on how seldom they meet. */
import type { Reference, Repository, Write } from '@userpoint/core/repository'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { prebuiltDriver } from './drivers.ts'
import { createSqliteStore, type SqliteStore } from './harness.ts'
import { openWeak as open } from './weak-store.ts'

describe('claims of one hash', () => {
  let store: SqliteStore
  beforeEach(() => {
    store = createSqliteStore(prebuiltDriver)
  })
  afterEach(() => store.remove())

  // All claims have one hash. The index must have no row for it once no document holds any of them.
  const claims = ['a', 'b', 'c'] as const
  const references = claims.map((claim): Reference => ({ _tag: 'ByClaim', claim }))
  const holders = async (repository: Repository) => (await repository.load(references)).map((stored) => stored?.id)
  const write = (id: string, expected: number, more: Partial<Write>): Write => ({
    kind: 'user_point',
    id,
    expected,
    body: {},
    claim: [],
    release: [],
    ...more
  })
  const rows = () => store.openDatabase().database.prepare('select * from claim').all()

  test('each leads to its own document, and nothing of them is left when all are given back', async () => {
    const repository = open(store)
    await repository.commit([write('1', 0, { claim: ['a', 'b'] })])
    await repository.commit([write('2', 0, { claim: ['c'] })])
    expect(await holders(repository)).toEqual(['1', '1', '2'])
    await repository.commit([write('1', 1, { release: ['a'] })])
    expect(await holders(repository)).toEqual([undefined, '1', '2'])
    expect(await repository.commit([write('3', 0, { claim: ['b'] })])).toEqual({ _tag: 'Conflict' })
    await repository.commit([write('1', 2, { body: undefined, release: ['b'] }), write('3', 0, { claim: ['a', 'b'] })])
    expect(await holders(repository)).toEqual(['3', '3', '2'])
    await repository.commit([write('2', 1, { body: undefined, release: ['c'] })])
    expect(await holders(repository)).toEqual(['3', '3', undefined])
    await repository.commit([write('3', 1, { body: undefined, release: ['a', 'b'] })])
    expect(rows()).toEqual([])
  })

  test('in several datamarts they lead to none of another', async () => {
    const [one, two] = ['one', 'two'].map((datamart) => open(store, { datamart })) as [Repository, Repository]
    await one.commit([write('1', 0, { claim: ['a'] })])
    expect(await holders(two)).toEqual([undefined, undefined, undefined])
    expect(await two.commit([write('1', 0, { claim: ['a', 'b'] })])).toEqual({ _tag: 'Committed' })
    expect(await holders(one)).toEqual(['1', undefined, undefined])
    expect(await holders(two)).toEqual(['1', '1', undefined])
  })

  test('more documents than one statement inserts, all under two hashes, are all found', async () => {
    const repository = open(store)
    const names = Array.from({ length: 120 }, (_, n) => String.fromCodePoint(0x4e00 + n).repeat(1 + (n % 2)))
    const all = names.map((claim, n) => write(String(n), 0, { claim: [claim] }))
    expect(await repository.commit(all)).toEqual({ _tag: 'Committed' })
    const found = await repository.load(names.map((claim): Reference => ({ _tag: 'ByClaim', claim })))
    expect(found.map((stored) => stored?.id)).toEqual(names.map((_, n) => String(n)))
    const again = [
      ...all.slice(0, 60).map((one) => ({ ...one, id: `x${one.id}`, claim: [] })),
      write('y', 0, { claim: [names[7] ?? ''] })
    ]
    expect(await repository.commit(again)).toEqual({ _tag: 'Conflict' })
    expect(await repository.load([{ _tag: 'ById', kind: 'user_point', id: 'x0' }])).toEqual([undefined])
  })
})
