/** A CSV with its header: rows become the lines of a document. */
import { type CsvFormat, type CsvRow, readCsv } from './read-csv.ts'
import { CsvRefused, type RowCode } from './refused.ts'

/** The cells of a row by the names of their columns. */
export type RowOf<Column extends string> = Readonly<Record<Column, string>>

/** The mapping from columns to the lines of a document. */
export interface Mapping<Column extends string> extends CsvFormat {
  /** The columns that `line` reads. A CSV that lacks one of them is refused; other columns are not read. */
  readonly columns: ReadonlyArray<Column>
  /** Returns the line for a row. It is called in every reading, and must return the same for the same row. */
  readonly line: (row: RowOf<Column>) => object
}

/** The header, and how the named columns lie in it. */
interface Header<Column extends string> {
  readonly cells: ReadonlyArray<string>
  readonly places: ReadonlyArray<readonly [Column, number]>
}

const headerOf = <Column extends string>({ cells, line }: CsvRow, columns: ReadonlyArray<Column>): Header<Column> => {
  const double = cells.findIndex((name, at) => name !== '' && cells.indexOf(name) < at)
  if (double !== -1) throw new CsvRefused('DUPLICATE_HEADER', { line, column: double + 1 })
  const places = columns.map((column) => [column, cells.indexOf(column)] as const)
  const missing = places.find(([, at]) => at === -1)
  if (missing !== undefined) throw new CsvRefused('MISSING_COLUMN', { line, column: missing[0] })
  return { cells, places }
}

/**
 * Lines that no mapping returns, each with the code that it is refused with. A row that is refused before it is a line of the
 * document travels as one of them, so that it is counted, and told, like any other line.
 */
const standIns: Readonly<Record<RowCode, { readonly text: string; readonly code: string }>> = {
  NOT_MAPPED: { text: '0', code: 'NOT_AN_OBJECT' },
  WRONG_COLUMN_COUNT: { text: '[]', code: 'EXPECTED_NDJSON' },
  BAD_QUOTES: { text: '?', code: 'SYNTAX_ERROR' }
}

/** The code of a refused row, by the code of the line in its place. */
export const rowCodes: ReadonlyMap<string, RowCode> = new Map(
  Object.entries(standIns).map(([code, standIn]) => [standIn.code, code as RowCode])
)

const isLost = (value: unknown): boolean => {
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol'
  return !Array.isArray(value) && (Symbol.iterator in value || typeof Reflect.get(value, 'then') === 'function')
}

/**
 * Refuses what JSON would change without a word: `NaN` and an invalid date become null, a Map and a promise become an empty
 * object, and a function is left out.
 */
function keepAll(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const isNoDate = value === null && this[name] !== null
  if (isNoDate || isLost(value)) throw new TypeError('the line holds what JSON cannot')
  return value
}

/** Returns the line of the document for a row: JSON, without a line break. */
const textOf = <Column extends string>(row: CsvRow, header: Header<Column>, mapping: Mapping<Column>): string => {
  if (row.isBroken) return standIns.BAD_QUOTES.text
  if (row.cells.length !== header.cells.length) return standIns.WRONG_COLUMN_COUNT.text
  try {
    const line = mapping.line(
      Object.fromEntries(header.places.map(([column, at]) => [column, row.cells[at]])) as RowOf<Column>
    )
    const text = JSON.stringify(line, keepAll)
    return text.startsWith('{') ? text : standIns.NOT_MAPPED.text
  } catch {
    return standIns.NOT_MAPPED.text
  }
}

const longestPiece = 64 * 1024

/** A CSV that can be read again and again. */
export interface Table {
  /** The cells of the header; absent until it is read. */
  readonly header: () => ReadonlyArray<string> | undefined
  /** The document: each row's line stands on the line of the CSV on which the row begins. Blank lines fill the gaps. */
  readonly document: (onBytes?: (bytes: number) => void) => AsyncGenerator<Uint8Array, void, undefined>
  readonly rows: () => AsyncGenerator<CsvRow, void, undefined>
}

/** Returns the table in a CSV. Reading it throws {@link CsvRefused} where the CSV as a whole is wrong. */
export const tableOf = <Column extends string>(
  open: () => AsyncIterable<Uint8Array>,
  mapping: Mapping<Column> & Required<CsvFormat>
): Table => {
  const encoder = new TextEncoder()
  let known: Header<Column> | undefined

  async function* rows(onBytes?: (bytes: number) => void): AsyncGenerator<CsvRow, void, undefined> {
    async function* counted() {
      for await (const piece of open()) {
        onBytes?.(piece.length)
        yield piece
      }
    }
    let isFirst = true
    for await (const row of readCsv(counted(), mapping)) {
      if (isFirst) known = headerOf(row, mapping.columns)
      else yield row
      isFirst = false
    }
    if (isFirst) throw new CsvRefused('EMPTY_FILE')
  }

  return {
    header: () => known?.cells,
    rows: () => rows(),
    async *document(onBytes) {
      let line = 1
      let piece = ''
      for await (const row of rows(onBytes)) {
        piece += '\n'.repeat(row.line - line) + textOf(row, known as Header<Column>, mapping)
        line = row.line
        if (piece.length < longestPiece) continue
        yield encoder.encode(piece)
        piece = ''
      }
      yield encoder.encode(`${piece}\n`)
    }
  }
}
