import type { BrokenStore } from './small-store.ts'

/** Names its files by id, on a disk that does not tell small from capital letters. */
export const foldedIds: BrokenStore = {
  name: 'folded ids',
  breaks: 'PO-4.ids',
  parts: { documentKey: (kind, id) => `${kind} ${id.toLowerCase()}` }
}
