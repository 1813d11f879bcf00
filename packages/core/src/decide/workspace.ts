/**
 * The user points of a unit of work, as its commands change them one after the other. At the end it knows the writes: for
 * each document the version that was read, the new body, and the claims that it takes and releases.
 */
import { claimOf, type UserPointId } from '../domain/identifier.ts'
import { claimChanges, claimsOf, type Subject, type UserPoint } from '../domain/user-point.ts'
import { DocumentIndex } from './document-index.ts'
import type { Change } from './verdict.ts'
import type { View } from './view.ts'

/** A user point as it was read. */
export interface Loaded extends Subject {
  readonly version: number
}

/** The write of one user point. `expected` is the version at which it was read; 0: it is new. */
export interface PendingWrite {
  readonly id: UserPointId
  readonly expected: number
  /** `undefined`: the user point is deleted. */
  readonly point: UserPoint | undefined
  readonly claim: ReadonlyArray<string>
  readonly release: ReadonlyArray<string>
  /** The number of changes that the write combines. */
  readonly changes: number
}

export interface Workspace extends View {
  /** Returns a user point as it was read, without the changes since. */
  readonly read: (id: UserPointId) => Loaded | undefined
  /** Adds a user point that was read, in the place of an earlier version of it. */
  readonly add: (loaded: Loaded) => void
  /**
   * Replaces what was read by what these writes of an earlier unit make of it.
   *
   * @returns Whether they fit: none of their claims belongs to another user point.
   */
  readonly rebase: (writes: ReadonlyArray<PendingWrite>) => boolean
  readonly apply: (changes: ReadonlyArray<Change>) => void
  readonly pending: () => ReadonlyArray<PendingWrite>
}

interface Slot {
  /** As it was read; `undefined`: it is new. */
  readonly loaded: Loaded | undefined
  now: UserPoint | undefined
  changes: number
  /** The claims of `now`, if they are known. */
  claims: ReadonlyArray<string> | undefined
}

const none: ReadonlyArray<string> = []

const unlessIn = (claims: ReadonlyArray<string>, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (claims.length === 0 || others.length === 0) return claims
  const excluded = new Set(others)
  return claims.filter((claim) => !excluded.has(claim))
}

const pendingWrite = (id: UserPointId, { loaded, now: point, changes, claims }: Slot): PendingWrite => {
  if (loaded === undefined)
    return { id, expected: 0, point, claim: claims ?? (point ? claimsOf(point) : none), release: none, changes }
  const { version: expected, point: before } = loaded
  if (point === undefined) return { id, expected, point, claim: none, release: claimsOf(before), changes }
  const { old, current } = claimChanges(before, point)
  return { id, expected, point, claim: unlessIn(current, old), release: unlessIn(old, current), changes }
}

/**
 * Creates a workspace over user points that were loaded: all to which a reference of the commands leads. A user point that is
 * not among them does not exist.
 */
export const createWorkspace = (read: ReadonlyArray<Loaded>): Workspace => {
  const index = new DocumentIndex<UserPointId, Slot>()
  const slots = index.documents

  const add = (loaded: Loaded): void => {
    const { id, point } = loaded
    const earlier = slots.get(id)
    if (earlier?.now !== undefined) index.release(id, claimsOf(earlier.now))
    slots.set(id, { loaded, now: point, changes: 0, claims: undefined })
    index.take(id, claimsOf(point))
  }

  /** Replaces what was read. Returns the claims that the document is to take. */
  const replace = ({ id, expected, point }: PendingWrite): ReadonlyArray<string> => {
    const previous = slots.get(id)?.now
    if (point === undefined) {
      if (previous !== undefined) index.release(id, claimsOf(previous))
      slots.delete(id)
      return none
    }
    const loaded = { id, point, version: expected + 1 }
    slots.set(id, { loaded, now: point, changes: 0, claims: undefined })
    if (previous === undefined) return claimsOf(point)
    const { old, current } = claimChanges(previous, point)
    index.release(id, old)
    return current
  }

  const create = (id: UserPointId, point: UserPoint | undefined): void => {
    const claims = point === undefined ? none : claimsOf(point)
    slots.set(id, { loaded: undefined, now: point, changes: 1, claims })
    index.take(id, claims)
  }

  const change = (id: UserPointId, slot: Slot, point: UserPoint | undefined): void => {
    const previous = slot.now
    slot.now = point
    slot.changes++
    if (previous !== undefined && point !== undefined) {
      const { old, current } = claimChanges(previous, point)
      if (old.length + current.length === 0) return
      index.release(id, old)
      index.take(id, current)
    } else {
      if (previous !== undefined) index.release(id, claimsOf(previous))
      if (point !== undefined) index.take(id, claimsOf(point))
    }
    slot.claims = undefined
  }

  for (const each of read) add(each)

  return {
    find: (reference) => {
      const id = reference._tag === 'UserPoint' ? reference.id : index.holderOf(claimOf(reference))
      const point = id && slots.get(id)?.now
      return point && { id, point }
    },
    read: (id) => slots.get(id)?.loaded,
    add,
    rebase: (writes) => {
      // In a merge, one write releases the claims that another one takes. They come in any order.
      const claims = writes.map(replace)
      return writes.every(({ id }, at) => {
        const taken = claims[at] ?? none
        if (taken.some((claim) => (index.holderOf(claim) ?? id) !== id)) return false
        index.take(id, taken)
        return true
      })
    },
    apply: (changes) => {
      for (const { id, point } of changes) {
        const slot = slots.get(id)
        if (slot === undefined) create(id, point)
        else change(id, slot, point)
      }
    },
    pending: () => {
      const writes: PendingWrite[] = []
      for (const [id, slot] of slots) if (slot.now !== slot.loaded?.point) writes.push(pendingWrite(id, slot))
      return writes
    }
  }
}
