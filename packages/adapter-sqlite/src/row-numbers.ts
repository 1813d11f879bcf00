/**
 * A cache of row numbers, so that a write finds its row at once. An entry may be stale, because another handle may have deleted
 * the document, and a new document may have its number: the caller must check the id of the row.
 */
import type { Kind } from '@userpoint/core/repository'

export interface RowNumbers {
  readonly find: (kind: Kind, id: string) => number | undefined
  readonly remember: (kind: Kind, id: string, document: number) => void
}

/** Creates a cache of the last `atLeast` numbers, and at most twice as many. */
export const createRowNumbers = (atLeast = 10_000): RowNumbers => {
  let young = new Map<string, number>()
  let old = young
  // Kinds and ids have no spaces.
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
