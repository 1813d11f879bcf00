/**
 * The user points of a unit of work, which its commands change one after the other. At the end it returns the writes: for each
 * document the version that was read, the new body, and the claims that it takes and releases.
 */
import { claimOf, type Reference, type UserPointId, userPointClaim } from '../domain/identifier.ts'
import { claimChanges, claimsOf } from '../domain/claims.ts'
import type { Subject, UserPoint } from '../domain/user-point.ts'
import { DocumentIndex } from './document-index.ts'
import type { Decision } from './verdict.ts'
import type { View } from './view.ts'

/** A user point as it was read. */
export interface Loaded extends Subject {
  readonly version: number
}

/** The write of one user point. `expected` is the version at which it was read; 0: it is new. */
export interface PendingWrite {
  readonly id: UserPointId
  readonly expected: number
  /** The user point as it was read; `undefined`: it is new. */
  readonly before: UserPoint | undefined
  /** `undefined`: the user point is deleted. */
  readonly point: UserPoint | undefined
  readonly claim: ReadonlyArray<string>
  readonly release: ReadonlyArray<string>
  /** The number of changes that the write combines. */
  readonly changes: number
  /** `true`: one of them removes data. */
  readonly erases: boolean
}

/** A suppression as it was read. */
export interface LoadedSuppression {
  /** The claim that it holds, by which it was found. */
  readonly claim: string
  readonly id: string
  readonly version: number
}

/** A suppression that begins, at version 0, or one that ends, at the version that was read. */
export interface PendingSuppression extends LoadedSuppression {
  readonly change: 'Begins' | 'Ends'
}

interface Slot {
  /** The user point as it was read; `undefined`: it is new. */
  readonly loaded: Loaded | undefined
  now: UserPoint | undefined
  changes: number
  erases: boolean
  /** The claims of `now`; `undefined`: not computed. */
  claims: ReadonlyArray<string> | undefined
}

const none: ReadonlyArray<string> = []

const unlessIn = (claims: ReadonlyArray<string>, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (claims.length === 0 || others.length === 0) return claims
  const excluded = new Set(others)
  return claims.filter((claim) => !excluded.has(claim))
}

const pendingWrite = (id: UserPointId, { loaded, now: point, changes, erases, claims }: Slot): PendingWrite => {
  if (loaded === undefined)
    return {
      id,
      expected: 0,
      before: undefined,
      point,
      claim: claims ?? (point ? claimsOf(point) : none),
      release: none,
      changes,
      erases
    }
  const { version: expected, point: before } = loaded
  if (point === undefined)
    return { id, expected, before, point, claim: none, release: claimsOf(before), changes, erases }
  const { old, current } = claimChanges(before, point)
  return {
    id,
    expected,
    before,
    point,
    claim: unlessIn(current, old),
    release: unlessIn(old, current),
    changes,
    erases
  }
}

/**
 * A workspace over the loaded user points: all that the references of the commands lead to. Any other user point does not
 * exist.
 */
export class Workspace implements View {
  readonly #index = new DocumentIndex<UserPointId, Slot>()
  readonly #slots = this.#index.documents
  /** The ids of the suppressions by the claims that they hold. */
  readonly #suppressed = new Map<string, string>()
  /** The suppressions as they were read. */
  readonly #suppressions: LoadedSuppression[] = []

  constructor(loaded: ReadonlyArray<Loaded> = [], suppressions: ReadonlyArray<LoadedSuppression> = []) {
    for (const each of loaded) this.add(each)
    this.addSuppressions(suppressions)
  }

  /** Adds suppressions that were read; no line before concerns their claims. */
  addSuppressions(suppressions: ReadonlyArray<LoadedSuppression>): void {
    for (const each of suppressions) {
      this.#suppressed.set(each.claim, each.id)
      this.#suppressions.push(each)
    }
  }

  get suppressed(): ReadonlyMap<string, string> {
    return this.#suppressed
  }

  find(reference: Reference): Subject | undefined {
    if (reference._tag !== 'UserPoint') return this.#subjectAt(this.#index.holderOf(claimOf(reference)))
    // The id of an absorbed user point leads to its survivor.
    return this.#subjectAt(reference.id) ?? this.#subjectAt(this.#index.holderOf(userPointClaim(reference.id)))
  }

