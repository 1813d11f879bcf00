/** The export of a chain of receipts: lines of JSON that anyone can verify with the public key, and nothing else. */
import { readJson } from '../../domain/json-text.ts'
import type { Awaitable } from '../../repository/index.ts'
import { demandOptions, type OptionNames } from '../../wrong-call.ts'
import type { ErasureKey } from '../transaction/erasure-key.ts'
import { emptyHead, type KeptReceipt, type ReceiptHead } from './receipt-chain.ts'
import { type ChainFlaw, checkChain, type ClaimedEntry } from './verify-receipts.ts'

/** A head, and when it was exported. */
export interface ExportedHead extends ReceiptHead {
  /** In milliseconds since 1970. */
  readonly at: number
  /** The signature of {@link headText} in Base64; absent: it is not signed. */
  readonly signature?: string
}

/** The last line of an export. */
interface LastLine {
  readonly head: ExportedHead
  /** The number of receipts that were not sealed, and are not in the export. No signature covers it. */
  readonly unsealed: number
}

/** Returns the text that a signature of a head is of: four lines, without a line feed at the end. */
export const headText = ({ entries, hash, at }: Omit<ExportedHead, 'signature'>): string =>
  `userpoint receipts\n${entries}\n${hash}\n${at}`

export interface ReceiptExportOptions {
  readonly clock: () => number
  /** Signs the bytes of a text, such as with Ed25519; returns the signature in Base64. Without it the head is not signed. */
  readonly sign?: (text: string) => Awaitable<string>
}

export const receiptExportOptions: OptionNames<ReceiptExportOptions> = { clock: 'needed', sign: 'optional' }

/** Yields the lines of an export of the chain, without line feeds: each entry with its place and hash, and last the head. */
export async function* exportChain(
  all: AsyncIterable<KeptReceipt>,
  digest: ErasureKey['digest'],
  { clock, sign }: ReceiptExportOptions
): AsyncGenerator<string, void, undefined> {
  let head = emptyHead(digest)
  let unsealed = 0
  for await (const { entry, sealed } of all) {
    if (sealed === undefined) {
      unsealed += 1
      continue
    }
    head = { entries: sealed.number, hash: sealed.hash }
    yield JSON.stringify({ number: sealed.number, hash: sealed.hash, entry })
  }
  const dated = { ...head, at: clock() }
  const signature = await sign?.(headText(dated))
  const last: LastLine = { head: { ...dated, ...(signature !== undefined && { signature }) }, unsealed }
  yield JSON.stringify(last)
}

/**
 * The flaw of an export. `Line`: a line is not one of an export, has a key twice or an unknown one, or follows the head. `NoHead`:
 * the last line is missing. `Signature`: the head has no signature, or one that is not of the key. The others are those of the chain.
 */
export type ExportFlaw =
  | ChainFlaw
  | { readonly _tag: 'Line'; readonly line: number }
  | { readonly _tag: 'NoHead' }
  | { readonly _tag: 'Signature' }

/** The result of the verification of an export. */
export interface ExportReport {
  /** The head that the export ends with; absent: it has none. */
  readonly head?: ExportedHead
  /** `undefined`: the export is whole. */
  readonly flaw: ExportFlaw | undefined
}

export interface ExportCheckOptions {
  /** SHA-256 of a text's UTF-8, as 64 lower-case hexadecimal digits. */
  readonly digest: ErasureKey['digest']
  /** Returns whether a signature in Base64 is that of a text, by the public key. Without it the signature is not checked. */
  readonly verify?: (text: string, signature: string) => Awaitable<boolean>
  /** A head of an earlier export, which the chain must go on from. */
  readonly earlier?: ReceiptHead
}

const checkOptions: OptionNames<ExportCheckOptions> = { digest: 'needed', verify: 'optional', earlier: 'optional' }

/** Returns the value of a line; `undefined`: it is no JSON, or readers could disagree about its value. */
const parsed = (text: string): unknown => {
  const read = readJson(text)
  return read._tag === 'Value' ? read.value : undefined
}

type Fields = Readonly<Record<string, unknown>>

/** Returns whether a value is an object with no other keys than these; no hash and no signature would cover them. */
const isObjectOf = (value: unknown, ...keys: ReadonlyArray<string>): value is Fields =>
  isObject(value) && Object.keys(value).every((key) => keys.includes(key))

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const entryLine = (value: unknown): ClaimedEntry | undefined =>
  isObjectOf(value, 'number', 'hash', 'entry') &&
  typeof value['number'] === 'number' &&
  typeof value['hash'] === 'string' &&
  isObject(value['entry'])
    ? { number: value['number'], hash: value['hash'], entry: value['entry'] }
    : undefined

const headLine = (value: unknown): ExportedHead | undefined => {
  if (!isObjectOf(value, 'head', 'unsealed') || typeof value['unsealed'] !== 'number') return undefined
  if (!isObjectOf(value['head'], 'entries', 'hash', 'at', 'signature')) return undefined
  const { entries, hash, at, signature } = value['head']
  if (typeof entries !== 'number' || typeof hash !== 'string' || typeof at !== 'number') return undefined
  if (signature === undefined) return { entries, hash, at }
  return typeof signature === 'string' ? { entries, hash, at, signature } : undefined
}

/**
 * Verifies an export of a chain. It says nothing about the receipts that were not sealed: their number is not signed.
 *
 * @param lines Its lines, without line feeds.
 * @example
 * ```ts
 * import { verifyExport } from '@userpoint/core/receipts'
 * import { createHash } from 'node:crypto'
 *
 * const digest = (text: string) => createHash('sha256').update(text).digest('hex')
 * async function* lines() {
 *   yield JSON.stringify({ head: { entries: 0, hash: digest('userpoint receipts'), at: 0 }, unsealed: 0 })
 * }
 * const { flaw } = await verifyExport(lines(), { digest })
 * console.log(flaw) // => undefined
 * ```
 */
export const verifyExport = async (
  lines: AsyncIterable<string> | Iterable<string>,
  options: ExportCheckOptions
): Promise<ExportReport> => {
  demandOptions('verifyExport', options, checkOptions)
  const { digest, verify, earlier } = options
  const check = checkChain(digest, undefined)
  const since = checkChain(digest, earlier && { ...earlier, of: 'beginning' })
  let flaw: ExportFlaw | undefined
  let head: ExportedHead | undefined
  let number = 0
  for await (const text of lines) {
    number += 1
    const value = parsed(text)
    const entry = entryLine(value)
    if (head !== undefined || (entry === undefined && headLine(value) === undefined)) {
      flaw ??= { _tag: 'Line', line: number }
    } else if (entry === undefined) {
      head = headLine(value)
    } else {
      check.next(entry)
      since.next(entry)
    }
  }
  if (head === undefined) return { flaw: flaw ?? { _tag: 'NoHead' } }
  const found = check.end()
  flaw ??= found.flaw ?? since.end().flaw
  if (found.head.entries !== head.entries || found.head.hash !== head.hash)
    flaw ??= { _tag: 'Head', entries: head.entries }
  const isSigned =
    verify === undefined || (head.signature !== undefined && (await verify(headText(head), head.signature)))
  if (!isSigned) flaw ??= { _tag: 'Signature' }
  return { head, flaw }
}
