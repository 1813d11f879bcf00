/**
 * Tries on each broken store the requirement that must catch it; `catches.ts` tries the others.
 *
 * Slow: the first test runs the whole suite, and the others shrink what they find.
 */
import { conformance, type Requirement, requirements, RequirementViolated } from '@userpoint/conformance'
import { describe, expect, test } from 'vitest'
import { brokenStores } from './broken/index.ts'
import { harnessOf } from './broken/small-store.ts'

const isOfPort = ({ law }: Requirement): boolean => law === 'harness' || law.startsWith('PO-')

test('the small store, from which they are derived, conforms', { timeout: 240_000 }, async () => {
  for (const { requirement, run } of conformance(harnessOf({ name: 'small' })))
    expect(await run(), requirement.key).toEqual({ _tag: 'Passed' })
})

describe('the suite catches', () => {
  for (const store of brokenStores) {
    test(`${store.name} (${store.breaks})`, { timeout: 120_000 }, async () => {
      const breaks = conformance(harnessOf(store)).find(({ requirement }) => requirement.key === store.breaks)
      const caught: unknown = await breaks?.run().catch((error: unknown) => error)
      expect(caught).toBeInstanceOf(RequirementViolated)
      const { message } = caught as RequirementViolated
      expect(message.startsWith(`${breaks?.requirement.sentence} (${store.breaks}, ${store.name})`)).toBe(true)
      expect(message).toContain("USERPOINT_SEED='1")
      expect(message.length).toBeLessThan(20_000)
    })
  }
})

test('each requirement of the port has a broken store that it must catch', () => {
  const keys = requirements.filter(isOfPort).map((one) => one.key)
  expect(keys.filter((key) => !brokenStores.some((one) => one.breaks === key))).toEqual([])
})
