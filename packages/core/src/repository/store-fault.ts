/**
 * The way to make a failed call succeed (PO-17).
 *
 * - `retry`: the fault passes by itself. The same call may succeed later: a lock, a lost connection, a server that restarts.
 * - `repair`: the fault is permanent until an operator changes something: a read-only store, a full disk, a missing privilege,
 *   a damaged file. Until then every call of the same sort fails.
 * - `none`: the fault is permanent. The store refuses the content of this call: a text that it cannot encode, a row that is too
 *   large, a constraint that an operator added. Other calls succeed, also those with the other parts of the same batch.
 */
export type Recovery = 'retry' | 'repair' | 'none'

/** The details of a store's failure. */
export interface StoreFaultDetails {
  /** `false`: the call wrote nothing, for certain. Absent: unknown. */
  readonly applied?: false
  /** The way to make the call succeed. Absent: unknown. */
  readonly recovery?: Recovery
  /** The stable code of the cause, for logs and for programs: an SQLSTATE, `SQLITE_FULL`, `ECONNREFUSED`. */
  readonly code?: string | undefined
  /** The driver's own error. Its text may hold personal data, so core never prints it. */
  readonly cause?: unknown
}

/**
 * A store's failure: which call failed and why, in a sentence without personal data; whether something was written (PO-15);
 * and whether a retry can help (PO-17). Stores may throw any object instead; core reads only `applied` and `recovery`.
 *
 * @example
 * ```ts
 * import { StoreFault } from '@userpoint/core/repository'
 *
 * const fault = new StoreFault('journal: commit failed: the disk is full', {
 *   applied: false,
 *   recovery: 'repair',
 *   code: 'ENOSPC'
 * })
 * console.log(fault.applied, fault.recovery, fault.code) // => false repair ENOSPC
 * ```
 */
export class StoreFault extends Error {
  override readonly name = 'StoreFault'
  readonly applied: false | undefined
  readonly recovery: Recovery | undefined
  readonly code: string | undefined

  constructor(message: string, { applied, recovery, code, cause }: StoreFaultDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.applied = applied
    this.recovery = recovery
    this.code = code
  }
}
