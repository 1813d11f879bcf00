/**
 * The reference store: the port on two `Map`s. Read it first when you write an adapter; the numbers PO-n are the laws of
 * `@userpoint/core/repository`. No call waits, so each one sees one moment.
 */
import {
  type ClaimsOf,
  type CommitResult,
  demandOptions,
  documentFlaws,
  type Flaw,
  type JsonObject,
  type Kind,
  type OptionNames,
  type Reference,
  type Repository,
  type Stored,
  type Write
} from '@userpoint/core/repository'

/** The data that the handles on one store share. It lives as long as a handle refers to it. */
export interface MemoryStore {
  readonly documents: Map<Kind, Documents>
  /** Each claim, with the document it leads to. */
  readonly claims: Map<string, Document>
}

/** A document as it is now. */
interface Document {
  readonly kind: Kind
  readonly id: string
  version: number
  text: string
}

interface Documents {
  readonly byId: Map<string, Document>
  /** All ids in ascending order; dropped when an id comes or goes, and made again by the next scan. */
  ascending: ReadonlyArray<string> | undefined
}

/** Creates an empty store, for several handles that share it. */
export const createMemoryStore = (): MemoryStore => ({ documents: new Map(), claims: new Map() })

const partsOfStore: OptionNames<MemoryStore> = { documents: 'needed', claims: 'needed' }

/** Creates a handle on `store`; without it, on a new store. */
export const createMemoryRepository = (store: MemoryStore = createMemoryStore()): Repository => {
  demandOptions('createMemoryRepository', store, partsOfStore)
  return {
    // A commit costs nothing, and with fewer lines the garbage collector copies less.
    manifest: { name: 'memory', durable: false, concurrent: 'handles', linesPerUnit: 200 },
    load: (references) => load(store, references),
    commit: (writes) => commit(store, writes),
    scan: (kind, options) => scan(store, kind, options?.after, options?.limit),
    check: (claimsOf) => check(store, claimsOf)
  }
}

// Many references may lead to one large document, whose text is parsed once.
const load = (store: MemoryStore, references: ReadonlyArray<Reference>): ReadonlyArray<Stored | undefined> => {
  const seen = new Map<Document, Stored>()
  return references.map((reference) => {
    const document =
      reference._tag === 'ById'
        ? store.documents.get(reference.kind)?.byId.get(reference.id)
        : store.claims.get(reference.claim)
    if (document === undefined) return undefined
    const known = seen.get(document)
    if (known !== undefined) return known
    const read = storedAs(document)
    seen.set(document, read)
    return read
  })
}

// A body is kept as JSON text, so no caller can change it (PO-4). `JSON.parse` makes a plain key even of `__proto__`.
const storedAs = ({ kind, id, version, text }: Document): Stored => ({
  kind,
  id,
  version,
  body: JSON.parse(text) as JsonObject
})

const commit = (store: MemoryStore, writes: ReadonlyArray<Write>): CommitResult => {
  // PO-5: everything is checked, and every text made, before the first change.
  if (!versionsHold(store, writes) || !claimsAreFree(store, writes)) return { _tag: 'Conflict' }
  const texts = writes.map((write) => write.body && JSON.stringify(write.body))

  // PO-7: all releases come before all claims, in any order of the writes.
  for (const { release } of writes) for (const claim of release) store.claims.delete(claim)
  writes.forEach(({ kind, id, expected, claim }, index) => {
    const document = put(documentsOf(store, kind), kind, id, expected + 1, texts[index])
    if (document !== undefined) for (const text of claim) store.claims.set(text, document)
  })
  return { _tag: 'Committed' }
}

// PO-6
const versionsHold = (store: MemoryStore, writes: ReadonlyArray<Write>): boolean => {
  for (const { kind, id, expected } of writes) {
    if ((store.documents.get(kind)?.byId.get(id)?.version ?? 0) !== expected) return false
  }
  return true
}

// PO-7. The versions hold, so what a write releases is what its document holds.
const claimsAreFree = (store: MemoryStore, writes: ReadonlyArray<Write>): boolean => {
  const released = new Set<string>()
  for (const { release } of writes) for (const claim of release) released.add(claim)
  for (const { claim } of writes) {
    for (const text of claim) if (store.claims.has(text) && !released.has(text)) return false
  }
  return true
}

const documentsOf = (store: MemoryStore, kind: Kind): Documents => {
  const known = store.documents.get(kind)
  if (known) return known
  const created: Documents = { byId: new Map(), ascending: undefined }
  store.documents.set(kind, created)
  return created
}

/** Stores the new state of a document; `undefined`: it is deleted. */
const put = (
  documents: Documents,
  kind: Kind,
  id: string,
  version: number,
  text: string | undefined
): Document | undefined => {
  const known = documents.byId.get(id)
  if (known === undefined || text === undefined) documents.ascending = undefined
  if (text === undefined) {
    documents.byId.delete(id)
    return undefined
  }
  // The same object, because claims lead to it.
  const document = known ?? { kind, id, version, text }
  document.version = version
  document.text = text
  if (known === undefined) documents.byId.set(id, document)
  return document
}

// PO-12: the ids are those of the beginning; each document is read when it is asked for, and left out if it has gone.
function* scan(store: MemoryStore, kind: Kind, after = '', limit = Number.POSITIVE_INFINITY): Generator<Stored> {
  const ids = ascendingIds(store.documents.get(kind))
  let given = 0
  for (let index = firstAfter(ids, after); index < ids.length && given < limit; index += 1) {
    const document = store.documents.get(kind)?.byId.get(ids[index] as string)
    if (document === undefined) continue
    given += 1
    yield storedAs(document)
  }
}

// PO-18: everything is compared at the first step, so a commit between two steps makes no difference.
function* check(store: MemoryStore, claimsOf: ClaimsOf): Generator<Flaw> {
  const held = new Map<Document, Set<string>>()
  for (const [claim, document] of store.claims) {
    const claims = held.get(document)
    if (claims) claims.add(claim)
    else held.set(document, new Set([claim]))
  }
  const flaws: Flaw[] = []
  for (const { byId } of store.documents.values()) {
    for (const document of byId.values()) {
      flaws.push(...documentFlaws(document, () => claimsOf(storedAs(document)), held.get(document) ?? new Set()))
      held.delete(document)
    }
  }
  for (const claims of held.values()) flaws.push({ _tag: 'StrayClaims', count: claims.size })
  yield* flaws
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
