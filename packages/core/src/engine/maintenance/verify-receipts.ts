/** The verification of a chain of receipts, in a store or in an export. It needs no key: anyone can do it. */
import type { E } from '../../fp.ts'
import type { Repository } from '../../repository/index.ts'
import { fromStore, type StoreFailed } from '../transaction/engine-error.ts'
import type { ErasureKey } from '../transaction/erasure-key.ts'
import { blocksOf, emptyHead, nextHash, readHead, type ReceiptHead, unsealedOf } from './receipt-chain.ts'

/**
 * A flaw of a chain. `Entry`: the entry at this place, or one before it, was altered, dropped, inserted or moved. `Head`: the
 * chain is sound in itself, and is not the one that the head is of: its end was cut off, or all of it was made anew.
 */
export type ChainFlaw =
  | { readonly _tag: 'Entry'; readonly number: number }
  | { readonly _tag: 'Head'; readonly entries: number }

/** The result of a verification. */
export interface ChainReport {
  /** The head that the entries give. */
  readonly head: ReceiptHead
  /** `undefined`: the chain is whole. */
  readonly flaw: ChainFlaw | undefined
}

/** A line of an export: an entry, its place and its hash, as they are claimed to be. */
export interface ClaimedEntry {
  readonly number: number
  readonly entry: unknown
  readonly hash: string
}

/** Follows a chain, entry by entry. */
export interface ChainCheck {
  /** Takes the next entry. */
  readonly next: (line: ClaimedEntry) => void
  /** Returns the report on all entries. */
  readonly end: () => ChainReport
}

/** A head that is known to be right: its signature holds, or it was kept elsewhere. */
export interface KnownHead extends ReceiptHead {
  /** `whole`: the chain ends with it. `beginning`: the chain may have grown since. */
  readonly of: 'whole' | 'beginning'
}

/**
 * Returns a check of a chain.
 *
 * @param digest SHA-256 of a text's UTF-8, as 64 lower-case hexadecimal digits.
 * @param known `undefined`: only the hashes that the chain itself has are checked, which finds no chain that was made anew.
 */
export const checkChain = (digest: ErasureKey['digest'], known: KnownHead | undefined): ChainCheck => {
  let head = emptyHead(digest)
  let flaw: ChainFlaw | undefined
  const compare = (): void => {
    if (known?.entries === head.entries && known.hash !== head.hash) flaw ??= { _tag: 'Head', entries: known.entries }
  }
  compare()
  return {
    next: ({ number, entry, hash }) => {
      head = { entries: head.entries + 1, hash: nextHash(digest, head.hash, entry) }
      if (number !== head.entries || hash !== head.hash) flaw ??= { _tag: 'Entry', number: head.entries }
      compare()
    },
    end: () => {
      const isOther = known !== undefined && (head.entries < known.entries || known.of === 'whole')
      if (isOther && head.entries !== known.entries) flaw ??= { _tag: 'Head', entries: known.entries }
      return { head, flaw }
    }
  }
}

/** The result of the verification of a store. */
export interface StoreChainReport extends ChainReport {
  /** The number of receipts that are not sealed yet, about which the chain says nothing. */
  readonly unsealed: number
}

/** Verifies the chain of a store: its blocks follow each other, and its head is theirs. */
export const verifyStored = (
  repository: Repository,
  { digest }: Pick<ErasureKey, 'digest'>,
  known: ReceiptHead | undefined
): Promise<E.Either<StoreFailed, StoreChainReport>> =>
  fromStore('scan', async () => {
    // First: what is sealed meanwhile makes the chain longer than this head.
    const stored = await readHead(repository, digest)
    const ofBeginning = (head: ReceiptHead): KnownHead => ({ ...head, of: 'beginning' })
    const checks = [checkChain(digest, ofBeginning(stored)), checkChain(digest, known && ofBeginning(known))] as const
    let flaw: ChainFlaw | undefined
    let [number, hash] = [0, emptyHead(digest).hash]
    for await (const { before, entries, after } of blocksOf(repository)) {
      if (before.entries !== number || before.hash !== hash) flaw ??= { _tag: 'Entry', number: number + 1 }
      for (const entry of entries) {
        hash = nextHash(digest, hash, entry)
        number += 1
        for (const check of checks) check.next({ number, entry, hash })
      }
      if (after.entries !== number || after.hash !== hash) flaw ??= { _tag: 'Entry', number: before.entries + 1 }
    }
    const last = await readHead(repository, digest)
    if (number > last.entries) flaw ??= { _tag: 'Head', entries: last.entries }
    let unsealed = 0
    for await (const _ of unsealedOf(repository)) unsealed += 1
    const [own, given] = checks.map((check) => check.end())
    return { head: { entries: number, hash }, flaw: flaw ?? own?.flaw ?? given?.flaw, unsealed }
  })
