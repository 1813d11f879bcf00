/**
 * The documents of a spool in a store. A document's id is its key and a nonce, because a store never uses an id again; its
 * claim is its key alone, so a key has at most one document of a sort.
 */
import type { JsonObject, Repository, Stored, Write } from '@userpoint/core/repository'
import { keyText, type SpoolKey } from '../spool.ts'
import { sleep } from '../timers.ts'

/** The sorts of documents that lie at a key. */
export type Sort = 'spool_record' | 'spool_content' | 'spool_lease'

/** The kind of the pieces of contents; their ids are those of their contents, with a number. */
export const partKind = 'spool_part'

/** Writes a batch. Returns `false` if a version or a claim no longer held, and nothing was written. */
export type Commit = (writes: ReadonlyArray<Write>) => Promise<boolean>

/** Sorts before every letter of a key and before the `/` between two segments. */
const nonceMark = '!'

export const claimOf = (sort: Sort, key: SpoolKey): string => `${sort}:${keyText(key)}`

/** Returns an id that no document had before. */
export const newDocumentId = (key: SpoolKey, nonce: string): string => `${keyText(key)}${nonceMark}${nonce}`

/** Returns the document of a sort at a key. */
export const documentAt = async (repository: Repository, sort: Sort, key: SpoolKey): Promise<Stored | undefined> =>
  (await repository.load([{ _tag: 'ByClaim', claim: claimOf(sort, key) }]))[0]

/** The documents of a page of a scan: pieces are large, and the others are small. */
const pageSizes = { spool_record: 500, spool_content: 500, spool_lease: 500, spool_part: 8 } as const

/** Yields the documents of a kind whose ids begin with a text, ascending. The store may be used between two of them. */
export async function* documentsFrom(
  repository: Repository,
  kind: Sort | typeof partKind,
  prefix: string
): AsyncGenerator<Stored, void, undefined> {
  const limit = pageSizes[kind]
  for (let after = prefix; ; ) {
    // A scan has a handle of the store as long as it lasts.
    const page: Stored[] = []
    for await (const stored of repository.scan(kind, { after, limit })) page.push(stored)
    for (const stored of page) {
      if (!stored.id.startsWith(prefix)) return
      yield stored
    }
    const last = page.at(-1)
    if (last === undefined || page.length < limit) return
    after = last.id
  }
}

/** Yields the documents of a sort at a key, those that are not complete too. */
export const documentsAt = (
  repository: Repository,
  sort: Sort,
  key: SpoolKey
): AsyncGenerator<Stored, void, undefined> => documentsFrom(repository, sort, `${keyText(key)}${nonceMark}`)

/** Returns the last segments of the keys directly below a key that have a document which `isWanted`, ascending. */
export const namesBelow = async (
  repository: Repository,
  sort: Sort,
  key: SpoolKey,
  isWanted: (stored: Stored) => boolean = () => true
): Promise<ReadonlyArray<string>> => {
  const prefix = `${keyText(key)}/`
  const names: string[] = []
  for await (const stored of documentsFrom(repository, sort, prefix)) {
    const name = stored.id.slice(prefix.length, stored.id.indexOf(nonceMark))
    if (!name.includes('/') && isWanted(stored)) names.push(name)
  }
  return names.sort()
}

/** Returns the write of a new document, which takes the claim of its key. */
export const creation = (sort: Sort, key: SpoolKey, nonce: string, body: JsonObject): Write => ({
  kind: sort,
  id: newDocumentId(key, nonce),
  expected: 0,
  body,
  claim: [claimOf(sort, key)],
  release: []
})

/** Returns the write of a new body. */
export const change = ({ kind, id, version }: Stored, body: JsonObject): Write => ({
  kind,
  id,
  expected: version,
  body,
  claim: [],
  release: []
})

/** Returns the write that deletes a document. @param claims All claims of the document. */
export const deletion = ({ kind, id, version }: Stored, claims: ReadonlyArray<string>): Write => ({
  kind,
  id,
  expected: version,
  body: undefined,
  claim: [],
  release: [...claims]
})

// Others write the same key at the same time, or a lease was taken over; neither happens without an end.
const attempts = 50

/** Decides a batch and commits it, again and again while others write the same documents. */
export const committed = async <A>(
  commit: Commit,
  decide: () => Promise<{ readonly writes: ReadonlyArray<Write>; readonly result: A }>
): Promise<A> => {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const { writes, result } = await decide()
    if (writes.length === 0 || (await commit(writes))) return result
    await sleep(Math.random() * Math.min(50, attempt * 2))
  }
  throw new Error('the spool in the store is too busy')
}
