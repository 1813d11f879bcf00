import type { JsonObject, Write } from '@userpoint/core/repository'
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { expect, test } from 'vitest'

const kind = 'user_point'

const write = (id: string, body: JsonObject | undefined, more: Partial<Write> = {}): Write => ({
  kind,
  id,
  expected: 0,
  body,
  claim: [],
  release: [],
  ...more
})

const scanned = async (repository: ReturnType<typeof createMemoryRepository>, after?: string, limit?: number) => {
  const ids: string[] = []
  const options = { ...(after === undefined ? {} : { after }), ...(limit === undefined ? {} : { limit }) }
  for await (const { id } of repository.scan(kind, options)) ids.push(id)
  return ids
}

test('handles on one store see each other, handles on two stores do not', async () => {
  const store = createMemoryStore()
  await createMemoryRepository(store).commit([write('a', { n: 1 })])
  const reference = [{ _tag: 'ById', kind, id: 'a' }] as const
  expect(await createMemoryRepository(store).load(reference)).toEqual([{ kind, id: 'a', version: 1, body: { n: 1 } }])
  expect(await createMemoryRepository().load(reference)).toEqual([undefined])
})

test('a claim moves between two documents of one batch, in either order of the writes', async () => {
  for (const takerFirst of [true, false]) {
    const repository = createMemoryRepository()
    await repository.commit([write('a', {}, { claim: ['x'] }), write('b', {})])
    const taker = write('b', {}, { expected: 1, claim: ['x'] })
    const giver = write('a', {}, { expected: 1, release: ['x'] })
    await repository.commit(takerFirst ? [taker, giver] : [giver, taker])
    expect(await repository.load([{ _tag: 'ByClaim', claim: 'x' }])).toMatchObject([{ id: 'b', version: 2 }])
  }
})

test('a key or a claim called __proto__ is plain data, and a caller cannot change the store', async () => {
  const repository = createMemoryRepository()
  const body = JSON.parse('{"__proto__":{"a":[1]},"":0}') as JsonObject
  await repository.commit([write('__proto__', body, { claim: ['__proto__'] })])
  const [first] = await repository.load([{ _tag: 'ByClaim', claim: '__proto__' }])
  expect(JSON.stringify(first?.body)).toBe('{"__proto__":{"a":[1]},"":0}')
  Object.assign(first?.body ?? {}, { changed: true })
  const [second] = await repository.load([{ _tag: 'ById', kind, id: '__proto__' }])
  expect(JSON.stringify(second?.body)).toBe('{"__proto__":{"a":[1]},"":0}')
})

test('a scan is ordered, starts after an id, and tolerates commits', async () => {
  const repository = createMemoryRepository()
  await repository.commit(['b', '~', 'a', '!', 'B'].map((id) => write(id, {})))
  expect(await scanned(repository)).toEqual(['!', 'B', 'a', 'b', '~'])
  expect(await scanned(repository, 'B', 2)).toEqual(['a', 'b'])
  expect(await scanned(repository, '@')).toEqual(['B', 'a', 'b', '~'])

  const given: string[] = []
  for await (const { id } of repository.scan(kind)) {
    given.push(id)
    if (id === 'B') await repository.commit([write('a', undefined, { expected: 1 }), write('c', {})])
  }
  expect(given).toEqual(['!', 'B', 'b', '~'])
  expect(await scanned(repository)).toEqual(['!', 'B', 'b', 'c', '~'])
})

test('[PO-18] a check names a body that is not JSON, claims without a document, and missing claims', async () => {
  const store = createMemoryStore()
  const repository = createMemoryRepository(store)
  await repository.commit(['a', 'b', 'c'].map((id) => write(id, { id }, { claim: [`of ${id}`] })))
  const flaws = async () => {
    const found: unknown[] = []
    for await (const flaw of repository.check?.(({ id }) => [`of ${id}`]) ?? []) found.push(flaw)
    return found
  }
  expect(await flaws()).toEqual([])
  const documents = store.documents.get(kind)?.byId
  Object.assign(documents?.get('a') ?? {}, { text: '{"id":' })
  store.claims.delete('of b')
  documents?.delete('c')
  expect(await flaws()).toEqual([
    { _tag: 'UnreadableDocument', kind, id: 'a' },
    { _tag: 'MissingClaims', kind, id: 'b', count: 1 },
    { _tag: 'StrayClaims', count: 1 }
  ])
})
