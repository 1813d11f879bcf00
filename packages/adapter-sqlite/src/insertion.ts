/** Inserts many rows with one statement. */
import type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.ts'

/** More rows in a statement save little: the remaining cost is that of writing rows. */
export const rowsPerStatement = 50

/** A part of the rows, by their places. */
export interface Range {
  readonly from: number
  readonly to: number
}

/**
 * Inserts rows, given one after the other, unless they exist. Returns the ranges in which a row already existed; the other rows
 * of such a range are inserted.
 */
export type Insertion = (parameters: ReadonlyArray<SqliteValue>) => ReadonlyArray<Range>

/**
 * Prepares an insertion.
 *
 * @param into The table and its columns.
 * @param row A row's values.
 * @param width The number of parameters of a row.
 */
export const prepareInsertion = (database: SqliteDatabase, into: string, row: string, width: number): Insertion => {
  // `or ignore`, because a statement that may abort at a later row keeps a journal of every page that it changes.
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
