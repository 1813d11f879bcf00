/**
 * The reference store: what the port asks for, on two `Map`s. Read it first when you write an adapter; the numbers
 * PO-n are the laws of `@userpoint/core/repository`. Nothing here waits, so every call sees and makes one moment.
 */
import type { CommitResult, JsonObject, Kind, Reference, Repository, Stored, Write } from '@userpoint/core/repository'

/** What the handles on one store share. It lives as long as something refers to it. */
export interface MemoryStore {
  readonly documents: Map<Kind, Documents>
  /** Each claim, with the document it leads to. */
  readonly claims: Map<string, { readonly kind: Kind; readonly id: string }>
}

interface Documents {
  readonly byId: Map<string, { readonly version: number; readonly text: string }>
  /** All ids in ascending order; dropped when an id comes or goes, and made again by the next scan. */
  ascending: ReadonlyArray<string> | undefined
}

/** An empty store, for handles that are to share it. */
export const createMemoryStore = (): MemoryStore => ({ documents: new Map(), claims: new Map() })

/** A handle on `store`; without one, on a store of its own. */
export const createMemoryRepository = (store: MemoryStore = createMemoryStore()): Repository => ({
  manifest: { name: 'memory', durable: false, concurrent: 'handles' },
  load: (references) => load(store, references),
  commit: (writes) => commit(store, writes),
  scan: (kind, options) => scan(store, kind, options?.after, options?.limit)
})

// Many references may lead to one large document, which is made of its text once.
const load = (store: MemoryStore, references: ReadonlyArray<Reference>): ReadonlyArray<Stored | undefined> => {
  const seen = new Map<string, Stored | undefined>()
  return references.map((reference) => {
    const target = reference._tag === 'ById' ? reference : store.claims.get(reference.claim)
    if (target === undefined) return undefined
    const key = `${target.kind}/${target.id}`
    if (!seen.has(key)) seen.set(key, read(store, target.kind, target.id))
    return seen.get(key)
  })
}

// A body is kept as JSON text, so no caller can change it (PO-4). `JSON.parse` makes a plain key even of `__proto__`.
const read = (store: MemoryStore, kind: Kind, id: string): Stored | undefined => {
  const document = store.documents.get(kind)?.byId.get(id)
  return document && { kind, id, version: document.version, body: JSON.parse(document.text) as JsonObject }
}

const commit = (store: MemoryStore, writes: ReadonlyArray<Write>): CommitResult => {
  // PO-5: everything is checked, and every text made, before the first change.
  if (!versionsHold(store, writes) || !claimsAreFree(store, writes)) return { _tag: 'Conflict' }
  const texts = writes.map((write) => write.body && JSON.stringify(write.body))

  // PO-7: all that is given back comes before all that is taken, whatever the order of the writes.
  for (const { release } of writes) for (const claim of release) store.claims.delete(claim)
  writes.forEach(({ kind, id, expected, claim }, index) => {
    put(documentsOf(store, kind), id, expected + 1, texts[index])
    for (const text of claim) store.claims.set(text, { kind, id })
  })
  return { _tag: 'Committed' }
}

// PO-6
const versionsHold = (store: MemoryStore, writes: ReadonlyArray<Write>): boolean =>
  writes.every(({ kind, id, expected }) => (store.documents.get(kind)?.byId.get(id)?.version ?? 0) === expected)

// PO-7. The versions hold, so what a write releases is what its document holds.
const claimsAreFree = (store: MemoryStore, writes: ReadonlyArray<Write>): boolean => {
  const released = new Set(writes.flatMap((write) => write.release))
  return writes.every((write) => write.claim.every((claim) => released.has(claim) || !store.claims.has(claim)))
}

const documentsOf = (store: MemoryStore, kind: Kind): Documents => {
  const known = store.documents.get(kind)
  if (known) return known
  const created: Documents = { byId: new Map(), ascending: undefined }
  store.documents.set(kind, created)
  return created
}

const put = (documents: Documents, id: string, version: number, text: string | undefined): void => {
  const had = documents.byId.has(id)
  if (text === undefined) documents.byId.delete(id)
  else documents.byId.set(id, { version, text })
  if (had !== documents.byId.has(id)) documents.ascending = undefined
}

// PO-12: the ids are those of the beginning; each document is read when it is asked for, and left out if it has gone.
function* scan(store: MemoryStore, kind: Kind, after = '', limit = Number.POSITIVE_INFINITY): Generator<Stored> {
  const ids = ascendingIds(store.documents.get(kind))
  let given = 0
  for (let index = firstAfter(ids, after); index < ids.length && given < limit; index += 1) {
    const stored = read(store, kind, ids[index] as string)
    if (!stored) continue
    given += 1
    yield stored
  }
}

// PO-11: ids are ASCII, where the order of JavaScript's strings is the order by code point.
const ascendingIds = (documents: Documents | undefined): ReadonlyArray<string> => {
  if (!documents) return []
  documents.ascending ??= [...documents.byId.keys()].sort()
  return documents.ascending
}

/** The index of the first id that comes after `after`, by halving. */
const firstAfter = (ids: ReadonlyArray<string>, after: string): number => {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] as string) > after) high = middle
    else low = middle + 1
  }
  return low
}
