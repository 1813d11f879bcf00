import type { Repository } from '@userpoint/core/repository'
import { expect, test } from 'vitest'
import { digestOf } from '../src/behaviour/digest.ts'
import { createReferenceRepository } from '../src/behaviour/reference.ts'
import type { Harness } from '../src/harness.ts'
import { type BrokenStore, harnessOf } from './broken/small-store.ts'

const over = (open: () => Repository): Harness => ({
  name: 'a store',
  open: () => ({ repository: open(), dispose: () => undefined })
})

test('conforming stores have the same digest', async () => {
  const digest = await digestOf(over(createReferenceRepository))
  expect(digest).toMatch(/^[0-9a-f]{16}$/)
  expect(await digestOf(over(createReferenceRepository))).toBe(digest)
  expect(await digestOf(harnessOf({ name: 'small' }))).toBe(digest)
})

test('another seed, or more histories, gives another digest', async () => {
  const harness = over(createReferenceRepository)
  const digests = [{}, { seed: 2 }, { runs: 61 }, { seed: -7, runs: 3 }].map((options) => digestOf(harness, options))
  expect(new Set(await Promise.all(digests)).size).toBe(4)
})

const broken: ReadonlyArray<Omit<BrokenStore, 'breaks'>> = [
  { name: 'folded claims', parts: { claimKey: (claim) => claim.toLowerCase() } },
  { name: 'rounded numbers', parts: { encode: (body) => JSON.stringify(body).replaceAll('5e-324', '0') } },
  {
    name: 'ghost claim',
    wrap: (correct) => ({
      ...correct,
      commit: (writes) =>
        correct.commit(writes.map((write) => (write.body === undefined ? { ...write, release: [] } : write)))
    })
  }
]

for (const store of broken) {
  test(`${store.name}: another digest`, async () => {
    // Among 60 histories, two identifiers that differ in case alone may not meet.
    const digests = [harnessOf(store), over(createReferenceRepository)].map((each) => digestOf(each, { runs: 300 }))
    expect(new Set(await Promise.all(digests)).size).toBe(2)
  })
}
