/** Contracts: requests as public clients send them, and the parts of the answers that they read. */

/** One request and the answer that its sender relies on. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly body: unknown
  /** 200 unless given. */
  readonly status?: number
  /** The parts of the answer that the client reads. */
  readonly reads: object
  /** Paths of the answer that must be missing, with dots between keys. */
  readonly lacks?: ReadonlyArray<string>
}

export interface Contract {
  readonly name: string
  /** The public client or page, and the part of it that sends the request. */
  readonly source: string
  /** Requests of the same client that come first; they must succeed. */
  readonly before?: ReadonlyArray<Omit<Exchange, 'reads'>>
  readonly exchanges: ReadonlyArray<Exchange>
}

/** Returns a value at a path of keys, with dots between them. */
export const valueAt = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
          ? (inner as Readonly<Record<string, unknown>>)[key]
          : undefined,
      value
    )
