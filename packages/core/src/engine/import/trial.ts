/**
 * A trial: a repository over another one that never writes to it. Commits are kept in memory, and later loads see them. A
 * document is explained by importing it into a trial, with the same code as an import.
 */
import { DocumentIndex } from '../../decide/document-index.ts'
import type { Reference, Repository, Stored, Write } from '../../repository/repository.ts'

/** A document of the trial; `undefined`: it is deleted. */
interface Tried {
  readonly stored: Stored | undefined
}

const keyOf = ({ kind, id }: Pick<Write, 'kind' | 'id'>): string => `${kind}/${id}`

// Holds the claims that were released, so that they do not lead to what the store has.
const nothing = ''

/** Creates a trial over a repository. Its scan is that of the repository. */
export const createTrial = (store: Repository): Repository => {
  const index = new DocumentIndex<string, Tried>()
  index.documents.set(nothing, { stored: undefined })

  const seen = (reference: Reference, inStore: Stored | undefined): Stored | undefined => {
    const holder = reference._tag === 'ById' ? keyOf(reference) : index.holderOf(reference.claim)
    const key = holder ?? (inStore && keyOf(inStore))
    const tried = key === undefined ? undefined : index.documents.get(key)
    return tried === undefined ? inStore : tried.stored
  }

  return {
    manifest: { ...store.manifest, durable: false, concurrent: false },
    load: async (references) => {
      const stored = await store.load(references)
      return references.map((reference, at) => seen(reference, stored[at]))
    },
    commit: (writes) => {
      for (const { release } of writes) index.take(nothing, release)
      for (const { kind, id, expected, body, claim } of writes) {
        const key = keyOf({ kind, id })
        index.documents.set(key, { stored: body && { kind, id, version: expected + 1, body } })
        index.take(key, claim)
      }
      return { _tag: 'Committed' }
    },
    scan: (kind, options) => store.scan(kind, options)
  }
}
