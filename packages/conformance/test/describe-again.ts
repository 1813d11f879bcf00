import type { Harness } from '@userpoint/conformance'
import { describeConformance } from '@userpoint/conformance/vitest'
import { vi } from 'vitest'
import { fewerRuns } from '../../../scripts/fewer-runs.mjs'

/**
 * Registers the suite, with fewer random cases in the campaign, for a store whose code another suite tests with all of them: an adapter
 * on a further driver, or under encryption.
 */
export const describeAgain = (harness: Harness): void => {
  vi.stubEnv('USERPOINT_RUNS', fewerRuns(process.env['USERPOINT_RUNS'] ?? '1'))
  try {
    describeConformance(harness)
  } finally {
    vi.unstubAllEnvs()
  }
}
