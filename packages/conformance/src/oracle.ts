/**
 * The oracle of the port: a store as two lists and filters over them, simple and slow. It shares no code with core.
 */
import type { CommitResult, Kind, Reference, ScanOptions, Stored, Write } from '@userpoint/core/repository'

interface Held {
  readonly claim: string
  readonly kind: Kind
  readonly id: string
}

export interface Oracle {
  readonly documents: ReadonlyArray<Stored>
  readonly claims: ReadonlyArray<Held>
}

export const empty: Oracle = { documents: [], claims: [] }

const sameDocument = (a: { kind: Kind; id: string }, b: { kind: Kind; id: string }): boolean =>
  a.kind === b.kind && a.id === b.id

export const find = (oracle: Oracle, kind: Kind, id: string): Stored | undefined =>
  oracle.documents.find((document) => sameDocument(document, { kind, id }))

export const claimsOf = (oracle: Oracle, kind: Kind, id: string): ReadonlyArray<string> =>
  oracle.claims.filter((held) => sameDocument(held, { kind, id })).map((held) => held.claim)

export const load = (oracle: Oracle, references: ReadonlyArray<Reference>): ReadonlyArray<Stored | undefined> =>
  references.map((reference) => {
    if (reference._tag === 'ById') return find(oracle, reference.kind, reference.id)
    const held = oracle.claims.find((one) => one.claim === reference.claim)
    return held && find(oracle, held.kind, held.id)
  })

export const commit = (oracle: Oracle, writes: ReadonlyArray<Write>): [CommitResult['_tag'], Oracle] => {
  const versionsHold = writes.every(({ kind, id, expected }) => (find(oracle, kind, id)?.version ?? 0) === expected)
  const kept = oracle.claims.filter(
    (held) =>
      !writes.some(
        (write) => sameDocument(held, write) && (write.body === undefined || write.release.includes(held.claim))
      )
  )
  const taken = writes.flatMap(({ kind, id, claim }) => claim.map((text) => ({ claim: text, kind, id })))
  const claimsFree = taken.every(({ claim }) => !kept.some((held) => held.claim === claim))
  if (!versionsHold || !claimsFree) return ['Conflict', oracle]
  const untouched = oracle.documents.filter((document) => !writes.some((write) => sameDocument(document, write)))
  const written = writes.flatMap(({ kind, id, expected, body }) =>
    body === undefined ? [] : [{ kind, id, version: expected + 1, body }]
  )
  return ['Committed', { documents: [...untouched, ...written], claims: [...kept, ...taken] }]
}

/** Compares ids by code point: they are ASCII, so JavaScript's `<` is that order. */
export const scan = (oracle: Oracle, kind: Kind, { after, limit }: ScanOptions = {}): ReadonlyArray<Stored> =>
  oracle.documents
    .filter((document) => document.kind === kind && (after === undefined || document.id > after))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, limit)
