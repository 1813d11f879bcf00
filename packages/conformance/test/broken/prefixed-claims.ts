import type { BrokenStore } from './small-store.ts'

/** Compares the first 191 characters of a claim, as an index of a prefix does. */
export const prefixedClaims: BrokenStore = {
  name: 'prefixed claims',
  breaks: 'PO-4.claims',
  parts: { claimKey: (claim) => claim.slice(0, 191) }
}
