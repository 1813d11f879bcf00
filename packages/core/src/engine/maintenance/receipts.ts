/** The receipts and suppressions of a store, and what an engine does with them. */
import type { E } from '../../fp.ts'
import type { Repository } from '../../repository/index.ts'
import { demandOptions } from '../../wrong-call.ts'
import { fromStore, type StoreFailed } from '../transaction/engine-error.ts'
import type { ErasureKey } from '../transaction/erasure-key.ts'
import { suppressionKind } from '../transaction/load.ts'
import { exportChain, receiptExportOptions, type ReceiptExportOptions } from './receipt-export.ts'
import { type KeptReceipt, pageOf, type ReceiptHead, type ReceiptPage, sealedOf, unsealedOf } from './receipt-chain.ts'
import { type SealReport, sealReceipts } from './sealing.ts'
import { type StoreChainReport, verifyStored } from './verify-receipts.ts'

/** A suppressed identifier. Only the holder of the key can tell which one it is. */
export interface Suppression {
  /** The text in place of the claim: `keyed:` and a keyed digest. */
  readonly claim: string
  /** When it was suppressed, in milliseconds since 1970. */
  readonly since: number
}

/** The receipts and suppressions of one store. */
export interface Receipts {
  /** Reads all receipts: those of the chain in its order, then the others. Throws errors of the store's scan. */
  readonly all: () => AsyncIterable<KeptReceipt>
  /** Yields the lines of an export of the chain: each sealed receipt, and last the head. Throws errors of the store's scan. */
  readonly export: (options: ReceiptExportOptions) => AsyncIterable<string>
  /** Returns up to `limit` sealed receipts after the one with the number `after`, and the head; it does not read the whole chain. */
  readonly page: (place: {
    readonly after: number
    readonly limit: number
  }) => Promise<E.Either<StoreFailed, ReceiptPage>>
  /** Moves the receipts that are not sealed into the chain. Imports, sweeps and purges do that at their end. */
  readonly seal: () => Promise<E.Either<StoreFailed, SealReport>>
  /**
   * Verifies the chain.
   *
   * @param known A head that is known to be right, such as one that was kept elsewhere; it may be of the chain's beginning.
   */
  readonly verify: (known?: ReceiptHead) => Promise<E.Either<StoreFailed, StoreChainReport>>
  /** Reads all suppressions. Throws errors of the store's scan. */
  readonly suppressions: () => AsyncIterable<Suppression>
}

async function* receiptsIn(repository: Repository, key: ErasureKey): AsyncGenerator<KeptReceipt, void, undefined> {
  for await (const { entry, number, hash } of sealedOf(repository, key.digest))
    yield { entry, sealed: { number, hash } }
  for await (const entry of unsealedOf(repository)) yield { entry }
}

/** Returns the receipts of a store. */
export const receiptsOver = (repository: Repository, key: ErasureKey): Receipts => ({
  all: () => receiptsIn(repository, key),
  export: (options) => {
    // At once, so that a wrong name is an error of the call.
    demandOptions('receipts.export', options, receiptExportOptions)
    return exportChain(receiptsIn(repository, key), key.digest, options)
  },
  page: (place) => fromStore('load', () => pageOf(repository, key.digest, place)),
  seal: () => sealReceipts(repository, key),
  verify: (known) => verifyStored(repository, key, known),
  async *suppressions() {
    for await (const { body } of repository.scan(suppressionKind)) yield body as unknown as Suppression
  }
})
