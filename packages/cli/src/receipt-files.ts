/** Exports of receipts, as files. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type ExportFlaw, type ReceiptEntry, type ReceiptHead, verifyExport } from '@userpoint/core/receipts'
import { Failure, printable, reasonOf } from './failure.ts'
import { grouped } from './report-table.ts'

/** Returns the SHA-256 of a text, as the chain has it. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Yields the lines of an export in a file, or in a stream. */
export async function* linesIn(source: string | Readable): AsyncGenerator<string> {
  const isPath = typeof source === 'string'
  try {
    const input = isPath ? createReadStream(source) : source
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  } catch (error) {
    throw new Failure(
      `the export ${isPath ? printable(source) : 'on standard input'} cannot be read: ${reasonOf(error)}`
    )
  }
}

/** Returns the sentence about a flaw. */
export const flawText = (flaw: ExportFlaw): string => {
  switch (flaw._tag) {
    case 'Entry':
      return `receipt ${grouped(flaw.number)}, or one before it, was altered, dropped, inserted or moved`
    case 'Head':
      return `the chain is not the one of the head with ${grouped(flaw.entries)} receipts: its end was cut off, or it was made anew`
    case 'Line':
      return `line ${grouped(flaw.line)} is not one of an export`
    case 'NoHead':
      return 'the last line, with the head, is missing'
    case 'Signature':
      return 'the head has no signature of this key'
  }
}

/** Returns the head of an export that is whole. */
export const headIn = async (path: string): Promise<ReceiptHead> => {
  const { head, flaw } = await verifyExport(linesIn(path), { digest })
  if (flaw !== undefined || head === undefined)
    throw new Failure(
      `the earlier export ${printable(path)} is flawed${flaw === undefined ? '' : `: ${flawText(flaw)}`}`
    )
  return head
}

/** Returns the receipts in an export that is whole. */
export const receiptsIn = async (path: string): Promise<ReadonlyArray<ReceiptEntry>> => {
  await headIn(path)
  const entries: ReceiptEntry[] = []
  for await (const line of linesIn(path)) {
    const { entry } = JSON.parse(line) as { readonly entry?: ReceiptEntry }
    if (entry !== undefined) entries.push(entry)
  }
  return entries
}
