/** CSV: bytes become the rows below a header, with the line on which each begins. */
import { WrongCall } from '@userpoint/core/repository'
import { Readable } from 'node:stream'
import { type CsvError, type Options, parse } from 'csv-parse'
import { CsvRefused } from './refused.ts'

/** The spelling of a CSV. */
export interface CsvFormat {
  /** The one character between two cells; `,` unless given. */
  readonly delimiter?: string
  /** The label of the encoding, as `TextDecoder` takes it; `utf-8` unless given. */
  readonly encoding?: string
}

/** A row below the header. */
export interface CsvRow {
  /** The line of the file on which it begins, from 1. */
  readonly line: number
  readonly cells: ReadonlyArray<string>
  /** `true`: a quotation mark stands where none may stand, so that the cells are in doubt. */
  readonly isBroken: boolean
}

// As long as the longest command. A quotation mark that is never closed would make one row of the rest of the file.
const longestRow = 1_048_576

const lineBreaks = /\r\n|\n|\r/g

const countLineBreaks = (cells: ReadonlyArray<string>): number => {
  let count = 0
  for (const cell of cells) if (/[\r\n]/.test(cell)) count += cell.match(lineBreaks)?.length ?? 0
  return count
}

/** Matches the text of a row whose cells are quoted as RFC 4180 says: as a whole, or not at all. */
const wellQuoted = (delimiter: string): RegExp => {
  const mark = delimiter.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
  const cell = `(?:"(?:[^"]|"")*"|[^"${mark}\\r\\n]*)`
  return new RegExp(`^[\\r\\n]*${cell}(?:${mark}${cell})*[\\r\\n]*$`)
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  const textOf = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true })
    } catch {
      throw new CsvRefused('BAD_ENCODING')
    }
  }
  for await (const piece of bytes) {
    const text = textOf(piece)
    if (text !== '') yield text
  }
  const rest = textOf()
  if (rest !== '') yield rest
}

/** @throws TypeError where the format cannot be read. */
export const requireFormat = ({ delimiter = ',', encoding = 'utf-8' }: CsvFormat): Required<CsvFormat> => {
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    throw new WrongCall('WRONG_ARGUMENT', 'a delimiter is one character')
  try {
    return { delimiter, encoding: new TextDecoder(encoding).encoding }
  } catch {
    throw new WrongCall(
      'WRONG_ARGUMENT',
      'an encoding is a label that TextDecoder takes, such as utf-8 or windows-1252'
    )
  }
}

/** A record as the parser gives it with `info` and `raw`. */
interface Parsed {
  readonly record: ReadonlyArray<string>
  readonly raw: string
  readonly info: { readonly empty_lines: number }
}

const refusals: Readonly<Record<string, CsvRefused['code']>> = {
  CSV_QUOTE_NOT_CLOSED: 'QUOTE_NOT_CLOSED',
  CSV_MAX_RECORD_SIZE: 'ROW_TOO_LONG'
}

/** The error as a refusal, if it is about the CSV; it stands on the line after the last row that was read. */
const refusalOf = (error: unknown, line: number): unknown => {
  const code = refusals[(error as Partial<CsvError>).code ?? '']
  return code === undefined ? error : new CsvRefused(code, { line })
}

/**
 * Reads a CSV row by row, the header first. Blank lines are no rows. A byte order mark is dropped.
 *
 * @throws CsvRefused where the rest of the file cannot be trusted: for the encoding, an open quotation mark, or a row that
 *   is too long.
 */
export async function* readCsv(
  bytes: AsyncIterable<Uint8Array>,
  { delimiter, encoding }: Required<CsvFormat>
): AsyncGenerator<CsvRow, void, undefined> {
  const isQuotedWell = wellQuoted(delimiter)
  let linesOfRows = 0
  let blankLines = 0
  const lineAfter = () => linesOfRows + blankLines + 1
  const rowOf = ({ record: cells, raw, info }: Parsed): CsvRow => {
    blankLines = info.empty_lines
    const line = lineAfter()
    linesOfRows += 1 + countLineBreaks(cells)
    return { line, cells, isBroken: raw.includes('"') && !isQuotedWell.test(raw) }
  }
  const parser = parse({
    delimiter,
    info: true,
    raw: true,
    relax_column_count: true,
    // Kept as text, so that the next row is found; the row itself is refused below.
    relax_quotes: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    max_record_size: longestRow,
    // Called as each row ends, so that the place of an error is known although the rows before it are not taken yet.
    on_record: rowOf as unknown as NonNullable<Options['on_record']>
  })
  const texts = Readable.from(decoded(bytes, encoding))
  texts.on('error', (error) => parser.destroy(error))
  try {
    yield* texts.pipe(parser) as AsyncIterable<CsvRow>
  } catch (error) {
    throw refusalOf(error, lineAfter())
  } finally {
    texts.destroy()
  }
}
