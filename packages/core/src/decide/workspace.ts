/**
 * The user points that a unit of work has loaded, as its commands change them one after the other. At the end it knows
 * what to write: per document, the version it was read at, the new body, and the claims it takes and gives back.
 */
import { claimOf, type Reference, type UserPointId } from '../domain/identifier.ts'
import { claimChanges, claimsOf, type Subject, type UserPoint } from '../domain/user-point.ts'
import type { Change } from './verdict.ts'
import type { View } from './view.ts'

/** A user point as it was read. */
export interface Loaded extends Subject {
  readonly version: number
}

/** What must be written for one user point. `expected` is the version it was read at; 0: there was none. */
export interface PendingWrite {
  readonly id: UserPointId
  readonly expected: number
  readonly point: UserPoint | undefined
  readonly claim: ReadonlyArray<string>
  readonly release: ReadonlyArray<string>
  /** How many times it was changed. */
  readonly changes: number
}

export interface Workspace extends View {
  readonly apply: (changes: ReadonlyArray<Change>) => void
  readonly pending: () => ReadonlyArray<PendingWrite>
}

interface Slot {
  readonly version: number
  readonly before: UserPoint | undefined
  now: UserPoint | undefined
  changes: number
  /** The claims of `now`, while they are known. */
  claims: ReadonlyArray<string> | undefined
}

const none: ReadonlyArray<string> = []

const unlessIn = (claims: ReadonlyArray<string>, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (claims.length === 0 || others.length === 0) return claims
  const excluded = new Set(others)
  return claims.filter((claim) => !excluded.has(claim))
}

const pendingWrite = (
  id: UserPointId,
  { version: expected, before, now: point, changes, claims }: Slot
): PendingWrite => {
  if (before === undefined)
    return { id, expected, point, claim: claims ?? (point ? claimsOf(point) : none), release: none, changes }
  if (point === undefined) return { id, expected, point, claim: none, release: claimsOf(before), changes }
  const { old, current } = claimChanges(before, point)
  return { id, expected, point, claim: unlessIn(current, old), release: unlessIn(old, current), changes }
}

/**
 * A workspace over what was loaded. It must hold every user point that a reference of the commands leads to; what it does
 * not hold is not there.
 */
export const createWorkspace = (loaded: ReadonlyArray<Loaded>): Workspace => {
  const slots = new Map<UserPointId, Slot>()
  const holders = new Map<string, UserPointId>()

  const take = (claims: ReadonlyArray<string>, id: UserPointId): void => {
    for (const claim of claims) holders.set(claim, id)
  }

  const release = (claims: ReadonlyArray<string>, id: UserPointId): void => {
    for (const claim of claims) {
      // In a merge the survivor may have taken the claim already.
      if (holders.get(claim) === id) holders.delete(claim)
    }
  }

  for (const { id, version, point } of loaded) {
    slots.set(id, { version, before: point, now: point, changes: 0, claims: undefined })
    take(claimsOf(point), id)
  }

  const create = (id: UserPointId, point: UserPoint | undefined): void => {
    const claims = point === undefined ? none : claimsOf(point)
    slots.set(id, { version: 0, before: undefined, now: point, changes: 1, claims })
    take(claims, id)
  }

  const change = (id: UserPointId, slot: Slot, point: UserPoint | undefined): void => {
    const previous = slot.now
    slot.now = point
    slot.changes++
    if (previous !== undefined && point !== undefined) {
      const { old, current } = claimChanges(previous, point)
      if (old.length + current.length === 0) return
      release(old, id)
      take(current, id)
    } else {
      if (previous !== undefined) release(claimsOf(previous), id)
      if (point !== undefined) take(claimsOf(point), id)
    }
    slot.claims = undefined
  }

  const set = (id: UserPointId, point: UserPoint | undefined): void => {
    const slot = slots.get(id)
    if (slot === undefined) create(id, point)
    else change(id, slot, point)
  }

  return {
    find: (reference: Reference) => {
      const id = reference._tag === 'UserPoint' ? reference.id : holders.get(claimOf(reference))
      const point = id && slots.get(id)?.now
      return point && { id, point }
    },
    apply: (changes) => {
      for (const { id, point } of changes) set(id, point)
    },
    pending: () => {
      const writes: PendingWrite[] = []
      for (const [id, slot] of slots) if (slot.now !== slot.before) writes.push(pendingWrite(id, slot))
      return writes
    }
  }
}
