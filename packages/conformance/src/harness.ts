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
  on(event: 'exit', listener: (code?: unknown, signal?: unknown) => void): unknown
  /** The process cannot be started or reached. */
  on(event: 'error', listener: (error?: unknown) => void): unknown
  /** The standard error of the process, if the harness has a pipe of it: a failure then shows its end. */
  readonly stderr?: {
    on(event: 'data', listener: (chunk: unknown) => void): unknown
    on(event: 'close', listener: () => void): unknown
  } | null
  /** Kills the process at once. */
  kill(signal: 'SIGKILL'): unknown
}

/** A disturbance of a line. */
export interface LineFault {
  /** The turn at which it happens, from 1. A turn begins when the handle sends something after it has got its last answer. */
  readonly turn: number
  /** `before`: the server does not get what is sent. `after`: the server gets it and answers, and the answer is lost. */
  readonly when: 'before' | 'after'
  /**
   * `cut`: both ends see that the connection has ended. `half-close`: the handle sees it, and the server does not. `silence`:
   * neither end sees anything.
   */
  readonly how: 'cut' | 'half-close' | 'silence'
}

/** The line between a handle and its server. `openProxy` of `@userpoint/conformance/proxy` makes one for TCP. */
export interface Line {
  /** Counts turns from here, and disturbs the line once, at one of them; without a fault it mends the line. */
  disturb(fault?: LineFault): void
  /** Returns whether the last fault has happened. */
  happened(): boolean
  /** Delays everything that is sent to the server by so many milliseconds. */
  delay(milliseconds: number): void
}

/** A handle on a store, over a line that the suite disturbs. */
export interface Endpoint {
  readonly repository: Repository
  readonly line: Line
}

/** A new store: open, empty, and not shared. */
export interface OpenStore {
  readonly repository: Repository
  /** Opens another handle on the same store. Required if the store is `concurrent`. */
  peer?(): Awaitable<Repository>
  /** Opens the same store again, after the suite has closed every handle. Required if the store is `durable`. */
  reopen?(): Awaitable<Repository>
  /**
   * Returns the current bytes of all of the store's own files, logs and journals included. With it the store claims erasure (PO-14),
   * and the report names the files. Optional: a server whose files cannot be read is durable without claiming erasure.
   */
  dump?(): Awaitable<Iterable<StoreFile>>
  /**
   * Returns the bytes that stand for a text in the files, for a store that does not keep it as it is; or that no text is ever
   * readable there, as in encrypted files. Absent: texts are kept as UTF-8 or UTF-16.
   *
   * @param text Some letters of a body or of a claim, not all of it.
   */
  looks?(text: string): ReadonlyArray<Uint8Array> | 'never readable'
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
  /**
   * Opens another handle on the same store over a line that can be disturbed, with short waits for an answer: some hundred
   * milliseconds. `dispose` closes the line. Optional: without it PO-3, PO-5 and PO-15 are not tested below the adapter.
   */
  endpoint?(): Awaitable<Endpoint>
  /** Releases all resources. Always called once, after the suite has closed every handle and killed every process. */
  dispose(): Awaitable<void>
}

export interface Harness {
  /** A short name for titles and messages: `memory`, `sqlite on libsql`. */
  readonly name: string
  /** Opens a new, empty store. Several stores may be open at the same time. */
  open(): Awaitable<OpenStore>
}
