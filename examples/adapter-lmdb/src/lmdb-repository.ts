/** The port on LMDB, written by following docs/writing-an-adapter.md. Every call except `close` is synchronous. */
import {
  type CommitResult,
  type Kind,
  type Reference,
  type Repository,
  type ScanOptions,
  type Stored,
  StoreFault,
  type Write
} from '@userpoint/core/repository'
import { ABORT } from 'lmdb'
import { type Generation, type Kept, openGenerations } from './generations.ts'

/** Opens a handle on the store in a folder; creates a missing store. */
export const openLmdbRepository = (folder: string): Repository => {
  const store = openGenerations(folder)

  const load = (references: ReadonlyArray<Reference>): ReadonlyArray<Stored | undefined> => {
    const { documents, claims } = store.newest()
    return references.map((reference) => {
      const key = reference._tag === 'ById' ? keyOf(reference.kind, reference.id) : claims.get(bytes(reference.claim))
      const kept = key === undefined ? undefined : documents.get(bytes(key))
      return key === undefined || kept === undefined ? undefined : stored(key, kept)
    })
  }

  const commit = (writes: ReadonlyArray<Write>): CommitResult => {
    // PO-15: any error before the commit rolls the transaction back.
    let applied: false | undefined = false
    try {
      const outcome = store.locked((current) =>
        current.environment.transactionSync(() => {
          const holds = apply(current, writes)
          applied = undefined
          return holds ? 'Committed' : ABORT
        })
      )
      return { _tag: outcome === ABORT ? 'Conflict' : 'Committed' }
    } catch (cause) {
      throw new StoreFault('lmdb: commit failed', applied === false ? { applied, cause } : { cause })
    }
  }

  // PO-12: each page is read whole, so that no snapshot is held between two steps.
  function* scan(kind: Kind, { after = '', limit = Number.POSITIVE_INFINITY }: ScanOptions = {}): Generator<Stored> {
    let start = keyOf(kind, after)
    let left = limit
    while (left > 0) {
      const size = Math.min(left, 256)
      const range = { start: bytes(start), exclusiveStart: true, end: bytes(keyOf(kind, '\x7f')), limit: size }
      const page = [...store.newest().documents.getRange(range)]
      for (const { key, value } of page) {
        start = key.toString()
        yield stored(start, value)
      }
      left = page.length < size ? 0 : left - size
    }
  }

  return {
    manifest: { name: 'lmdb', durable: true, concurrent: 'processes' },
    load,
    commit,
    scan,
    purge: () => store.renew(),
    close: () => store.close()
  }
}

const bytes = (text: string): Buffer => Buffer.from(text)

/** Returns the key of a document. Kinds and ids contain no blanks, and the bytes of ids sort by code point (PO-11). */
const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`

const stored = (key: string, kept: Kept): Stored => {
  const [kind = '', id = ''] = key.split(' ')
  return { kind, id, ...kept }
}

/** Writes the batch into the open transaction; returns `false` on a conflict, and the caller must roll back. */
const apply = ({ documents, claims }: Generation, writes: ReadonlyArray<Write>): boolean => {
  // PO-7: apply all releases before all claims.
  for (const { release } of writes) for (const claim of release) claims.removeSync(bytes(claim))
  return writes.every(({ kind, id, expected, body, claim }) => {
    const key = keyOf(kind, id)
    if ((documents.get(bytes(key))?.version ?? 0) !== expected) return false
    if (body === undefined) documents.removeSync(bytes(key))
    else documents.putSync(bytes(key), { version: expected + 1, body })
    return claim.every((text) => claims.putSync(bytes(text), key, { noOverwrite: true }))
  })
}
