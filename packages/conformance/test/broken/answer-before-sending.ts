import { overLine } from './simulated-line.ts'
import { type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Says that a batch is committed once it is sent, before the server has it. */
export const answerBeforeSending: BrokenStore = {
  name: 'answer before sending',
  breaks: 'PO-3.line',
  overLine: (correct, line, disk) => {
    const whole = overLine(correct, line)
    return {
      ...whole,
      commit: async (writes) => {
        if (!wouldLand(disk, correctParts, writes)) return { _tag: 'Conflict' }
        void Promise.resolve(whole.commit(structuredClone(writes))).catch(() => undefined)
        return { _tag: 'Committed' }
      }
    }
  }
}