  #subjectAt(id: UserPointId | undefined): Subject | undefined {
    const point = id && this.#slots.get(id)?.now
    return point && { id, point }
  }

  /** Returns a user point as it was read, without the changes since. */
  read(id: UserPointId): Loaded | undefined {
    return this.#slots.get(id)?.loaded
  }

  /** Returns whether a user point holds this claim now. */
  holds(claim: string): boolean {
    return this.#index.holderOf(claim) !== undefined
  }

  /** Adds a user point that was read. It replaces an earlier version. */
  add(loaded: Loaded): void {
    const { id, point } = loaded
    const earlier = this.#slots.get(id)?.now
    if (earlier !== undefined) this.#index.release(id, claimsOf(earlier))
    this.#slots.set(id, { loaded, now: point, changes: 0, erases: false, claims: undefined })
    this.#index.take(id, claimsOf(point))
  }

  /**
   * Adds a user point that was read later than others.
   *
   * @returns `false` if another writer came between: its version differs from the one that was read before, or one of its claims
   *   belongs to another user point.
   */
  join(loaded: Loaded): boolean {
    const slot = this.#slots.get(loaded.id)
    if (slot !== undefined) return slot.loaded?.version === loaded.version
    if (claimsOf(loaded.point).some((claim) => this.holds(claim))) return false
    this.add(loaded)
    return true
  }

  /**
   * Replaces the documents that were read with the results of an earlier unit's writes.
   *
   * @returns `false` if one of their claims belongs to another user point.
   */
  rebase(writes: ReadonlyArray<PendingWrite>): boolean {
    // In a merge, one write releases the claims that another one takes, in any order.
    const claims = writes.map((write) => this.#replace(write))
    return writes.every(({ id }, at) => {
      const taken = claims[at] ?? none
      if (taken.some((claim) => (this.#index.holderOf(claim) ?? id) !== id)) return false
      this.#index.take(id, taken)
      return true
    })
  }

  /** @param newId Returns the id of a suppression that begins. */
  apply({ changes, suppress, lift }: Pick<Decision, 'changes' | 'suppress' | 'lift'>, newId: () => string): void {
    for (const { id, point } of changes) {
      const slot = this.#slots.get(id)
      if (slot === undefined) this.#create(id, point)
      else this.#change(id, slot, point)
    }
    if (suppress !== undefined) for (const claim of suppress) this.#suppressed.set(claim, newId())
    if (lift !== undefined) for (const claim of lift) this.#suppressed.delete(claim)
  }

  /** Applies the decision on a command that removes data. */
  applyErasing(decision: Pick<Decision, 'changes' | 'suppress' | 'lift'>, newId: () => string): void {
    this.apply(decision, newId)
    for (const { id } of decision.changes) {
      const slot = this.#slots.get(id)
      if (slot !== undefined) slot.erases = true
    }
  }

  pending(): ReadonlyArray<PendingWrite> {
    const writes: PendingWrite[] = []
    for (const [id, slot] of this.#slots) if (slot.now !== slot.loaded?.point) writes.push(pendingWrite(id, slot))
    return writes
  }

  /** Returns the suppressions that begin or end. */
  pendingSuppressions(): ReadonlyArray<PendingSuppression> {
    if (this.#suppressed.size + this.#suppressions.length === 0) return []
    const writes: PendingSuppression[] = []
    const read = new Map(this.#suppressions.map((loaded) => [loaded.claim, loaded]))
    for (const [claim, id] of this.#suppressed) {
      if (!read.has(claim)) writes.push({ change: 'Begins', claim, id, version: 0 })
    }
    // A suppression that was lifted and began again in this unit goes on.
    for (const loaded of this.#suppressions) {
      if (!this.#suppressed.has(loaded.claim)) writes.push({ change: 'Ends', ...loaded })
    }
    return writes
  }

  /** Replaces a document that was read. Returns the claims that it takes. */
  #replace({ id, expected, point }: PendingWrite): ReadonlyArray<string> {
    const previous = this.#slots.get(id)?.now
    if (point === undefined) {
      if (previous !== undefined) this.#index.release(id, claimsOf(previous))
      this.#slots.delete(id)
      return none
    }
    const loaded = { id, point, version: expected + 1 }
    this.#slots.set(id, { loaded, now: point, changes: 0, erases: false, claims: undefined })
    if (previous === undefined) return claimsOf(point)
    const { old, current } = claimChanges(previous, point)
    this.#index.release(id, old)
    return current
  }

  #create(id: UserPointId, point: UserPoint | undefined): void {
    const claims = point === undefined ? none : claimsOf(point)
    this.#slots.set(id, { loaded: undefined, now: point, changes: 1, erases: false, claims })
    this.#index.take(id, claims)
  }

  #change(id: UserPointId, slot: Slot, point: UserPoint | undefined): void {
    const previous = slot.now
    slot.now = point
    slot.changes++
    if (previous !== undefined && point !== undefined) {
      const { old, current } = claimChanges(previous, point)
      if (old.length + current.length === 0) return
      this.#index.release(id, old)
      this.#index.take(id, current)
    } else {
      if (previous !== undefined) this.#index.release(id, claimsOf(previous))
      if (point !== undefined) this.#index.take(id, claimsOf(point))
    }
    slot.claims = undefined
  }
}
