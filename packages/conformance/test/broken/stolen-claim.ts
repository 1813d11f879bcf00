import type { BrokenStore } from './small-store.ts'

/** Lets a document take what another holds. */
export const stolenClaim: BrokenStore = {
  name: 'stolen claim',
  breaks: 'PO-7.claim-unique',
  parts: { isFree: () => true }
}
