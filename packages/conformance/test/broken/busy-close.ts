import type { Stored } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Cannot be closed while a scan is left half way. */
export const busyClose: BrokenStore = {
  name: 'busy close',
  breaks: 'PO-12.unbegun',
  wrap: (correct) => {
    let open = 0
    return {
      ...correct,
      close: () => {
        if (open > 0) throw new Error('unfinished statements')
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
