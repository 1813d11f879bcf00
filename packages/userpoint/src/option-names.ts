/** The names of the options of each call: a misspelt one is a mistake in the program, and is not ignored. */
import type { ReceiptExportOptions } from '@userpoint/core/receipts'
import type { OptionNames } from '@userpoint/core/repository'
import type { ImportOptions, MembershipOptions, Removal, UpsertOptions, UserpointOptions } from './calls.ts'
import type { ErasureOptions } from './erasure-options.ts'

const createUserpoint: OptionNames<UserpointOptions> = {
  repository: 'needed',
  settings: 'optional',
  purge: 'optional',
  erasureKey: 'optional',
  onPurge: 'optional'
}
const upsert: OptionNames<UpsertOptions> = { merge: 'optional', profile: 'optional' }
const removeAttributes: OptionNames<Removal> = { whole: 'optional', values: 'optional', profile: 'optional' }
const erase: OptionNames<ErasureOptions> = { suppress: 'optional' }
const addSegment: OptionNames<MembershipOptions> = { expires: 'optional', dataBag: 'optional' }
const exportReceipts: OptionNames<Pick<ReceiptExportOptions, 'sign'>> = { sign: 'optional' }
const importDocument: OptionNames<ImportOptions> = {
  execution: 'optional',
  onProgress: 'optional',
  onVerdicts: 'optional',
  verdictSink: 'optional',
  maxRejected: 'optional',
  framing: 'optional',
  otherSettings: 'optional',
  signal: 'optional'
}

export const optionNames = {
  createUserpoint,
  upsert,
  erase,
  removeAttributes,
  addSegment,
  exportReceipts,
  importDocument
}
