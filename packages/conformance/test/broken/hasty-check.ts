import type { Stored } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Reads documents at the beginning and their claims as it comes to them. */
export const hastyCheck: BrokenStore = {
  name: 'hasty check',
  breaks: 'PO-18.beside-commits',
  wrap: (correct) => ({
    ...correct,
    *check(claimsOf) {
      const documents = [...(correct.scan('user_point') as Iterable<Stored>)]
      for (const document of documents) {
        const { kind, id } = document
        try {
          const wanted = claimsOf(document) ?? []
          const found = correct.load(wanted.map((claim) => ({ _tag: 'ByClaim', claim })))
          const missing = (found as ReadonlyArray<Stored | undefined>).filter((one) => one?.id !== id).length
          if (missing > 0) yield { _tag: 'MissingClaims', kind, id, count: missing }
        } catch {
          yield { _tag: 'UnreadableDocument', kind, id }
        }
      }
    }
  })
}
