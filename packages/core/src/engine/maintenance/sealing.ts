/**
 * Sealing: a step that moves receipts into the chain, in blocks. A writer of receipts never waits for another one, because only
 * sealers write the head of the chain; of two sealers at once, one lands.
 */
import type { E } from '../../fp.ts'
import type { Repository, Stored, Write } from '../../repository/index.ts'
import { fromStore, type StoreFailed } from '../transaction/engine-error.ts'
import type { ErasureKey } from '../transaction/erasure-key.ts'
import { type ReceiptEntry, receiptsKind } from '../transaction/erasure-receipt.ts'
import {
  asBody,
  type Block,
  blockAfter,
  blockId,
  blockKind,
  entriesIn,
  headId,
  headKind,
  readHead
} from './receipt-chain.ts'
import type { ReceiptHead, StoredHead } from './receipt-chain.ts'

/** The result of sealing. */
export interface SealReport {
  /** The number of entries that were sealed. */
  readonly sealed: number
  /** The head of the chain afterwards. */
  readonly head: ReceiptHead
}

// A block is one document: with more entries it would be large, with fewer there would be many.
const documentsPerBlock = 200
const entriesPerBlock = 1_000
// Another sealer may land first. It seals the same receipts.
const attempts = 5

/** Returns documents of one block: the first, and those that fit beside it. */
const fitting = (page: ReadonlyArray<Stored>): ReadonlyArray<Stored> => {
  let entries = 0
  return page.filter((stored, at) => {
    entries += entriesIn(stored).length
    return at === 0 || entries <= entriesPerBlock
  })
}

const byTime = (a: ReceiptEntry, b: ReceiptEntry): number => a.at - b.at

const blockWrites = (head: StoredHead, block: Block, sealed: ReadonlyArray<Stored>): ReadonlyArray<Write> => {
  const { number, after } = block
  const unclaimed = { claim: [], release: [] }
  return [
    {
      kind: headKind,
      id: headId,
      expected: head.version,
      body: asBody({ blocks: number, ...after }),
      ...unclaimed
    },
    { kind: blockKind, id: blockId(number), expected: 0, body: asBody(block), ...unclaimed },
    ...sealed.map(({ kind, id, version }) => ({ kind, id, expected: version, body: undefined, ...unclaimed }))
  ]
}

/** Seals one block. Returns the number of its entries; `Beaten`: another sealer landed first. */
const sealBlock = async (repository: Repository, { digest }: ErasureKey): Promise<number | 'Beaten'> => {
  const head = await readHead(repository, digest)
  const page: Stored[] = []
  for await (const stored of repository.scan(receiptsKind, { limit: documentsPerBlock })) page.push(stored)
  const sealed = fitting(page)
  if (sealed.length === 0) return 0
  const entries = sealed.flatMap(entriesIn).toSorted(byTime)
  const writes = blockWrites(head, blockAfter(head, entries, digest), sealed)
  return (await repository.commit(writes))._tag === 'Committed' ? entries.length : 'Beaten'
}

/** Seals the receipts that are there, in as many blocks as it takes. */
export const sealReceipts = (repository: Repository, key: ErasureKey): Promise<E.Either<StoreFailed, SealReport>> =>
  fromStore('commit', async () => {
    let sealed = 0
    let beaten = 0
    while (beaten < attempts) {
      const more = await sealBlock(repository, key)
      if (more === 0) break
      if (more === 'Beaten') beaten += 1
      else sealed += more
    }
    const { entries, hash } = await readHead(repository, key.digest)
    return { sealed, head: { entries, hash } }
  })
