/**
 * The port of a key store: numbered slots, each of which holds one key of 32 bytes, once. A slot is never filled a second time,
 * so that destroying a key twice, or destroying it again after a restart, harms no other.
 */
import type { Awaitable } from '@userpoint/core/repository'

/** The length of a key, in bytes. */
export const keyLength = 32

/** A run of slots that one writer fills, from the first on. */
export interface Shelf {
  /** The number of its first slot. */
  readonly first: number
  /** The number of its slots. */
  readonly slots: number
}

/** Keys for adjacent slots. */
export interface Kept {
  /** The slot of the first key. */
  readonly first: number
  /** The keys, one after the other, 32 bytes each. */
  readonly keys: Uint8Array
}

/**
 * The answer for one slot. `Kept`: its key. `Destroyed`: its key was overwritten. `Empty`: it never held a key, or the key store does
 * not know it.
 */
export type Found =
  | { readonly _tag: 'Kept'; readonly key: Uint8Array }
  | { readonly _tag: 'Destroyed' }
  | { readonly _tag: 'Empty' }

/** The declared capabilities of a key store. */
export interface KeyStoreManifest {
  /** A short name for messages: `file`. */
  readonly name: string
  /** `true`: keys survive the end of the process. */
  readonly durable: boolean
  /** The handles that may be used concurrently, as for a repository. */
  readonly concurrent: false | 'handles' | 'processes'
}

/**
 * A key store. Calls on one handle may overlap. An error of any call should be a `StoreFault`.
 *
 * A key store gives no access control. Who can read it, and the store, can read all people who were not erased.
 */
export interface KeyStore {
  readonly manifest: KeyStoreManifest

  /** Returns the 32 bytes under which claims are digested. They are made once, and never change. */
  secret(): Awaitable<Uint8Array>

  /** Reserves a shelf for the caller. No other call returns any of its slots, in any process, even after a restart. */
  reserve(): Awaitable<Shelf>

  /** Fills empty slots. The keys are durable when it returns. */
  keep(kept: ReadonlyArray<Kept>): Awaitable<void>

  /** Returns the answer for each slot, in order. It sees each earlier `keep` and `destroy`, through any handle. */
  find(slots: ReadonlyArray<number>): Awaitable<ReadonlyArray<Found>>

  /**
   * Overwrites keys where they lie. When it returns, no copy is left in the key store, its logs or its caches. Slots that are empty
   * or destroyed already are destroyed too.
   */
  destroy(slots: ReadonlyArray<number>): Awaitable<void>

  /** Returns the number of slots of a shelf up to the last one that holds a key, or held one. */
  used(shelf: Shelf): Awaitable<number>
}
