// Slow: each test runs most of the suite.
import { conformance, type Requirement, requirements, RequirementViolated } from '@userpoint/conformance'
import { describe, expect, test } from 'vitest'
import { brokenStores } from './broken/index.ts'
import { type BrokenStore, harnessOf } from './broken/small-store.ts'

const isOfPort = ({ law }: Requirement): boolean => law === 'harness' || law.startsWith('PO-')

/** Returns the violations of a store by key: those of the port, and the requirement that must catch it. */
const violations = async (
  store: Omit<BrokenStore, 'breaks'>,
  breaks?: string
): Promise<ReadonlyMap<string, RequirementViolated>> => {
  const found = new Map<string, RequirementViolated>()
  for (const { requirement, run } of conformance(harnessOf(store))) {
    if (breaks !== undefined && requirement.key !== breaks && !isOfPort(requirement)) continue
    try {
      const outcome = await run()
      expect(outcome, requirement.key).toEqual({ _tag: 'Passed' })
    } catch (error) {
      if (!(error instanceof RequirementViolated)) throw error
      found.set(requirement.key, error)
    }
  }
  return found
}

test('the small store, from which they are derived, conforms', { timeout: 240_000 }, async () => {
  expect([...(await violations({ name: 'small' })).keys()]).toEqual([])
})

describe('the suite catches', () => {
  for (const store of brokenStores) {
    test(`${store.name} (${store.breaks})`, { timeout: 120_000 }, async (context) => {
      const found = await violations(store, store.breaks)
      await context.annotate(`caught by ${[...found.keys()].join(', ')}`)
      const caught = found.get(store.breaks)
      expect([...found.keys()], 'the violated requirements').toContain(store.breaks)
      const sentence = requirements.find((one) => one.key === store.breaks)?.sentence
      expect(caught?.message.startsWith(`${sentence} (${store.breaks}, ${store.name})`)).toBe(true)
      expect(caught?.message).toContain("USERPOINT_SEED='1")
      for (const [key, { message }] of found) expect(message.length, key).toBeLessThan(20_000)
    })
  }
})

test('each requirement of the port has a broken store that it must catch', () => {
  const keys = requirements.filter(isOfPort).map((one) => one.key)
  expect(keys.filter((key) => !brokenStores.some((one) => one.breaks === key))).toEqual([])
})
