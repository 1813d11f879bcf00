import type { Stored } from '@userpoint/core/repository'
import { turn, whileLocked } from './disk-lock.ts'
import { apply, type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Takes over the lock of a writer that was killed, and does not undo the half of the batch that was written. */
export const halfRecovered: BrokenStore = {
  name: 'half recovered',
  breaks: 'PO-5.killed',
  wrap: (correct, disk) => ({
    ...correct,
    load: (references) => whileLocked(disk, 'takes it', async () => await correct.load(references)),
    commit: (writes) =>
      whileLocked(disk, 'takes it', async () => {
        if (!wouldLand(disk, correctParts, writes)) return { _tag: 'Conflict' }
        // Whole documents: their claims move together, at the end.
        for (const write of writes) {
          apply(disk, correctParts, [{ ...write, claim: [], release: [] }])
          if (writes.length < 100) await turn()
        }
        for (const write of writes) {
          for (const claim of write.release) disk.claims.delete(claim)
          disk.residue.push(...write.release)
        }
        for (const write of writes) {
          for (const claim of write.claim) disk.claims.set(claim, correctParts.documentKey(write.kind, write.id))
        }
        return { _tag: 'Committed' }
      }),
    async *scan(kind, options) {
      yield* await whileLocked(disk, 'takes it', async () => [...(correct.scan(kind, options) as Iterable<Stored>)])
    }
  })
}
