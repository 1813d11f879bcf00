/**
 * The part of a driver that this adapter uses. `DatabaseSync` of `node:sqlite`, better-sqlite3, libsql,
 * `@photostructure/sqlite` and `Database` of `bun:sqlite` all fit, and none of them is imported.
 */

export type SqliteValue = number | string

export interface SqliteStatement {
  /** Runs a statement that returns no rows. */
  run(...parameters: SqliteValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
  /** Returns the first row of the answer; `undefined` or `null` if the answer is empty. */
  get(...parameters: SqliteValue[]): unknown
  /** Returns every row of the answer. */
  all(...parameters: SqliteValue[]): unknown[]
}

/** An open database. The caller who opened it closes it. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
}
