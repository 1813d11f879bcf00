/** The error CSV: the rejected rows as they were, each with its line, a code and a sentence. */
import { WrongCall } from '@userpoint/core/repository'
import { constants, open, stat } from 'node:fs/promises'
import type { VerdictSink } from '@userpoint/core'
import { stringify } from 'csv-stringify/sync'
import { rowCodes, type Table } from './table.ts'
import { ErrorFileFailed, type RowCode, rowMessages } from './refused.ts'

/** Takes the text of the error CSV, piece by piece. A promise that it returns is waited for. */
export type ErrorWriter = (text: string) => unknown

/** A rejected line, in the words of the CSV. */
export const inWordsOfCsv = <Code extends string>({
  code,
  message
}: {
  readonly code: Code
  readonly message: string
}) => {
  const rowCode: RowCode | undefined = rowCodes.get(code)
  return rowCode === undefined ? { code, message } : { code: rowCode, message: rowMessages[rowCode] }
}

/** The first columns of an error CSV, before those of the CSV itself. */
const errorColumns = ['error_line', 'error_code', 'error_message']

// The first columns of an error CSV that was corrected and imported are those of the errors before.
const startOf = (header: ReadonlyArray<string>): number =>
  errorColumns.every((column, at) => header[at] === column) ? errorColumns.length : 0

/** Returns the row on a line of the CSV. The lines are asked for in ascending order, except after a failed commit. */
const rowFinder = (table: Table) => {
  let rows: ReturnType<Table['rows']> | undefined
  let last = 0
  return {
    find: async (line: number): Promise<ReadonlyArray<string>> => {
      if (line <= last) await rows?.return()
      if (rows === undefined || line <= last) rows = table.rows()
      for (;;) {
        const { value, done } = await rows.next()
        if (done === true) throw new Error('the CSV has changed while it was imported')
        last = value.line
        if (last === line) return value.cells
      }
    },
    close: async () => void (await rows?.return())
  }
}

/** Opens the place of an error CSV: `write` drops what stands there from `from` on, and returns the new length. */
interface ErrorPlace {
  readonly write: (text: string, from: number) => Promise<number>
  readonly close: () => Promise<void>
}

const filePlace = (path: string | URL): ErrorPlace => {
  let file: Awaited<ReturnType<typeof open>> | undefined
  const write = async (text: string, from: number): Promise<number> => {
    file ??= await open(path, constants.O_RDWR | (from === 0 ? constants.O_CREAT : 0), 0o600)
    if ((await file.stat()).size < from) throw new ErrorFileFailed('ERROR_FILE_LOST')
    await file.truncate(from)
    const bytes = new TextEncoder().encode(text)
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, from + written)
      written += bytesWritten
    }
    if (bytes.length > 0) await file.datasync()
    return from + bytes.length
  }
  return {
    write: async (text, from) => {
      try {
        return await write(text, from)
      } catch (error) {
        if (error instanceof ErrorFileFailed) throw error
        const isLost = from > 0 && (error as { readonly code?: unknown }).code === 'ENOENT'
        throw new ErrorFileFailed(isLost ? 'ERROR_FILE_LOST' : 'ERROR_FILE_FAILED', error)
      }
    },
    close: async () => file?.close()
  }
}

const writerPlace = (writer: ErrorWriter): ErrorPlace => ({
  write: async (text, from) => {
    if (text !== '') await writer(text)
    return from + text.length
  },
  close: async () => undefined
})

const fileOf = (place: unknown) =>
  typeof place === 'string' || place instanceof URL ? stat(place, { bigint: true }).catch(() => undefined) : undefined

/** @throws TypeError where the errors would overwrite the CSV itself. A text that is no path is no file. */
export const requireApart = async (source: unknown, errors: unknown): Promise<void> => {
  const [one, other] = await Promise.all([fileOf(source), fileOf(errors)])
  if (one === undefined || one.dev !== other?.dev || one.ino !== other.ino) return
  throw new WrongCall('WRONG_ARGUMENT', 'the errors would overwrite the CSV: name another file')
}

export interface ErrorFile {
  /** Empties the file, or throws {@link ErrorFileFailed} before anything is applied. */
  readonly begin: () => Promise<void>
  readonly sink: VerdictSink
  readonly close: () => Promise<void>
}

/**
 * Returns the error CSV of a table, as a sink of verdicts. It begins with a byte order mark, so that spreadsheets read it as
 * UTF-8. Only the user who runs the program may read a new file: it holds personal data.
 */
export const openErrorFile = (target: string | URL | ErrorWriter, table: Table, delimiter: string): ErrorFile => {
  const place = typeof target === 'function' ? writerPlace(target) : filePlace(target)
  const finder = rowFinder(table)
  const textOf = (rows: ReadonlyArray<ReadonlyArray<string>>): string =>
    stringify(rows as Array<Array<string>>, { delimiter, record_delimiter: '\r\n', quoted_match: /[\r\n]/ })
  return {
    begin: async () => void (await place.write('', 0)),
    sink: async (verdicts, from) => {
      const header = table.header() ?? []
      const start = startOf(header)
      const rows: Array<ReadonlyArray<string>> = []
      for (const { line, verdict } of verdicts) {
        if (verdict._tag !== 'Rejected') continue
        const { code, message } = inWordsOfCsv(verdict)
        const sentence = verdict.path === undefined ? message : `${verdict.path}: ${message}`
        rows.push([String(line), code, sentence, ...(await finder.find(line)).slice(start)])
      }
      const beginning = from === 0 ? `\ufeff${textOf([[...errorColumns, ...header.slice(start)]])}` : ''
      return place.write(beginning + (rows.length === 0 ? '' : textOf(rows)), from)
    },
    close: async () => {
      await finder.close()
      await place.close()
    }
  }
}
