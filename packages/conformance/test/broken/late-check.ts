import { apply, type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Checks first, writes later, and lets others in between. */
export const lateCheck: BrokenStore = {
  name: 'late check',
  breaks: 'PO-8.lost-update',
  wrap: (correct, disk) => ({
    ...correct,
    commit: async (writes) => {
      if (!wouldLand(disk, correctParts, writes)) return { _tag: 'Conflict' }
      await undefined
      apply(disk, correctParts, writes)
      return { _tag: 'Committed' }
    }
  })
}
