import type { Flaw } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Looks only for claims that are missing. */
export const blindCheck: BrokenStore = {
  name: 'blind check',
  breaks: 'PO-18.finds',
  wrap: (correct) => ({
    ...correct,
    *check(claimsOf) {
      for (const flaw of (correct.check?.(claimsOf) ?? []) as Iterable<Flaw>)
        if (flaw._tag !== 'StrayClaims') yield flaw
    }
  })
}
