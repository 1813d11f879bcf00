import { type Recovery, StoreFault } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Returns a store that reports faults of one recovery as faults of another. */
const reporting =
  (from: Recovery, to: Recovery): NonNullable<BrokenStore['wrap']> =>
  (correct) => ({
    ...correct,
    commit: async (writes) => {
      try {
        return await correct.commit(writes)
      } catch (error) {
        if (!(error instanceof StoreFault) || error.recovery !== from) throw error
        throw new StoreFault('something is wrong', { applied: false, recovery: to })
      }
    }
  })

/** Reports a batch that it refuses for good as one to retry. */
export const vagueRefusal: BrokenStore = {
  name: 'vague refusal',
  breaks: 'PO-17.refused',
  wrap: reporting('none', 'retry')
}

/** Reports the lock of another program as damage to repair. */
export const hopelessLock: BrokenStore = {
  name: 'hopeless lock',
  breaks: 'PO-17.passing',
  wrap: reporting('retry', 'repair')
}
