import type { BrokenStore } from './small-store.ts'

/** Keeps versions in eight bits. */
export const narrowVersion: BrokenStore = {
  name: 'narrow version',
  breaks: 'PO-9.versions',
  parts: { versionAfter: ({ expected }) => (expected + 1) % 256 }
}
