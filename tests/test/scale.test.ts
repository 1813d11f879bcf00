/**
 * Lines with very many identifiers. The tests measure no time: they count the reads of a list, so that quadratic work is detected
 * on any machine.
 */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createEngine, type UserPoint } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { suggestedHyperPointLimits } from '@userpoint/core/user-point'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import type { Json, Repository, Stored } from '@userpoint/core/repository'
import { expect, it } from 'vitest'
import { mintIds, slowClock } from '@userpoint/conformance/arbitraries'
import { right } from './insider-stores.ts'
import { documents, importText } from './laws/store.ts'

const count = 20_000
const numbers = Array.from({ length: count }, (_, n) => n)

/** Reads of lists: elements that are taken out of them, by an index or by going over them. */
const createCounter = () => {
  let reads = 0
  const counted = <A>(value: A): A => {
    if (typeof value !== 'object' || value === null) return value
    if (!Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, counted(each)])) as A
    }
    return new Proxy(value.map(counted), {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads++
        return Reflect.get(target, key) as unknown
      }
    }) as A
  }
  return {
    counted,
    /** The reads since it was asked last. */
    take: (): number => {
      const taken = reads
      reads = 0
      return taken
    }
  }
}

type Counter = ReturnType<typeof createCounter>

/** The store, which hands out user points that count, and keeps them as plain data. */
const counting = (repository: Repository, { counted }: Counter): Repository => ({
  ...repository,
  load: async (references) => {
    const made = new Map<Stored, Stored>()
    return (await repository.load(references)).map((stored) => {
      if (stored !== undefined && !made.has(stored)) made.set(stored, counted(stored))
      return stored && made.get(stored)
    })
  },
  commit: async (writes) =>
    repository.commit(writes.map((write) => ({ ...write, body: write.body && plain(write.body) })))
})

const plain = <A extends Json>(value: A): A => JSON.parse(JSON.stringify(value)) as A

const identifierLine = (n: number): object =>
  n % 2 === 0 ? { type: 'USER_EMAIL', hash: `h${n}` } : { type: 'USER_AGENT', user_agent_id: `vec:${n}` }

const referenceTo = (n: number): object =>
  n % 2 === 0 ? { _tag: 'EmailHash', hash: `h${n}` } : { _tag: 'Agent', id: `vec:${n}` }

const associate = (counter: Counter, some: ReadonlyArray<number>): Command =>
  ({ _tag: 'Associate', references: counter.counted(some.map(referenceTo)) }) as unknown as Command

it(`an association of ${count.toLocaleString('en')} identifiers is applied, and is a no-op when it is replayed`, async () => {
  const repository = createMemoryRepository()
  const engine = createEngine({ dialect: mediarithmics, repository, clock: slowClock(), newId: mintIds() })
  const text = JSON.stringify({ identifiers: numbers.map(identifierLine) })
  const first = await importText(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', text)
  expect(first.verdicts).toMatchObject([{ verdict: { _tag: 'Applied', effect: { userPointCreated: true } } }])
  const stored = await documents(repository)
  const sizes = stored.map(({ body }) => {
    const { emailHashes, devicePoints } = body as unknown as UserPoint
    return [emailHashes.length, devicePoints.map(({ agents }) => agents.length)]
  })
  expect(sizes).toEqual([[count / 2, [count / 2]]])
  const second = await importText(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', text)
  expect(second.verdicts).toMatchObject([{ verdict: { _tag: 'NoOp', reason: 'ALREADY_ASSOCIATED' } }])
  expect(await documents(repository)).toEqual(stored)
})

// About ten reads of each are needed; the square would be twenty thousand.
const most = 20 * count

it('reads each identifier a constant number of times', async () => {
  const counter = createCounter()
  const repository = createMemoryRepository()
  const engine = createEngine({
    dialect: mediarithmics,
    repository: counting(repository, counter),
    clock: slowClock(),
    newId: mintIds(),
    policies: { hyperPoint: suggestedHyperPointLimits }
  })
  const readsOf = async (some: ReadonlyArray<number>, verdict: object): Promise<number> => {
    const command = associate(counter, some)
    counter.take()
    expect(right(await engine.execute([command]))).toMatchObject([verdict])
    return counter.take()
  }
  const half = numbers.slice(count / 2)
  const grown = { _tag: 'Applied', effect: { userPointCreated: false, merged: [] } }
  const made = { _tag: 'Applied', effect: { userPointCreated: true } }

  expect(await readsOf(numbers.slice(0, count / 2), made), 'made').toBeLessThan(most)
  expect(await readsOf(half, made), 'another one made').toBeLessThan(most)
  const merged = { _tag: 'Applied', effect: { merged: [expect.any(String)], hyperPoint: expect.any(Array) } }
  expect(await readsOf(numbers, merged), 'merged, and all devices joined').toBeLessThan(most)
  expect(await readsOf(numbers, { _tag: 'NoOp', reason: 'ALREADY_ASSOCIATED' }), 'replayed').toBeLessThan(most)
  expect(await readsOf([...numbers, count, count + 1], grown), 'two more').toBeLessThan(most)
  expect(await documents(repository)).toHaveLength(1)
})
