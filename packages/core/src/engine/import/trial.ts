/**
 * A repository over another that never writes to it: what is committed is kept in memory and seen by later loads. It lets
 * a document be tried: the import is the very same code, and the store stays as it is.
 */
import type { CommitResult, Kind, Reference, Repository, Stored, Write } from '../../repository/repository.ts'

const keyOf = (kind: Kind, id: string): string => `${kind}/${id}`

/** An overlay over a repository, with nothing in it yet. Its scan is that of the repository below. */
export const createOverlay = (below: Repository): Repository => {
  // `undefined`: deleted here. Absent: as it is below.
  const documents = new Map<string, Stored | undefined>()
  const claims = new Map<string, Pick<Write, 'kind' | 'id'> | undefined>()

  const overlaid = (reference: Reference, underneath: Stored | undefined): Stored | undefined => {
    const holder =
      reference._tag === 'ById' ? reference : claims.has(reference.claim) ? claims.get(reference.claim) : underneath
    if (holder === undefined) return undefined
    const key = keyOf(holder.kind, holder.id)
    return documents.has(key) ? documents.get(key) : underneath
  }

  const write = ({ kind, id, expected, body, claim }: Write): void => {
    documents.set(keyOf(kind, id), body && { kind, id, version: expected + 1, body })
    for (const text of claim) claims.set(text, { kind, id })
  }

  return {
    manifest: { ...below.manifest, durable: false, concurrent: false },
    load: async (references) => {
      const underneath = await below.load(references)
      return references.map((reference, i) => overlaid(reference, underneath[i]))
    },
    commit: (writes): CommitResult => {
      for (const { release } of writes) for (const claim of release) claims.set(claim, undefined)
      for (const each of writes) write(each)
      return { _tag: 'Committed' }
    },
    scan: (kind, options) => below.scan(kind, options)
  }
}
