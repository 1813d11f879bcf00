import type { BrokenStore } from './small-store.ts'

/** Takes composed and decomposed characters for the same. */
export const normalisedClaims: BrokenStore = {
  name: 'normalised claims',
  breaks: 'PO-4.claims',
  parts: { claimKey: (claim) => claim.normalize('NFC') }
}
