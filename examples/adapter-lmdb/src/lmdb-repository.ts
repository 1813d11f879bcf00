/** The port on LMDB, written by following docs/writing-an-adapter.md. Every call but `close` answers at once. */
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

/** A handle on the store in a folder, which is made where there is none. */
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
    // PO-15: whatever goes wrong before the transaction is to be committed undoes it.
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

  // PO-12: pages are read whole, so that nothing is held between two steps.
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

/** Neither kinds nor ids have blanks, and the bytes of ids are in the order of their code points (PO-11). */
const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`

const stored = (key: string, kept: Kept): Stored => {
  const [kind = '', id = ''] = key.split(' ')
  return { kind, id, ...kept }
}

/** Writes the batch into the open transaction. `false`: a version or a claim does not hold, and nothing must be kept. */
const apply = ({ documents, claims }: Generation, writes: ReadonlyArray<Write>): boolean => {
  // PO-7: all that is given back comes before all that is taken.
  for (const { release } of writes) for (const claim of release) claims.removeSync(bytes(claim))
  return writes.every(({ kind, id, expected, body, claim }) => {
    const key = keyOf(kind, id)
    if ((documents.get(bytes(key))?.version ?? 0) !== expected) return false
    if (body === undefined) documents.removeSync(bytes(key))
    else documents.putSync(bytes(key), { version: expected + 1, body })
    return claim.every((text) => claims.putSync(bytes(text), key, { noOverwrite: true }))
  })
}
