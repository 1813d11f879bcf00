/** The suite as tests of `node:test`. */
import { after, describe, test } from 'node:test'
import { bind } from './binding.ts'
import type { Harness } from './harness.ts'
import type { ConformanceOptions } from './suite.ts'

/** Registers a test for each requirement; one that the store does not claim is skipped, with the reason, and a known gap is to do. */
export const describeConformance = (harness: Harness, options: ConformanceOptions = {}): void => {
  const { title, tests, finish } = bind(harness, options)
  void describe(title, () => {
    for (const { title: name, timeout, run } of tests) {
      void test(name, { timeout }, async (context) => {
        const outcome = await run()
        if (outcome._tag === 'NotClaimed' || outcome._tag === 'NotRun') context.skip(outcome.reason)
        if (outcome._tag === 'Gap') context.todo(`known gap: ${outcome.reason}`)
      })
    }
    after(finish)
  })
}
