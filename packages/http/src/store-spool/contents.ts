/**
 * The contents of a spool in a store: a document with the length, and pieces of a fixed size. Every batch of pieces also writes
 * the document with the length, so no piece is written for a content that was removed meanwhile. Only a complete content has a
 * claim, and can be read.
 */
import type { JsonObject, Repository, Stored, Write } from '@userpoint/core/repository'
import type { SpoolKey } from '../spool.ts'
import { bytesOfText, textOfBytes } from './base64.ts'
import {
  change,
  claimOf,
  type Commit,
  committed,
  creation,
  deletion,
  documentAt,
  documentsAt,
  documentsFrom,
  newDocumentId,
  partKind
} from './documents.ts'

export interface ContentStore {
  readonly repository: Repository
  readonly newId: () => string
  /** The bytes of a piece. */
  readonly partSize: number
}

/** The pieces that are written, read or deleted together. */
const partsPerBatch = 8

const partId = (content: string, n: number): string => `${content}/${n}`

const numberIn = (body: JsonObject, name: string): number => {
  const value = body[name]
  return typeof value === 'number' ? value : 0
}

const lengthOf = ({ body }: Stored): number => numberIn(body, 'length')

export const isComplete = ({ body }: Stored): boolean => body['isComplete'] === true

const partWrite = (id: string, expected: number, bytes: Uint8Array): Write => ({
  kind: partKind,
  id,
  expected,
  body: { bytes: textOfBytes(bytes) },
  claim: [],
  release: []
})

/** Yields pieces of exactly `size` bytes, and a last one of at most that. */
async function* sized(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let part = new Uint8Array(size)
  let filled = 0
  for await (const piece of bytes)
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + size - filled)
      part.set(taken, filled)
      filled += taken.length
      at += taken.length
      if (filled < size) continue
      yield part
      part = new Uint8Array(size)
      filled = 0
    }
  if (filled > 0) yield part.subarray(0, filled)
}

/** Removes the pieces of a content, a few at a time. */
const removeParts = async (repository: Repository, commit: Commit, id: string): Promise<void> => {
  for (;;) {
    const isMore = await committed(commit, async () => {
      const writes: Write[] = []
      for await (const part of documentsFrom(repository, partKind, `${id}/`)) {
        if (writes.push(deletion(part, [])) === partsPerBatch) break
      }
      return { writes, result: writes.length === partsPerBatch }
    })
    if (!isMore) return
  }
}

export const plainly =
  (repository: Repository): Commit =>
  async (writes) =>
    (await repository.commit(writes))._tag === 'Committed'

/** Removes the contents of a key, those that are not complete too. */
export const removeContents = async ({ repository }: ContentStore, commit: Commit, key: SpoolKey): Promise<void> => {
  for await (const { kind, id } of documentsAt(repository, 'spool_content', key)) {
    // First, so that its pieces are removed before no document leads to them.
    await removeParts(repository, commit, id)
    await committed(commit, async () => {
      const [found] = await repository.load([{ _tag: 'ById', kind, id }])
      if (found === undefined) return { writes: [], result: undefined }
      const claims = isComplete(found) ? [claimOf('spool_content', key)] : []
      return { writes: [deletion(found, claims)], result: undefined }
    })
    // Its writer may have written others meanwhile; now it cannot.
    await removeParts(repository, commit, id)
  }
}

/** Writes the pieces of a new content, which no reader finds yet. Returns its document. */
const writeParts = async (
  { repository, partSize }: ContentStore,
  id: string,
  bytes: AsyncIterable<Uint8Array>
): Promise<Stored> => {
  let content: Stored = { kind: 'spool_content', id, version: 0, body: { length: 0, isComplete: false } }
  let batch: Write[] = []
  const flush = async (length: number): Promise<void> => {
    const body = { length, isComplete: false }
    const { _tag } = await repository.commit([...batch, change(content, body)])
    if (_tag === 'Conflict') throw new Error('the content was removed while it was written')
    content = { ...content, version: content.version + 1, body }
    batch = []
  }
  await flush(0)
  let n = 0
  let length = 0
  for await (const part of sized(bytes, partSize)) {
    batch.push(partWrite(partId(id, n++), 0, part))
    length += part.length
    if (batch.length === partsPerBatch) await flush(length)
  }
  if (batch.length > 0) await flush(length)
  return content
}

