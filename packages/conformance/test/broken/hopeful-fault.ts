import { StoreFault } from '@userpoint/core/repository'
import { LineLost, overLine } from './simulated-line.ts'
import type { BrokenStore } from './small-store.ts'

/** Says of every error that nothing was written. */
export const hopefulFault: BrokenStore = {
  name: 'hopeful fault',
  breaks: 'PO-15.silence',
  overLine: (correct, line) => {
    const once = overLine(correct, line)
    return {
      ...once,
      commit: async (writes) => {
        try {
          return await once.commit(writes)
        } catch (error) {
          if (!(error instanceof Error && error.cause instanceof LineLost)) throw error
          throw new StoreFault('the line is lost', { applied: false, recovery: 'retry', cause: error })
        }
      }
    }
  }
}
