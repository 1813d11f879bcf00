import type { Flaw, Stored } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Takes each document without claims for one that lacks some. */
export const anxiousCheck: BrokenStore = {
  name: 'anxious check',
  breaks: 'PO-18.sound',
  wrap: (correct) => ({
    ...correct,
    *check(claimsOf) {
      for (const { kind, id } of correct.scan('other') as Iterable<Stored>) {
        yield { _tag: 'MissingClaims', kind, id, count: 1 }
      }
      yield* correct.check?.(claimsOf) as Iterable<Flaw>
    }
  })
}
