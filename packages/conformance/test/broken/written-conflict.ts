import { apply, type BrokenStore, correctParts, wouldLand } from './small-store.ts'

/** Says `Conflict` of a batch whose versions held and whose claims did not, and has written it. */
export const writtenConflict: BrokenStore = {
  name: 'written conflict',
  breaks: 'PO-15.returned',
  wrap: (correct, disk) => ({
    ...correct,
    commit: (writes) => {
      if (wouldLand(disk, correctParts, writes)) return correct.commit(writes)
      const free = writes.map((write) => ({ ...write, claim: write.claim.filter((claim) => !disk.claims.has(claim)) }))
      if (wouldLand(disk, correctParts, free)) apply(disk, correctParts, free)
      return { _tag: 'Conflict' }
    }
  })
}
