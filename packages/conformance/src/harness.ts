/**
 * What an adapter's author writes: how to open a fresh store, and how to look at it from outside.
 *
 * What a store can do is in its manifest; the harness only says how to observe it. Where the manifest claims an ability
 * that the harness cannot show, the requirement `harness.complete` fails.
 */
import type { Awaitable, Repository } from '@userpoint/core/repository'

/** One of the store's own files, whole. */
export interface StoreFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Another process on the store, which runs `serveStore` of `@userpoint/conformance/process`. What `fork` of
 * `node:child_process` gives is one.
 */
export interface StoreProcess {
  send(message: object): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  /** `error`: it cannot be started or reached. */
  on(event: 'exit' | 'error', listener: () => void): unknown
  /** Ends it at once, wherever it is. */
  kill(signal: 'SIGKILL'): unknown
}

/** A store of its own, open, empty, shared with nothing else. */
export interface OpenStore {
  readonly repository: Repository
  /** A second handle on the same store. A store that is `concurrent` must have it. */
  peer?(): Awaitable<Repository>
  /** Opens the same store again, of which the suite has closed every handle. A `durable` store must have it. */
  reopen?(): Awaitable<Repository>
  /** All bytes of the store's own files as they are now, logs and journals included. A `durable` store must have it. */
  dump?(): Awaitable<Iterable<StoreFile>>
  /**
   * Starts another process on the same store. A store that is `durable`, or `concurrent` in processes, must have it; of one
   * that is only `durable` the suite has closed every handle before.
   */
  fork?(): Awaitable<StoreProcess>
  /** Gives everything back; called once, always, when the suite has closed every handle and killed every process. */
  dispose(): Awaitable<void>
}

export interface Harness {
  /** A short name for titles and messages: `memory`, `sqlite on libsql`. */
  readonly name: string
  /** Opens a new, empty store. Many may be open at once. */
  open(): Awaitable<OpenStore>
}
