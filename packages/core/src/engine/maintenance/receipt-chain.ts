/**
 * The chain of receipts (L-38): receipts are sealed in blocks. Each entry has a hash that depends on all entries before it, so
 * the last hash, the head, changes with every change of the chain. A head that was kept elsewhere, or signed, proves the chain.
 */
import { canonicalText, type Json } from '../../domain/json.ts'
import type { JsonObject, Kind, Repository, Stored } from '../../repository/index.ts'
import type { ErasureKey } from '../transaction/erasure-key.ts'
import { type ReceiptEntry, receiptsKind } from '../transaction/erasure-receipt.ts'

export const blockKind: Kind = 'receipt_block'
export const headKind: Kind = 'receipt_head'
export const headId = 'head'

/** The end of the chain after some number of entries. */
export interface ReceiptHead {
  /** The number of entries. */
  readonly entries: number
  /** The hash of the last entry, as 64 hexadecimal digits; of no entries, that of the text `userpoint receipts`. */
  readonly hash: string
}

/** An entry at its place in the chain, from 1; its hash is the head after it. */
export interface SealedEntry {
  readonly number: number
  readonly entry: ReceiptEntry
  readonly hash: string
}

/** A receipt as the store keeps it. */
export interface KeptReceipt {
  readonly entry: ReceiptEntry
  /** Its place in the chain, from 1, and its hash; absent: it is not sealed yet. */
  readonly sealed?: { readonly number: number; readonly hash: string }
}

type Digest = ErasureKey['digest']

/** Returns the head of a chain without entries. */
export const emptyHead = (digest: Digest): ReceiptHead => ({ entries: 0, hash: digest('userpoint receipts') })

/**
 * Returns the next hash of a chain: the SHA-256 of the hash before, a line feed, and the canonical JSON of the entry, without
 * white space and with sorted keys.
 */
export const nextHash = (digest: Digest, before: string, entry: unknown): string =>
  digest(`${before}\n${canonicalText(entry as Json)}`)

/** Some entries in a row, as they are stored. */
export interface Block {
  readonly number: number
  /** The head before its first entry. */
  readonly before: ReceiptHead
  readonly entries: ReadonlyArray<ReceiptEntry>
  /** The head after its last entry. */
  readonly after: ReceiptHead
}

/** The head as it is stored, with the number of blocks. */
export interface StoredHead extends ReceiptHead {
  readonly version: number
  readonly blocks: number
}

/** Ids sort as text. */
export const blockId = (number: number): string => String(number).padStart(12, '0')

export const toBlock = ({ body }: Stored): Block => body as unknown as Block

export const readHead = async (repository: Repository, digest: Digest): Promise<StoredHead> => {
  const [stored] = await repository.load([{ _tag: 'ById', kind: headKind, id: headId }])
  if (stored === undefined) return { version: 0, blocks: 0, ...emptyHead(digest) }
  return { version: stored.version, ...(stored.body as unknown as Omit<StoredHead, 'version'>) }
}

/** Returns the block that follows a head. */
export const blockAfter = (
  { blocks, entries, hash }: StoredHead,
  sealed: ReadonlyArray<ReceiptEntry>,
  digest: Digest
): Block => {
  const last = sealed.reduce((before, entry) => nextHash(digest, before, entry), hash)
  return {
    number: blocks + 1,
    before: { entries, hash },
    entries: sealed,
    after: { entries: entries + sealed.length, hash: last }
  }
}

export const asBody = (value: object): JsonObject => value as unknown as JsonObject

/** Reads the blocks of a store, in the order of the chain. */
export async function* blocksOf(repository: Repository): AsyncGenerator<Block, void, undefined> {
  for await (const stored of repository.scan(blockKind)) yield toBlock(stored)
}

/** Returns the entries of documents that are not sealed yet. */
export const entriesIn = ({ body }: Stored): ReadonlyArray<ReceiptEntry> =>
  (body as unknown as { readonly receipts: ReadonlyArray<ReceiptEntry> }).receipts

/** Reads the entries that are not sealed yet. */
export async function* unsealedOf(repository: Repository): AsyncGenerator<ReceiptEntry, void, undefined> {
  for await (const stored of repository.scan(receiptsKind)) yield* entriesIn(stored)
}

/** Reads the sealed entries of a store with their hashes, in the order of the chain. */
export async function* sealedOf(repository: Repository, digest: Digest): AsyncGenerator<SealedEntry, void, undefined> {
  let { hash } = emptyHead(digest)
  let number = 0
  for await (const { entries } of blocksOf(repository)) {
    for (const entry of entries) {
      hash = nextHash(digest, hash, entry)
      number += 1
      yield { number, entry, hash }
    }
  }
}

const loadBlock = async (repository: Repository, number: number): Promise<Block | undefined> => {
  const [stored] = await repository.load([{ _tag: 'ById', kind: blockKind, id: blockId(number) }])
  return stored && toBlock(stored)
}

/** Returns the number of the block that has an entry, among this many; it loads few of them. */
const blockOf = async (repository: Repository, blocks: number, number: number): Promise<number> => {
  let [low, high] = [1, blocks]
  while (low < high) {
    const middle = (low + high) >> 1
    const block = await loadBlock(repository, middle)
    if (block === undefined || block.after.entries >= number) high = middle
    else low = middle + 1
  }
  return low
}

/** Some entries of the chain in a row, and the head of the whole chain. */
export interface ReceiptPage {
  readonly head: ReceiptHead
  readonly receipts: ReadonlyArray<SealedEntry>
}

/** Returns up to `limit` entries after the one with the number `after`, without reading the whole chain. */
export const pageOf = async (
  repository: Repository,
  digest: Digest,
  { after, limit }: { readonly after: number; readonly limit: number }
): Promise<ReceiptPage> => {
  const { entries, hash, blocks } = await readHead(repository, digest)
  const receipts: SealedEntry[] = []
  const last = Math.min(entries, after + limit)
  let at = after < last ? await blockOf(repository, blocks, after + 1) : blocks + 1
  for (; at <= blocks && (receipts.at(-1)?.number ?? after) < last; at++) {
    const block = await loadBlock(repository, at)
    let { entries: number, hash: before } = block?.before ?? { entries: last, hash }
    for (const entry of block?.entries ?? []) {
      before = nextHash(digest, before, entry)
      number += 1
      if (number > after && number <= last) receipts.push({ number, entry, hash: before })
    }
  }
  return { head: { entries, hash }, receipts }
}
