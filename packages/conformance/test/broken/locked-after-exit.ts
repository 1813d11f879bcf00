import type { Stored } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Takes a lock at the start of a scan, and releases it only after the last document; commits meanwhile are let through. */
export const lockedAfterExit: BrokenStore = {
  name: 'locked after exit',
  breaks: 'PO-12.early-exit',
  wrap: (correct) => {
    let left = 0
    return {
      ...correct,
      commit: (writes) => {
        if (left > 0) throw new Error('the store is locked')
        return correct.commit(writes)
      },
      *scan(kind, options) {
        let ended = false
        try {
          yield* correct.scan(kind, options) as Iterable<Stored>
          ended = true
        } finally {
          if (!ended) left += 1
        }
      }
    }
  }
}
