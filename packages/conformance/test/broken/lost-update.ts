import type { BrokenStore } from './small-store.ts'

/** Looks at no version: the last writer wins. */
export const lostUpdate: BrokenStore = {
  name: 'lost update',
  breaks: 'PO-6.expected',
  parts: { versionHolds: () => true }
}
