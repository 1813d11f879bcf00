import type { BrokenStore } from './small-store.ts'

/** Deletes a document, and leaves its claims behind. */
export const ghostClaim: BrokenStore = {
  name: 'ghost claim',
  breaks: 'PO-10.deleted',
  wrap: (correct) => ({
    ...correct,
    commit: (writes) =>
      correct.commit(writes.map((write) => (write.body === undefined ? { ...write, release: [] } : write)))
  })
}
