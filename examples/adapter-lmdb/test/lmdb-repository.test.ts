import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Repository, Write } from '@userpoint/core/repository'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLmdbRepository } from '../src/lmdb-repository.ts'

let folder = ''
const handles: Array<Repository> = []

const open = (): Repository => {
  const repository = openLmdbRepository(folder)
  handles.push(repository)
  return repository
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'userpoint-lmdb-'))
})

afterEach(async () => {
  for (const one of handles.splice(0)) await one.close?.()
  rmSync(folder, { recursive: true })
})

const put = (id: string, claim: string, body = {}): Write => {
  return { kind: 'user_point', id, expected: 0, body, claim: [claim], release: [] }
}

const byClaims = async (repository: Repository, ...claims: ReadonlyArray<string>) =>
  (await repository.load(claims.map((claim) => ({ _tag: 'ByClaim', claim })))).map((one) => one?.id)

test('[PO-14] the files of a killed purge are ignored, and the next purge removes them', async () => {
  const first = open()
  await first.commit([put('a', 'x')])
  writeFileSync(join(folder, 'data-1.mdb'), 'half a copy')
  writeFileSync(join(folder, 'data-7.mdb'), 'of long ago')

  expect(await byClaims(open(), 'x')).toEqual(['a'])
  await first.purge?.()
  expect(await byClaims(first, 'x')).toEqual(['a'])
  expect(readdirSync(folder).sort()).toEqual(['data-1.mdb', 'data-1.mdb-lock', 'root.mdb', 'root.mdb-lock'])
})

test('[PO-3] a handle follows a purge of another one, also from within a scan', async () => {
  const [first, second] = [open(), open()]
  await first.commit(Array.from({ length: 600 }, (_, index) => put(`id-${1_000 + index}`, `of ${index}`)))
  let found = 0
  for await (const { id } of second.scan('user_point')) {
    if (id.startsWith('new-')) continue
    found += 1
    if (found % 200 === 0) {
      await first.purge?.()
      await first.commit([put(`new-${id}`, `of new ${id}`)])
    }
  }
  expect(found).toBe(600)
  expect(await byClaims(second, 'of 599', 'of new id-1199')).toEqual(['id-1599', 'new-id-1199'])
})

test('[PO-15] a batch that cannot be encoded as JSON is rolled back, and the error says so', async () => {
  const repository = open()
  const body = { tooLarge: 1n as unknown as number }
  expect(() => repository.commit([put('a', 'x'), put('b', 'y', body)])).toThrow(
    expect.objectContaining({ name: 'StoreFault', applied: false })
  )
  expect(await byClaims(repository, 'x', 'y')).toEqual([undefined, undefined])
})

test('[PO-4] texts with the same key in lmdb are two claims', async () => {
  const repository = open()
  const [one, other] = ['\u0001'.repeat(40), '\u0004\u0001'.repeat(40)]
  await repository.commit([put('a', one), put('b', other)])
  expect(await byClaims(repository, one, other)).toEqual(['a', 'b'])
})