/** Removes a content that its writer has given up. */
const removeUnfinished = async (repository: Repository, id: string): Promise<void> => {
  await removeParts(repository, plainly(repository), id)
  const [found] = await repository.load([{ _tag: 'ById', kind: 'spool_content', id }])
  if (found !== undefined) await repository.commit([deletion(found, [])])
}

/** Stores a stream of bytes; if it throws, what was stored before stays. */
export const writeContent = async (
  store: ContentStore,
  key: SpoolKey,
  bytes: AsyncIterable<Uint8Array>
): Promise<void> => {
  const { repository, newId } = store
  const id = newDocumentId(key, newId())
  let written: Stored
  try {
    written = await writeParts(store, id, bytes)
  } catch (error) {
    await removeUnfinished(repository, id)
    throw error
  }
  const commit = plainly(repository)
  const replaced = await committed(commit, async () => {
    const before = await documentAt(repository, 'spool_content', key)
    const claims = [claimOf('spool_content', key)]
    const completion = { ...change(written, { ...written.body, isComplete: true }), claim: claims }
    return { writes: before === undefined ? [completion] : [deletion(before, claims), completion], result: before }
  })
  if (replaced !== undefined) await removeParts(repository, commit, replaced.id)
}

/** Yields the bytes of a complete content. */
export async function* readContent(
  { repository, partSize }: ContentStore,
  key: SpoolKey
): AsyncGenerator<Uint8Array, void, undefined> {
  const content = await documentAt(repository, 'spool_content', key)
  if (content === undefined) throw new Error('the spool has no content for this key')
  const length = lengthOf(content)
  const count = Math.ceil(length / partSize)
  for (let from = 0; from < count; from += partsPerBatch) {
    const ids = Array.from({ length: Math.min(partsPerBatch, count - from) }, (_, n) => partId(content.id, from + n))
    const parts = await repository.load(ids.map((id) => ({ _tag: 'ById', kind: partKind, id })))
    for (const [n, part] of parts.entries()) {
      const text = part?.body['bytes']
      if (typeof text !== 'string') throw new Error('the content was removed while it was read')
      yield bytesOfText(text).subarray(0, length - (from + n) * partSize)
    }
  }
}

/** Writes bytes at a position, and drops what follows them. Returns the length afterwards. */
export const appendContent = (
  { repository, newId, partSize }: ContentStore,
  commit: Commit,
  key: SpoolKey,
  { from, bytes }: { readonly from: number; readonly bytes: Uint8Array }
): Promise<number> =>
  committed(commit, async () => {
    const found = await documentAt(repository, 'spool_content', key)
    if ((found === undefined ? 0 : lengthOf(found)) < from)
      throw new Error('the stored content is shorter than expected')
    const end = from + bytes.length
    const body = { length: end, isComplete: true }
    const nonce = newId()
    const id = found?.id ?? newDocumentId(key, nonce)
    const write = found === undefined ? creation('spool_content', key, nonce, body) : change(found, body)
    const first = Math.floor(from / partSize)
    const ids = Array.from({ length: Math.ceil(end / partSize) - first }, (_, n) => partId(id, first + n))
    if (bytes.length === 0 || ids.length === 0) return { writes: [write], result: end }
    const parts = await repository.load(ids.map((each) => ({ _tag: 'ById', kind: partKind, id: each })))
    // The piece in which the position lies keeps what is before it.
    const text = parts[0]?.body['bytes']
    const head = (typeof text === 'string' ? bytesOfText(text) : new Uint8Array()).subarray(0, from - first * partSize)
    const all = new Uint8Array(head.length + bytes.length)
    all.set(head)
    all.set(bytes, head.length)
    const writes = ids.map((each, n) =>
      partWrite(each, parts[n]?.version ?? 0, all.subarray(n * partSize, (n + 1) * partSize))
    )
    return { writes: [write, ...writes], result: end }
  })
