/**
 * CSV of USER_SEGMENT as NDJSON. The first record names the fields of a line; an empty cell is an absent field. A record
 * keeps its line, so that verdicts have the line numbers of the CSV.
 */
import type { Options } from 'csv-parse'
import { Problem } from './envelope.ts'

const digits = /^[0-9]{1,15}$/

/** Returns a cell as the value of its field: `expiration_duration` is a number in lines, and all else is text. */
const valueOf = (field: string, cell: string): string | number =>
  field === 'expiration_duration' && digits.test(cell) ? Number(cell) : cell

/** Returns a record as a line. One with another number of cells is no object, so that it is rejected alone. */
const lineOf = (fields: ReadonlyArray<string>, cells: ReadonlyArray<string>): string =>
  cells.length === fields.length
    ? JSON.stringify(Object.fromEntries(fields.flatMap((field, at) => cellOf(field, cells[at] ?? ''))))
    : '0'

const cellOf = (field: string, cell: string): ReadonlyArray<readonly [string, string | number]> =>
  cell === '' ? [] : [[field, valueOf(field, cell)]]

const readFields = (cells: ReadonlyArray<string>): ReadonlyArray<string> => {
  const fields = cells.map((cell) => cell.trim())
  if (!fields.includes('operation') || new Set(fields).size < fields.length)
    throw new Problem('BAD_REQUEST', 'the first record of the CSV must name each field once, operation among them')
  return fields
}

interface Row {
  readonly record: ReadonlyArray<string>
  /** The line on which the record ends. */
  readonly line: number
}

interface Parsed {
  readonly record: ReadonlyArray<string>
  readonly info: { readonly empty_lines: number }
}

const lineBreaks = /\r\n|\n|\r/g

const lineBreaksIn = (cells: ReadonlyArray<string>): number =>
  cells.reduce((count, cell) => count + (cell.match(lineBreaks)?.length ?? 0), 0)

/** Text of UTF-8 pieces. @throws Problem if the bytes are none. */
async function* textOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true })
    } catch {
      throw new Problem('BAD_REQUEST', 'the CSV is not UTF-8')
    }
  }
  for await (const piece of pieces) yield decode(piece)
  yield decode()
}

/**
 * Yields the lines of a CSV.
 *
 * @param longestRecord In characters; a longer one refuses the file, because nothing tells where the next record starts.
 * @throws Problem for a file that is no CSV, with the line.
 */
export async function* csvLines(
  pieces: AsyncIterable<Uint8Array>,
  longestRecord: number
): AsyncGenerator<Uint8Array, void, undefined> {
  // Loaded for the first CSV alone, because it needs the streams of Node.
  const { CsvError, parse } = await import('csv-parse')
  // The parser counts a CRLF within quotes twice.
  let linesOfRecords = 0
  const rowOf = ({ record, info }: Parsed): Row => {
    linesOfRecords += 1 + lineBreaksIn(record)
    return { record, line: linesOfRecords + info.empty_lines }
  }
  const parser = parse({
    info: true,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: longestRecord,
    // Called as each record ends, so that the place of an error is known although the records before it are not taken yet.
    on_record: rowOf as unknown as NonNullable<Options['on_record']>
  })
  const feed = async (): Promise<void> => {
    try {
      for await (const text of textOf(pieces)) {
        if (parser.destroyed) return
        if (!parser.write(text)) await new Promise<void>((next) => parser.once('drain', next).once('close', next))
      }
      parser.end()
    } catch (error) {
      parser.destroy(error instanceof Error ? error : undefined)
    }
  }
  const fed = feed()
  const encoder = new TextEncoder()
  let fields: ReadonlyArray<string> | undefined
  let written = 0
  try {
    for await (const row of parser) {
      const { record, line } = row as Row
      const text = fields === undefined ? '' : lineOf(fields, record)
      fields ??= readFields(record)
      yield encoder.encode(`${'\n'.repeat(line - 1 - written)}${text}\n`)
      written = line
    }
    await fed
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new Problem('BAD_REQUEST', `the CSV is invalid at line ${linesOfRecords + Number(error.empty_lines) + 1}`)
  }
}
