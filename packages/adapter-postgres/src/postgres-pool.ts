/**
 * The slice of a pool that this adapter uses. `Pool` of `pg` fits, and is not imported.
 */

export type PostgresValue = string | number | ReadonlyArray<string | number | null>

export interface PostgresResult {
  readonly rows: ReadonlyArray<object>
}

/** One connection, which nobody else uses until it is released. */
export interface PostgresClient {
  query(text: string, values?: PostgresValue[]): Promise<PostgresResult>
  /** @param error The connection is broken, and is to be closed. */
  release(error?: Error): void
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
}

/** A pool of connections. Who opened it ends it, and listens to its `error` events, as `pg` asks for. */
export interface PostgresPool {
  /** Runs a statement on any of the connections, as a transaction of its own. */
  query(text: string, values?: PostgresValue[]): Promise<PostgresResult>
  connect(): Promise<PostgresClient>
}
