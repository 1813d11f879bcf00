import { StoreFault } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Says of no error whether anything was written, nor what can help. */
export const unknowingFault: BrokenStore = {
  name: 'unknowing fault',
  breaks: 'PO-17.refused',
  wrap: (correct) => ({
    ...correct,
    commit: async (writes) => {
      try {
        return await correct.commit(writes)
      } catch (cause) {
        throw new StoreFault('the commit failed', { cause })
      }
    }
  })
}
