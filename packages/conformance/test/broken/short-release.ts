import type { BrokenStore } from './small-store.ts'

/** Gives back the first thousand of a document's claims, as many as its database takes in one list. */
export const shortRelease: BrokenStore = {
  name: 'short release',
  breaks: 'PO-10.deleted',
  wrap: (correct) => ({
    ...correct,
    commit: (writes) => correct.commit(writes.map((one) => ({ ...one, release: one.release.slice(0, 1_000) })))
  })
}
