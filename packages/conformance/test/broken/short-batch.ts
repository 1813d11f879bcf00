import type { BrokenStore } from './small-store.ts'

/** Writes the first thousand documents of a batch. */
export const shortBatch: BrokenStore = {
  name: 'short batch',
  breaks: 'PO-5.large',
  wrap: (correct) => ({ ...correct, commit: (writes) => correct.commit(writes.slice(0, 1_000)) })
}
