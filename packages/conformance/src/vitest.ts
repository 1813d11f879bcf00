/** The suite as vitest tests. */
import { afterAll, describe, test } from 'vitest'
import { bind } from './binding.ts'
import type { Harness } from './harness.ts'
import type { ConformanceOptions } from './suite.ts'

/** Registers a test for each requirement; one that the store does not claim is skipped, with the reason, and so is a known gap. */
export const describeConformance = (harness: Harness, options: ConformanceOptions = {}): void => {
  const { title, tests, finish } = bind(harness, options)
  describe(title, () => {
    for (const { title: name, timeout, run } of tests) {
      test(name, { timeout }, async (context) => {
        const outcome = await run()
        if (outcome._tag === 'NotClaimed' || outcome._tag === 'NotRun') context.skip(outcome.reason)
        if (outcome._tag === 'Gap') context.skip(`known gap: ${outcome.reason}`)
      })
    }
    afterAll(finish)
  })
}
