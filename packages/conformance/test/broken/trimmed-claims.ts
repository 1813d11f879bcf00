import type { BrokenStore } from './small-store.ts'

/** Ignores spaces at the end, as padded columns do. */
export const trimmedClaims: BrokenStore = {
  name: 'trimmed claims',
  breaks: 'PO-4.claims',
  parts: { claimKey: (claim) => claim.trimEnd() }
}
