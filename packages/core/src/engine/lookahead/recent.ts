/**
 * Documents that an import has just written, or is about to, as they are then in the store if nobody else writes them: in a
 * file with many lines on one person, the next unit of work need not load what the last one commits.
 *
 * Nothing is decided on these alone. A unit of work takes a document from here only where it then writes it, because the
 * commit fails where the version is no longer this one; what it looks at and does not write, it loads after all.
 */
import type { Loaded } from '../../decide/workspace.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import { roughSize } from '../../domain/json.ts'
import { claimChanges, claimsOf } from '../../domain/user-point.ts'

export interface Recent {
  /** The document that a claim leads to, if it is here. */
  readonly byClaim: (claim: string) => Loaded | undefined
  readonly byId: (id: UserPointId) => Loaded | undefined
  /** Keeps what was just committed, or is about to be, in the place of what was here under its id. */
  readonly keep: (loaded: Loaded) => void
  readonly forget: (id: UserPointId) => void
  /** Forgets everything: after a conflict, or where nobody knows what is in the store. */
  readonly clear: () => void
  /** How often everything was forgotten: what was decided before the last time may rest on what was never in the store. */
  readonly clearings: () => number
}

/** Keeps nothing. */
export const noRecent: Recent = {
  byClaim: () => undefined,
  byId: () => undefined,
  keep: () => undefined,
  forget: () => undefined,
  clear: () => undefined,
  clearings: () => 0
}

/** How much is kept: so many documents, and so many characters of all of them. */
export interface RecentBounds {
  readonly documents: number
  readonly size: number
}

const defaultRecentBounds: RecentBounds = { documents: 5_000, size: 8_000_000 }

/** No documents yet. For one import into one store: never share it. */
export const createRecent = (bounds: RecentBounds = defaultRecentBounds): Recent => {
  // In the order in which they were kept, the oldest first.
  const documents = new Map<UserPointId, { readonly loaded: Loaded; readonly size: number }>()
  const holders = new Map<string, UserPointId>()
  let total = 0
  let clearings = 0

  const drop = (claims: ReadonlyArray<string>, id: UserPointId): void => {
    for (const claim of claims) if (holders.get(claim) === id) holders.delete(claim)
  }

  const hold = (claims: ReadonlyArray<string>, id: UserPointId): void => {
    for (const claim of claims) holders.set(claim, id)
  }

  const forget = (id: UserPointId): void => {
    const known = documents.get(id)
    if (known === undefined) return
    documents.delete(id)
    total -= known.size
    drop(claimsOf(known.loaded.point), id)
  }

  /** Puts it behind all others. */
  const put = (loaded: Loaded, size: number): void => {
    const { id, point } = loaded
    const known = documents.get(id)
    if (known === undefined) {
      hold(claimsOf(point), id)
    } else {
      const { old, current } = claimChanges(known.loaded.point, point)
      drop(old, id)
      hold(current, id)
      documents.delete(id)
      total -= known.size
    }
    documents.set(id, { loaded, size })
    total += size
  }

  const byId = (id: UserPointId): Loaded | undefined => documents.get(id)?.loaded

  return {
    byClaim: (claim) => {
      const id = holders.get(claim)
      return id === undefined ? undefined : byId(id)
    },
    byId,
    keep: (loaded) => {
      const size = roughSize(loaded.point, bounds.size)
      if (size >= bounds.size) {
        forget(loaded.id)
        return
      }
      put(loaded, size)
      for (const id of documents.keys()) {
        if (documents.size <= bounds.documents && total <= bounds.size) break
        forget(id)
      }
    },
    forget,
    clear: () => {
      documents.clear()
      holders.clear()
      total = 0
      clearings++
    },
    clearings: () => clearings
  }
}
