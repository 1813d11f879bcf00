import { StoreFault } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Takes a lock of another program for damage that has to be repaired. */
export const hopelessLock: BrokenStore = {
  name: 'hopeless lock',
  breaks: 'PO-17.passing',
  wrap: (correct) => ({
    ...correct,
    commit: async (writes) => {
      try {
        return await correct.commit(writes)
      } catch (error) {
        if (!(error instanceof StoreFault) || error.recovery !== 'retry') throw error
        throw new StoreFault('the store is broken', { applied: false, recovery: 'repair' })
      }
    }
  })
}
