/** The suite as vitest tests. */
import { describe, test } from 'vitest'
import { budgetFrom } from './environment.ts'
import type { Harness } from './harness.ts'
import { conformance, type ConformanceOptions } from './suite.ts'

/** Describes one test per requirement; what does not apply to the store is shown as skipped, with the reason. */
export const describeConformance = (harness: Harness, options: ConformanceOptions = {}): void => {
  const { process } = globalThis as { process?: { env: Record<string, string | undefined> } }
  const whole = { ...options, ...budgetFrom(process?.env ?? {}) }
  describe(`${harness.name} conforms`, () => {
    for (const { title, run } of conformance(harness, whole)) {
      test(title, { timeout: 60_000 * (whole.runs ?? 1) }, async (context) => {
        const outcome = await run()
        if (outcome._tag === 'NotApplicable') context.skip(outcome.reason)
      })
    }
  })
}
