import { answeringLoss, overLine } from './simulated-line.ts'
import type { BrokenStore } from './small-store.ts'

/** Sends a batch a second time when the first answer is lost, as some drivers do. */
export const retriedCommit: BrokenStore = {
  name: 'retried commit',
  breaks: 'PO-15.line',
  overLine: (correct, line) => {
    const once = overLine(correct, line)
    return answeringLoss(once, (writes) => once.commit(writes))
  }
}
