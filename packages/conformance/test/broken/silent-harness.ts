import type { BrokenStore } from './small-store.ts'

/** Claims to be concurrent, and has no second handle. */
export const silentHarness: BrokenStore = {
  name: 'silent harness',
  breaks: 'harness.complete',
  harness: (harness) => ({
    ...harness,
    open: async () => {
      const { peer: _, ...rest } = await harness.open()
      return rest
    }
  })
}
