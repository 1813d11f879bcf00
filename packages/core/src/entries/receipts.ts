/**
 * `@userpoint/core/receipts`: the receipts of erasures, their chain, and its verification, which needs no key.
 *
 * @module
 */
export type { ErasureOptions } from '../engine/engine-options.ts'
export type { ErasureKey } from '../engine/transaction/erasure-key.ts'
export type { ErasureReceipt, PurgeReceipt, ReceiptEntry, Removed } from '../engine/transaction/erasure-receipt.ts'
export type { KeptReceipt, ReceiptHead, ReceiptPage, SealedEntry } from '../engine/maintenance/receipt-chain.ts'
export {
  type ExportCheckOptions,
  type ExportedHead,
  type ExportFlaw,
  type ExportReport,
  headText,
  type ReceiptExportOptions,
  verifyExport
} from '../engine/maintenance/receipt-export.ts'
export type { Receipts, Suppression } from '../engine/maintenance/receipts.ts'
export type { SealReport } from '../engine/maintenance/sealing.ts'
export {
  type ChainCheck,
  type ChainFlaw,
  type ChainReport,
  checkChain,
  type ClaimedEntry,
  type KnownHead,
  type StoreChainReport
} from '../engine/maintenance/verify-receipts.ts'
