import type { Repository, Write } from '@userpoint/core/repository'
import { expect, test } from 'vitest'
import { createRowNumbers } from '../src/row-numbers.ts'
import { prebuiltDriver } from './drivers.ts'
import { createSqliteStore } from './harness.ts'

test('the last ones are remembered, by kind and id, and at most twice as many', () => {
  const rows = createRowNumbers(3)
  const known = () => Array.from({ length: 20 }, (_, n) => rows.find('a', `${n}`)).filter((each) => each !== undefined)
  for (let n = 0; n < 20; n++) {
    rows.remember('a', `${n}`, n)
    const last = Array.from({ length: Math.min(3, n + 1) }, (_, back) => n - back).reverse()
    expect(known().slice(-3)).toEqual(last)
    expect(known().length).toBeLessThanOrEqual(6)
  }
  expect(rows.find('b', '19')).toBeUndefined()
  rows.remember('a', '19', 7)
  expect(rows.find('a', '19')).toBe(7)
})

test('a number that was given to another document since leads no write astray', async () => {
  const store = createSqliteStore(prebuiltDriver)
  const [one, two] = [store.open(), store.open()]
  const commit = (repository: Repository, id: string, expected: number, body: Write['body']) =>
    repository.commit([{ kind: 'user_point', id, expected, body, claim: [], release: [] }])
  await commit(one, 'a', 0, { n: 1 })
  await commit(two, 'a', 1, undefined)
  // It takes the number that the first handle remembers for the other.
  await commit(two, 'b', 0, { n: 2 })
  expect(await commit(one, 'a', 1, { n: 3 })).toEqual({ _tag: 'Conflict' })
  expect(await commit(one, 'a', 1, undefined)).toEqual({ _tag: 'Conflict' })
  expect(await one.load([{ _tag: 'ById', kind: 'user_point', id: 'b' }])).toMatchObject([{ body: { n: 2 } }])
  // A document that is elsewhere than is remembered is still found by its id.
  await commit(one, 'c', 0, {})
  await commit(two, 'c', 1, undefined)
  await commit(two, 'b', 1, undefined)
  await commit(two, 'd', 0, {})
  expect(await commit(one, 'd', 1, { n: 4 })).toEqual({ _tag: 'Committed' })
  expect(await two.load([{ _tag: 'ById', kind: 'user_point', id: 'd' }])).toMatchObject([
    { version: 2, body: { n: 4 } }
  ])
  store.remove()
})
