import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createRestore, type RestoreOptions, transferredFrom } from '@userpoint/core/maintenance'
import type { Json, Repository } from '@userpoint/core/repository'
import { erasureKeyFrom } from '@userpoint/settings'
import { expect, it } from 'vitest'
import { createUserpoint } from '../src/index.ts'

const erasureKey = new Uint8Array(32).fill(7)

const createStore = (): Repository => ({ ...createMemoryRepository(), purge: () => undefined })

type Claims = 'keyed' | 'plain'

const peopleIn = (repository: Repository, claims: Claims = 'keyed') =>
  createUserpoint({ repository, erasureKey, settings: { erasure: { claims } }, purge: 'manual' })

const textsOf = async (repository: Repository): Promise<ReadonlyArray<Json>> => {
  const values: Json[] = []
  for await (const each of transferredFrom(repository)) values.push(JSON.parse(JSON.stringify(each)) as Json)
  return values
}

const withKey: RestoreOptions = { erasure: { key: erasureKeyFrom(erasureKey) } }

const idsIn = async (people: ReturnType<typeof peopleIn>): Promise<ReadonlyArray<string>> => {
  const ids: string[] = []
  for await (const { entry } of people.receipts.list()) ids.push(entry.id)
  return ids
}

/** Returns the documents of a store where one attribute of a person was erased. */
const withReceipt = async (claims?: Claims): Promise<ReadonlyArray<Json>> => {
  const repository = createStore()
  const people = peopleIn(repository, claims)
  await people.upsert({ account: '2' }, { city: 'Lyon' })
  await people.removeAttributes({ account: '2' }, { whole: ['city'] })
  return textsOf(repository)
}

it('[L-38] an erasure after a restore has a receipt of its own', async () => {
  const documents = await withReceipt()
  const repository = createStore()
  const restore = await createRestore(repository, withKey)
  for (const { _tag } of await restore(documents)) expect(_tag).not.toBe('Refused')
  const people = peopleIn(repository)
  expect(await people.erase({ account: '2' })).toMatchObject({ outcome: 'applied' })
  const ids = await idsIn(people)
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(2)
})

it('[L-38] a purge after a restore has a receipt of its own', async () => {
  const source = createStore()
  const before = peopleIn(source)
  await before.upsert({ account: '1' }, { city: 'Paris' })
  await before.upsert({ account: '2' }, { city: 'Lyon' })
  await before.erase({ account: '1' })
  expect(await before.purge()).toMatchObject({ paid: 1 })
  const repository = createStore()
  await (await createRestore(repository, withKey))(await textsOf(source))
  const people = peopleIn(repository)
  await people.erase({ account: '2' })
  expect(await people.purge()).toMatchObject({ paid: 1 })
  expect(await people.purgeOwed()).toEqual({ batches: 0 })
  const ids = await idsIn(people)
  expect(new Set(ids).size).toBe(ids.length)
})

it.each([
  ['keyed', withKey],
  ['plain', {}]
] as const)('[L-38] a second restore of %s documents repeats no receipt', async (claims, options) => {
  const documents = await withReceipt(claims)
  const repository = createStore()
  const restored = async () => (await createRestore(repository, options))(documents)
  await restored()
  const people = peopleIn(repository, claims)
  expect(await people.receipts.seal()).toMatchObject({ sealed: 1 })
  for (const verdict of await restored()) expect(verdict).toEqual({ _tag: 'AlreadyThere' })
  expect(await people.receipts.seal()).toMatchObject({ sealed: 0 })
  expect(await idsIn(people)).toHaveLength(1)
})

it.each(['erasure_receipts', 'receipt_block', 'receipt_head'])(
  '[L-38] what is sealed while an export is about to read %s is whole after a restore',
  async (kind) => {
    const source = createStore()
    await (await createRestore(source, withKey))(await withReceipt())
    const people = peopleIn(source)
    await people.receipts.seal()
    await people.erase({ account: '2' })
    let isFirst = true
    const seal = async (): Promise<void> => {
      if (isFirst) await people.receipts.seal()
      isFirst = false
    }
    const documents = await textsOf({
      ...source,
      load: async (references) => {
        if (references.some((each) => each._tag === 'ById' && each.kind === kind)) await seal()
        return source.load(references)
      },
      async *scan(of, options) {
        if (of === kind) await seal()
        yield* source.scan(of, options)
      }
    })
    expect(isFirst).toBe(false)
    const repository = createStore()
    await (await createRestore(repository, withKey))(documents)
    const restored = peopleIn(repository)
    await restored.receipts.seal()
    expect(await restored.receipts.verify()).toMatchObject({ flaw: undefined, unsealed: 0 })
    expect(await idsIn(restored)).toEqual(await idsIn(people))
  }
)

it('[L-38] what has no receipts is not restored as some', async () => {
  const restore = await createRestore(createStore(), withKey)
  const bodies: ReadonlyArray<Json> = [{}, { entries: {}, receipts: {} }, { entries: [1], receipts: [{ id: 1 }] }]
  for (const body of bodies) {
    const documents = ['receipt_block', 'erasure_receipts'].map((kind) => ({ kind, id: 'a', body }))
    for (const verdict of await restore(documents)) expect(verdict).toMatchObject({ code: 'INVALID_DOCUMENT' })
  }
})
