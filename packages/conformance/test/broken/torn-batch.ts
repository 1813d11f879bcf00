import { apply, type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Writes one document after the other, and stops at the first that conflicts. */
export const tornBatch: BrokenStore = {
  name: 'torn batch',
  breaks: 'PO-5.all-or-nothing',
  wrap: (correct, disk) => ({
    ...correct,
    commit: (writes) => {
      const lands = wouldLand(disk, correctParts, writes)
      if (lands) return correct.commit(writes)
      for (const write of writes) {
        if (!wouldLand(disk, correctParts, [write])) break
        apply(disk, correctParts, [write])
      }
      return { _tag: 'Conflict' }
    }
  })
}
