import { apply, type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Writes on the condition that the versions hold, but looks at the claims beforehand. */
export const lateClaim: BrokenStore = {
  name: 'late claim',
  breaks: 'PO-8.claim-race',
  wrap: (correct, disk) => ({
    ...correct,
    commit: async (writes) => {
      if (!wouldLand(disk, correctParts, writes)) return { _tag: 'Conflict' }
      await undefined
      const blind = { ...correctParts, isFree: () => true }
      if (!wouldLand(disk, blind, writes)) return { _tag: 'Conflict' }
      apply(disk, correctParts, writes)
      return { _tag: 'Committed' }
    }
  })
}
