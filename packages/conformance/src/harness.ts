/**
 * The harness that an adapter's author writes: it opens a fresh store, and gives the suite access to it from outside.
 *
 * The manifest of the store declares its capabilities. If the harness does not support the tests of a declared capability,
 * the requirement `harness.complete` fails.
 */
import type { Awaitable, Repository } from '@userpoint/core/repository'

/** A whole file of the store. */
export interface StoreFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Another process on the store, which runs `serveStore` of `@userpoint/conformance/process`, for example the result of `fork`
 * of `node:child_process`.
 */
export interface StoreProcess {
  send(message: object): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  /** `error`: the process cannot be started or reached. */
  on(event: 'exit' | 'error', listener: () => void): unknown
  /** Kills the process at once. */
  kill(signal: 'SIGKILL'): unknown
}

/** A new store: open, empty, and not shared. */
export interface OpenStore {
  readonly repository: Repository
  /** Opens another handle on the same store. Required if the store is `concurrent`. */
  peer?(): Awaitable<Repository>
  /** Opens the same store again, after the suite has closed every handle. Required if the store is `durable`. */
  reopen?(): Awaitable<Repository>
  /** Returns the current bytes of all of the store's own files, logs and journals included. Required if the store is `durable`. */
  dump?(): Awaitable<Iterable<StoreFile>>
  /**
   * Starts another process on the same store. Required if the store is `durable` or `concurrent: 'processes'`. If it is only
   * `durable`, the suite has closed every handle before.
   */
  fork?(): Awaitable<StoreProcess>
  /**
   * Makes the store refuse every later batch with this text in a body, for example by a constraint or a trigger. Optional:
   * without it PO-17 is not fully tested.
   */
  refuse?(text: string): Awaitable<void>
  /**
   * Blocks commits until `end` is called, for example by a lock. Optional: without it PO-17 is not fully tested.
   *
   * @returns A handle that fails after a short wait, and `end`.
   */
  hinder?(): Awaitable<{ readonly repository: Repository; readonly end: () => Awaitable<void> }>
  /** Releases all resources. Always called once, after the suite has closed every handle and killed every process. */
  dispose(): Awaitable<void>
}

export interface Harness {
  /** A short name for titles and messages: `memory`, `sqlite on libsql`. */
  readonly name: string
  /** Opens a new, empty store. Several stores may be open at the same time. */
  open(): Awaitable<OpenStore>
}
