import type { BrokenStore } from './small-store.ts'

/** Deletes by marking. */
export const lazyPurge: BrokenStore = {
  name: 'lazy purge',
  breaks: 'PO-14.deleted',
  wrap: (correct) => ({ ...correct, purge: () => {} })
}
