/** The slice of a pool that this adapter uses. `Pool` of `mysql2/promise` fits, and is not imported. */

/** The driver's answer to a statement: rows, or a header that counts them; and fields, which the adapter does not read. */
export type MysqlAnswer = readonly [result: unknown, fields: unknown]

/** Something that runs a statement on one connection: a connection of `mysql2/promise`. */
export interface MysqlQueryable {
  /** Runs a statement as a text. */
  query(text: string): Promise<MysqlAnswer>
  /** Runs a prepared statement, whose values are sent beside it. */
  execute(text: string, values?: string[]): Promise<MysqlAnswer>
}

/** One connection, which nothing else uses until it is released. */
export interface MysqlClient extends MysqlQueryable {
  release(): void
  /** Closes the connection. */
  destroy(): void
}

/** A pool of connections, which its owner ends. */
export interface MysqlPool {
  getConnection(): Promise<MysqlClient>
}
