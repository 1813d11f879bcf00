import type { BrokenStore } from './small-store.ts'

/** Writes a missing document with any expected version. */
export const upsert: BrokenStore = {
  name: 'upsert',
  breaks: 'PO-6.deleted',
  parts: { versionHolds: (found, expected) => found === 0 || found === expected }
}
