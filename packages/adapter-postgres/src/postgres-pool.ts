/** The part of a pool that this adapter uses. `Pool` of `pg` fits, and is not imported. */

export type PostgresValue = string | number | ReadonlyArray<string | number | null>

export interface PostgresResult {
  readonly rows: ReadonlyArray<object>
}

/** Something that runs a statement on one connection: a client of `pg`, or the raw client of a query builder. */
export interface PostgresQueryable {
  query(text: string, values?: PostgresValue[]): Promise<PostgresResult>
}

/** One connection, which nothing else uses until it is released. */
export interface PostgresClient extends PostgresQueryable {
  /** @param error The connection is broken, and the pool must close it. */
  release(error?: Error): void
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
}

/** A pool of connections. Its owner ends it, and listens to its `error` events, as `pg` asks for. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  /** Tells of each new connection, before anything else happens to it. */
  on?(event: 'connect', listener: (client: Pick<PostgresClient, 'on'>) => void): unknown
}
