import { apply, type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Deletes a document that it loaded earlier, without checking its version again. */
export const lateDelete: BrokenStore = {
  name: 'late delete',
  breaks: 'PO-8.delete-race',
  wrap: (correct, disk) => ({
    ...correct,
    commit: async (writes) => {
      if (!wouldLand(disk, correctParts, writes)) return { _tag: 'Conflict' }
      if (writes.every((write) => write.body === undefined)) {
        await undefined
        apply(disk, correctParts, writes)
        return { _tag: 'Committed' }
      }
      return correct.commit(writes)
    }
  })
}
