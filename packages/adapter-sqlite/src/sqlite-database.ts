/**
 * The slice of a driver that this adapter uses. `DatabaseSync` of `node:sqlite`, better-sqlite3, libsql,
 * `@photostructure/sqlite` and `Database` of `bun:sqlite` all fit, and none of them is imported.
 */

export type SqliteValue = number | string

export interface SqliteStatement {
  /** Runs a statement that answers no rows. */
  run(...parameters: SqliteValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
  /** The first row of the answer; `undefined` or `null` where there is none. */
  get(...parameters: SqliteValue[]): unknown
  /** Every row of the answer. */
  all(...parameters: SqliteValue[]): unknown[]
}

/** An open database. Who opened it closes it. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
}
