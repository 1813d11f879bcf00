import type { BrokenStore } from './small-store.ts'

/** Writes a document that is not there, whatever version was expected. */
export const upsert: BrokenStore = {
  name: 'upsert',
  breaks: 'PO-6.deleted',
  parts: { versionHolds: (found, expected) => found === 0 || found === expected }
}
