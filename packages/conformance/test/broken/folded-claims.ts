import type { BrokenStore } from './small-store.ts'

/** Takes small and capital letters for the same. */
export const foldedClaims: BrokenStore = {
  name: 'folded claims',
  breaks: 'PO-4.claims',
  parts: { claimKey: (claim) => claim.toLowerCase() }
}
