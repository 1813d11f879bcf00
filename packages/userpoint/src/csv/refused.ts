/** The reasons why a CSV as a whole, or one of its rows, is refused. */
import type { ImportReport } from '@userpoint/core'

/** The sentence for each code of a refused file. */
const messages = {
  EMPTY_FILE: 'the CSV is empty: it has no header',
  DUPLICATE_HEADER: 'two columns have the same name',
  MISSING_COLUMN: 'a column is missing in the header',
  BAD_ENCODING: 'the bytes are not text in the given encoding',
  QUOTE_NOT_CLOSED: 'a quotation mark is opened and never closed',
  ROW_TOO_LONG: 'a row is longer than the limit; a quotation mark before it may not be closed'
} as const

/** The reason why a whole CSV is refused; stable. */
export type CsvRefusedCode = keyof typeof messages

/** The CSV as a whole is refused, and no row of it is applied. The message holds no value of the file. */
export class CsvRefused extends Error {
  override readonly name = 'CsvRefused'
  readonly code: CsvRefusedCode
  /** The line of the file, from 1; absent: the file as a whole. */
  readonly line: number | undefined
  /** The missing column, as the program names it; or the second column of one name, by its number from 1. */
  readonly column: string | number | undefined

  constructor(
    code: CsvRefusedCode,
    { line, column }: { readonly line?: number; readonly column?: string | number } = {}
  ) {
    const place = [
      ...(line === undefined ? [] : [`line ${line}`]),
      ...(column === undefined ? [] : [`column ${column}`])
    ]
    super(place.length === 0 ? messages[code] : `${messages[code]} (${place.join(', ')})`)
    this.code = code
    this.line = line
    this.column = column
  }
}

/**
 * The error CSV could not be written. `ERROR_FILE_LOST`: it lacks what earlier runs of the execution had written to it;
 * restore it. `ERROR_FILE_FAILED`: see `cause`.
 */
export class ErrorFileFailed extends Error {
  override readonly name = 'ErrorFileFailed'
  readonly code: 'ERROR_FILE_LOST' | 'ERROR_FILE_FAILED'

  /** The counts of the import by then; absent: it had not begun. */
  readonly report: ImportReport | undefined

  constructor(code: ErrorFileFailed['code'], cause?: unknown, report?: ImportReport) {
    super(code === 'ERROR_FILE_LOST' ? 'the error CSV is not as it was left' : 'the error CSV cannot be written', {
      cause
    })
    this.code = code
    this.report = report
  }
}

/** The sentence for each code of a refused row that no line of a document can have. */
export const rowMessages = {
  BAD_QUOTES: 'a quotation mark stands inside a cell that is not quoted as a whole; double it and quote the cell',
  WRONG_COLUMN_COUNT: 'the row has more or fewer cells than the header',
  NOT_MAPPED: 'the program could not make a line of the row'
} as const

export type RowCode = keyof typeof rowMessages
