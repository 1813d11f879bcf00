/**
 * The user points that a unit of work has loaded, as its commands change them one after the other. At the end it knows
 * what to write: per document, the version it was read at, the new body, and the claims it takes and gives back.
 */
import { claimOf, type Reference, type UserPointId } from '../domain/identifier.ts'
import { claimsOf, sharesIdentifiers, type Subject, type UserPoint } from '../domain/user-point.ts'
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
}

export interface Workspace extends View {
  readonly apply: (changes: ReadonlyArray<Change>) => void
  readonly pending: () => ReadonlyArray<PendingWrite>
}

interface Slot {
  readonly version: number
  readonly before: UserPoint | undefined
  now: UserPoint | undefined
}

const pendingWrite = (id: UserPointId, { version, before, now }: Slot): PendingWrite => {
  const write = { id, expected: version, point: now }
  if (before !== undefined && now !== undefined && sharesIdentifiers(before, now)) {
    return { ...write, claim: [], release: [] }
  }
  const old = new Set(before && claimsOf(before))
  const current = new Set(now && claimsOf(now))
  return {
    ...write,
    claim: [...current].filter((claim) => !old.has(claim)),
    release: [...old].filter((claim) => !current.has(claim))
  }
}

/**
 * A workspace over what was loaded. It must hold every user point that a reference of the commands leads to; what it does
 * not hold is not there.
 */
export const createWorkspace = (loaded: ReadonlyArray<Loaded>): Workspace => {
  const slots = new Map<UserPointId, Slot>()
  const holders = new Map<string, UserPointId>()

  for (const { id, version, point } of loaded) {
    slots.set(id, { version, before: point, now: point })
    for (const claim of claimsOf(point)) holders.set(claim, id)
  }

  const set = (id: UserPointId, point: UserPoint | undefined): void => {
    const slot = slots.get(id)
    const previous = slot?.now
    if (slot === undefined) slots.set(id, { version: 0, before: undefined, now: point })
    else slot.now = point
    if (previous !== undefined && point !== undefined && sharesIdentifiers(previous, point)) return
    if (previous !== undefined) {
      for (const claim of claimsOf(previous)) {
        // In a merge the survivor may have taken the claim already.
        if (holders.get(claim) === id) holders.delete(claim)
      }
    }
    if (point !== undefined) {
      for (const claim of claimsOf(point)) holders.set(claim, id)
    }
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
    pending: () => [...slots].filter(([, slot]) => slot.now !== slot.before).map(([id, slot]) => pendingWrite(id, slot))
  }
}
