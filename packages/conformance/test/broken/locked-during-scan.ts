import type { Stored } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Cannot write while a scan is open. */
export const lockedDuringScan: BrokenStore = {
  name: 'locked during scan',
  breaks: 'PO-12.during',
  wrap: (correct) => {
    let open = 0
    return {
      ...correct,
      commit: (writes) => {
        if (open > 0) throw new Error('the connection is busy')
        return correct.commit(writes)
      },
      *scan(kind, options) {
        open += 1
        try {
          yield* correct.scan(kind, options) as Iterable<Stored>
        } finally {
          open -= 1
        }
      }
    }
  }
}
