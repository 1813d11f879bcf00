import { StoreFault } from '@userpoint/core/repository'
import { LineLost, overLine } from './simulated-line.ts'
import { apply, type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Sends the writes of a batch one by one, each of which is kept at once: what a connection does without a transaction. */
export const writeByWrite: BrokenStore = {
  name: 'write by write',
  breaks: 'PO-5.line',
  overLine: (correct, line, disk) => ({
    ...overLine(correct, line),
    commit: async (writes) => {
      try {
        if (!(await line.turn(() => wouldLand(disk, correctParts, writes)))) return { _tag: 'Conflict' }
        for (const write of writes) await line.turn(() => apply(disk, correctParts, [write]))
        return { _tag: 'Committed' }
      } catch (cause) {
        if (!(cause instanceof LineLost)) throw cause
        throw new StoreFault('the line is lost', { recovery: 'retry', cause })
      }
    }
  })
}
