/** The names of the options of each call: a misspelt one is a mistake in the program, and is not ignored. */
import type { ReceiptExportOptions } from '@userpoint/core/receipts'
import {
  aFunction,
  aSignal,
  oneOf,
  type OptionNames,
  type OptionValues,
  type ValueRule
} from '@userpoint/core/repository'
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

/** Anything else would erase, and suppress nothing. */
const onlyTrue: ValueRule = { holds: (value) => value === true, expected: 'true if it is given' }
export const texts: ValueRule = {
  holds: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  expected: 'an array of texts'
}
const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]'
/** A text in place of an array would name the property as a whole. */
const arrays: ValueRule = {
  holds: (value) => isPlain(value) && Object.values(value).every((each) => Array.isArray(each)),
  expected: 'an object with an array for each property'
}

/** The rules for the values of options; those of an engine are checked by it. */
export const optionValues = {
  createUserpoint: {
    purge: oneOf('background', 'manual'),
    onPurge: aFunction
  } satisfies OptionValues<UserpointOptions>,
  erase: { suppress: onlyTrue } satisfies OptionValues<ErasureOptions>,
  removeAttributes: { whole: texts, values: arrays } satisfies OptionValues<Removal>,
  importDocument: {
    onProgress: aFunction,
    onVerdicts: aFunction,
    verdictSink: aFunction,
    framing: oneOf('lenient', 'strict'),
    otherSettings: oneOf('refuse', 'accept'),
    signal: aSignal
  } satisfies OptionValues<ImportOptions>
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
