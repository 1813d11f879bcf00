/** A store of which every outcome can be seen: it loses updates, fails once in its harness, and has a gap and an ability that it does not claim. */
import type { ConformanceOptions } from '@userpoint/conformance'
import { harnessOf } from '../broken/small-store.ts'

export const harness = harnessOf({
  name: 'bound',
  parts: { versionHolds: () => true, order: (a, b) => a.localeCompare(b) },
  wrap: (correct) => ({ ...correct, manifest: { ...correct.manifest, concurrent: false } }),
  harness: (correct) => ({
    ...correct,
    open: async () => ({
      ...(await correct.open()),
      hinder: () => {
        throw new Error('there is no lock')
      }
    })
  })
})

export const options: ConformanceOptions = {
  // How small a failing case can be made is no part of what is compared.
  shrink: false,
  knownGaps: [{ key: 'PO-11.order', seen: 'document', reason: 'ids are compared as in a dictionary' }]
}
