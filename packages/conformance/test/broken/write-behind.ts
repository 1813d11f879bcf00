import type { Write } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Answers a scan before the last batch has reached the disk. */
export const writeBehind: BrokenStore = {
  name: 'write behind',
  breaks: 'PO-3.own-writes',
  wrap: (correct, disk) => {
    const before = new Map(disk.rows)
    const keep = (): void => {
      before.clear()
      for (const [key, row] of disk.rows) before.set(key, row)
    }
    return {
      ...correct,
      commit: (writes: ReadonlyArray<Write>) => {
        keep()
        return correct.commit(writes)
      },
      *scan(kind, options) {
        const now = new Map(disk.rows)
        disk.rows.clear()
        for (const [key, row] of before) disk.rows.set(key, row)
        const found = [...(correct.scan(kind, options) as Iterable<never>)]
        disk.rows.clear()
        for (const [key, row] of now) disk.rows.set(key, row)
        yield* found
      }
    }
  }
}
