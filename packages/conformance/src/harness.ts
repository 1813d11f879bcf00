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

/** A store of its own, open, empty, shared with nothing else. */
export interface OpenStore {
  readonly repository: Repository
  /** A second handle on the same store. A store whose manifest says `concurrent` must have it. */
  peer?(): Awaitable<Repository>
  /** Closes every handle, opens the same store again and gives the new handle. A `durable` store must have it. */
  reopen?(): Awaitable<Repository>
  /** All bytes of the store's own files as they are now, logs and journals included. A `durable` store must have it. */
  dump?(): Awaitable<Iterable<StoreFile>>
  /** Gives everything back, handles that the suite has closed already included; called once, always. */
  dispose(): Awaitable<void>
}

export interface Harness {
  /** A short name for titles and messages: `memory`, `sqlite on libsql`. */
  readonly name: string
  /** Opens a new, empty store. Many may be open at once. */
  open(): Awaitable<OpenStore>
}
