import { StoreFault } from '@userpoint/core/repository'
import { answeringLoss, overLine } from './simulated-line.ts'
import type { BrokenStore } from './small-store.ts'

/** Says of every error that nothing was written. */
export const hopefulFault: BrokenStore = {
  name: 'hopeful fault',
  breaks: 'PO-15.silence',
  overLine: (correct, line) =>
    answeringLoss(overLine(correct, line), (_, cause) => {
      throw new StoreFault('the line is lost', { applied: false, recovery: 'retry', cause })
    })
}
