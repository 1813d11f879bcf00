/**
 * Where documents were lately seen, so that a write goes straight to its row. What is remembered may be wrong, since another
 * handle may have deleted the document and a further one been given its number: whoever uses it checks the row's id.
 */
import type { Kind } from '@userpoint/core/repository'

export interface RowNumbers {
  readonly find: (kind: Kind, id: string) => number | undefined
  readonly remember: (kind: Kind, id: string, document: number) => void
}

/** Remembers the last `atLeast` of them, and never more than twice as many. */
export const createRowNumbers = (atLeast = 10_000): RowNumbers => {
  let young = new Map<string, number>()
  let old = young
  // Neither has blanks.
  const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`
  return {
    find: (kind, id) => {
      const key = keyOf(kind, id)
      return young.get(key) ?? old.get(key)
    },
    remember: (kind, id, document) => {
      if (young.size >= atLeast) {
        old = young
        young = new Map()
      }
      young.set(keyOf(kind, id), document)
    }
  }
}
