/** The persistent state of a small store. */
import type { Kind } from '@userpoint/core/repository'

export interface Row {
  readonly kind: Kind
  readonly id: string
  readonly version: number
  readonly text: string
}

export interface Disk {
  readonly rows: Map<string, Row>
  /** Each claim's key, with the key of the row it leads to. */
  readonly claims: Map<string, string>
  /** The values that were overwritten, deleted or released since the last purge. */
  readonly residue: Array<string>
  /** The holders of locks, for stores that lock. */
  readonly locks: Set<string>
  /** The texts that no body may hold. */
  readonly refused: Set<string>
}

export const emptyDisk = (): Disk => ({
  rows: new Map(),
  claims: new Map(),
  residue: [],
  locks: new Set(),
  refused: new Set()
})
