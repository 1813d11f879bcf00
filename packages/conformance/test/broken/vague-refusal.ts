import { StoreFault } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Says of a batch that it will never take that it may be tried again. */
export const vagueRefusal: BrokenStore = {
  name: 'vague refusal',
  breaks: 'PO-17.refused',
  wrap: (correct) => ({
    ...correct,
    commit: async (writes) => {
      try {
        return await correct.commit(writes)
      } catch (error) {
        if (!(error instanceof StoreFault) || error.recovery !== 'none') throw error
        throw new StoreFault('something is wrong', { applied: false, recovery: 'retry' })
      }
    }
  })
}
