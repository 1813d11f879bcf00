import { turn } from './disk-lock.ts'
import { apply, type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Writes a batch, then asks whether it may, and takes it back where it may not. */
export const dirtyRead: BrokenStore = {
  name: 'dirty read',
  breaks: 'PO-8.linearizable',
  wrap: (correct, disk) => ({
    ...correct,
    commit: async (writes) => {
      if (wouldLand(disk, correctParts, writes)) return await correct.commit(writes)
      const [rows, claims] = [new Map(disk.rows), new Map(disk.claims)]
      const written = writes.filter((write) => write.body !== undefined)
      apply(
        disk,
        correctParts,
        written.map((write) => ({ ...write, release: [] }))
      )
      await turn()
      for (const [now, before] of [
        [disk.rows, rows],
        [disk.claims, claims]
      ] as const) {
        now.clear()
        for (const [key, value] of before) (now as Map<string, unknown>).set(key, value)
      }
      return { _tag: 'Conflict' }
    }
  })
}
