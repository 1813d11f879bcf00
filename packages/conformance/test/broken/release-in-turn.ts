import { apply, type BrokenStore, correctParts, createSmallRepository, emptyDisk, wouldLand } from './small-store.ts'

/** Takes and frees claims write by write, so that a claim must be given back before it can be taken. */
export const releaseInTurn: BrokenStore = {
  name: 'release in turn',
  breaks: 'PO-7.freed-first',
  wrap: (correct, disk) => ({
    ...correct,
    commit: (writes) => {
      const trial = { ...emptyDisk(), rows: new Map(disk.rows), claims: new Map(disk.claims) }
      for (const write of writes) {
        if (!wouldLand(trial, correctParts, [write])) return { _tag: 'Conflict' }
        apply(trial, correctParts, [write])
      }
      return createSmallRepository(disk).commit(writes)
    }
  })
}
