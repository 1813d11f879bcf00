/**
 * A cache of documents that an import has just written, or will write. If a file has many lines on one person, the next unit of
 * work need not load the documents that the last one commits.
 *
 * A cached document may be stale. So a unit uses it only if it writes it: the commit fails if the version has changed. A unit
 * loads the documents that it only reads.
 */
import { DocumentIndex } from '../../decide/document-index.ts'
import type { Loaded, PendingWrite } from '../../decide/workspace.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import { roughSize } from '../../domain/json.ts'
import { claimChanges, claimsOf } from '../../domain/claims.ts'

/** The greatest number of documents, and of characters in all of them. */
export interface CacheBounds {
  readonly documents: number
  readonly size: number
}

const defaultBounds: CacheBounds = { documents: 5_000, size: 8_000_000 }

interface Entry {
  readonly loaded: Loaded
  readonly size: number
}

/** The cache of one import into one store; not shared. */
export class DocumentCache {
  readonly #bounds: CacheBounds
  /** In the order in which they were kept, the oldest first. */
  readonly #index = new DocumentIndex<UserPointId, Entry>()
  #size = 0
  #generation = 0

  constructor(bounds: CacheBounds = defaultBounds) {
    this.#bounds = bounds
  }

  /** Grows each time the cache is cleared. A decision from an older generation may rest on an uncommitted document. */
  get generation(): number {
    return this.#generation
  }

  byClaim(claim: string): Loaded | undefined {
    return this.#index.byClaim(claim)?.loaded
  }

  byId(id: UserPointId): Loaded | undefined {
    return this.#index.documents.get(id)?.loaded
  }

  /** Keeps a document, and drops its earlier version. Evicts the oldest ones while the cache is too large. */
  keep(loaded: Loaded): void {
    const size = roughSize(loaded.point, this.#bounds.size)
    if (size >= this.#bounds.size) {
      this.forget(loaded.id)
      return
    }
    this.#put(loaded, size)
    const { documents } = this.#index
    for (const id of documents.keys()) {
      if (documents.size <= this.#bounds.documents && this.#size <= this.#bounds.size) break
      this.forget(id)
    }
  }

  /** Keeps documents that several lines changed, because the next unit may change them again. Most people occur once. */
  keepWritten(writes: ReadonlyArray<PendingWrite>): void {
    for (const { id, point, expected, changes } of writes) {
      if (point === undefined) this.forget(id)
      else if (changes > 1 || this.#index.documents.has(id)) this.keep({ id, point, version: expected + 1 })
    }
  }

  forget(id: UserPointId): void {
    const entry = this.#index.documents.get(id)
    if (entry === undefined) return
    this.#index.documents.delete(id)
    this.#size -= entry.size
    this.#index.release(id, claimsOf(entry.loaded.point))
  }

  /** Forgets everything: after a conflict, or a commit of unknown outcome. */
  clear(): void {
    this.#index.clear()
    this.#size = 0
    this.#generation++
  }

  #put(loaded: Loaded, size: number): void {
    const { id, point } = loaded
    const earlier = this.#index.documents.get(id)
    if (earlier === undefined) {
      this.#index.take(id, claimsOf(point))
    } else {
      const { old, current } = claimChanges(earlier.loaded.point, point)
      this.#index.release(id, old)
      this.#index.take(id, current)
      this.#index.documents.delete(id)
      this.#size -= earlier.size
    }
    this.#index.documents.set(id, { loaded, size })
    this.#size += size
  }
}
