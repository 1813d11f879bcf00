/** Rows that go into a table by the statement. */
import type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.ts'

/** More save little: what is left then is writing the rows. */
export const rowsPerStatement = 50

/** A part of the rows, by their places. */
export interface Range {
  readonly from: number
  readonly to: number
}

/**
 * Inserts rows, given one behind the other, where nothing is in their place yet. Gives the parts that have a row for which
 * there was something; the others of such a part are in.
 */
export type Insertion = (parameters: ReadonlyArray<SqliteValue>) => ReadonlyArray<Range>

/**
 * Prepares an insertion.
 *
 * @param into The table and its columns.
 * @param row A row's values.
 * @param width How many parameters a row has.
 */
export const prepareInsertion = (database: SqliteDatabase, into: string, row: string, width: number): Insertion => {
  // `or ignore`, because a statement of several rows that may abort at one keeps a journal of every page that it changes.
  const prepare = (rows: number): SqliteStatement =>
    database.prepare(`insert or ignore into ${into} values ${Array.from({ length: rows }, () => row).join(', ')}`)
  const many = prepare(rowsPerStatement)
  const one = prepare(1)
  return (parameters) => {
    const left: Range[] = []
    const count = parameters.length / width
    for (let from = 0; from < count; ) {
      const rows = count - from < rowsPerStatement ? 1 : rowsPerStatement
      const to = from + rows
      const { changes } = (rows === 1 ? one : many).run(...parameters.slice(from * width, to * width))
      if (Number(changes) < rows) left.push({ from, to })
      from = to
    }
    return left
  }
}
