import type { Stored } from '@userpoint/core/repository'
import { turn, whileLocked } from './disk-lock.ts'
import type { BrokenStore } from './small-store.ts'

/** Clears the lock of a killed writer only when the store is opened. */
export const lockLeftBehind: BrokenStore = {
  name: 'lock left behind',
  breaks: 'PO-8.killed',
  wrap: (correct, disk) => {
    disk.locks.clear()
    return {
      ...correct,
      load: (references) => whileLocked(disk, 'gives up', async () => await correct.load(references)),
      commit: (writes) =>
        whileLocked(disk, 'gives up', async () => {
          await turn()
          const result = await correct.commit(writes)
          await turn()
          return result
        }),
      async *scan(kind, options) {
        yield* await whileLocked(disk, 'gives up', async () => [...(correct.scan(kind, options) as Iterable<Stored>)])
      }
    }
  }
}
