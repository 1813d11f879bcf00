/** Commits: seals the bodies of a batch, and writes down which keys it uses and which it retires. */
import { randomBytes } from 'node:crypto'
import {
  type CommitResult,
  type JsonObject,
  type Repository,
  type Stored,
  StoreFault,
  type Write
} from '@userpoint/core/repository'
import type { Binding } from './binding.ts'
import { keyLength, type KeyStore } from './key-store.ts'
import type { Place, Places } from './opening.ts'
import { retiredWrite } from './retired.ts'
import { type Digest, ownKinds, seal, slotOf } from './sealing.ts'
import { keptIn, type Lane, nextSlots, type Shelves, shelfWrites, slotsOf } from './shelves.ts'

/**
 * When a document gets a new key. `erasing`: when a write removes data on request. `every`: with each write, so that a purge makes
 * overwritten values unreadable too.
 */
export type Renewal = 'erasing' | 'every'

interface Parts {
  readonly inner: Repository
  readonly keys: KeyStore
  readonly binding: Binding
  readonly shelves: Shelves
  readonly places: Places
  readonly renewal: Renewal
  /** `false`: what is committed may still be rolled back by the caller. */
  readonly isLasting: boolean
}

export type Commit = (writes: ReadonlyArray<Write>) => Promise<CommitResult>

const conflict: CommitResult = { _tag: 'Conflict' }
const attempts = 10

/** A batch whose keys are known. */
interface Plan {
  readonly writes: ReadonlyArray<Write>
  /** For each write the slot of the key that the document has; `undefined`: it has none. */
  readonly before: ReadonlyArray<number | undefined>
  /** For each write the key that the document keeps; `undefined`: it gets a new one, or is a deletion. */
  readonly reused: ReadonlyArray<Uint8Array | undefined>
  /** The number of writes that get a new key. */
  readonly fresh: number
}

/** Returns where the keys of the documents lie; `undefined`: one of them has another version by now. */
const placesOf = async (
  { inner, places }: Parts,
  writes: ReadonlyArray<Write>
): Promise<ReadonlyArray<number | undefined> | undefined> => {
  const found: Array<Place | undefined> = writes.map(({ kind, id, expected }) => {
    const place = expected === 0 ? undefined : places.find(kind, id)
    return place?.version === expected ? place : undefined
  })
  const unknown = writes.flatMap(({ expected }, at) => (expected > 0 && found[at] === undefined ? [at] : []))
  if (unknown.length > 0) {
    const asked = unknown.map((at) => writes[at] as Write)
    const stored = await inner.load(asked.map(({ kind, id }) => ({ _tag: 'ById', kind, id })))
    for (const [index, at] of unknown.entries()) {
      const document = stored[index]
      if (document === undefined || document.version !== asked[index]?.expected) return undefined
      found[at] = { version: document.version, slot: slotOf(document) }
    }
  }
  return found.map((place) => place?.slot)
}

/** Returns the plan of a batch; `undefined`: it conflicts. */
const planOf = async (parts: Parts, writes: ReadonlyArray<Write>): Promise<Plan | undefined> => {
  const { keys, renewal } = parts
  const before = await placesOf(parts, writes)
  if (before === undefined) return undefined
  const keeping: number[] = []
  let fresh = 0
  for (const [at, { body, erases }] of writes.entries()) {
    if (body === undefined) continue
    if (before[at] === undefined || renewal === 'every' || erases === true) fresh++
    else keeping.push(at)
  }
  const reused: Array<Uint8Array | undefined> = writes.map(() => undefined)
  if (keeping.length > 0) {
    const found = await keys.find(keeping.map((at) => before[at] as number))
    for (const [index, at] of keeping.entries()) {
      const answer = found[index]
      // The document was deleted meanwhile, or its key was renewed.
      if (answer?._tag === 'Destroyed') return undefined
      if (answer?._tag !== 'Kept')
        throw new StoreFault('keys: commit failed (the key store does not have a key)', fault)
      reused[at] = answer.key
    }
  }
  return { writes, before, reused, fresh }
}

const fault = { applied: false, recovery: 'repair', code: 'KEY_MISSING' } as const

/** The writes of a batch to the inner store, and the slots of the keys that its documents then have. */
interface Sealed {
  readonly writes: ReadonlyArray<Write>
  readonly slots: ReadonlyArray<number | undefined>
}

const sealBatch = (
  { writes, before, reused }: Plan,
  fresh: { readonly slots: ReadonlyArray<number>; readonly keys: Uint8Array },
  digest: Digest
): Sealed => {
  let used = 0
  const slots: Array<number | undefined> = []
  const retired: number[] = []
  const sealed = writes.map(({ kind, id, expected, body, claim, release }, at): Write => {
    const old = before[at]
    const own = reused[at]
    let slot: number | undefined
    let stored: JsonObject | undefined
    if (body !== undefined) {
      slot = own === undefined ? fresh.slots[used] : old
      const key = own ?? fresh.keys.subarray(used * keyLength, (used + 1) * keyLength)
      if (own === undefined) used++
      stored = seal({ kind, id, version: expected + 1, body }, slot as number, key)
    }
    if (old !== undefined && old !== slot) retired.push(old)
    slots.push(slot)
    return { kind, id, expected, body: stored, claim: claim.map(digest), release: release.map(digest) }
  })
  if (retired.length > 0) sealed.push(retiredWrite(retired))
  return { writes: sealed, slots }
}

/** Runs a call of the key store before anything is written. */
const before = async <A>(work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StoreFault && cause.applied === false) throw cause
    const { recovery } = Object(cause) as { readonly recovery?: StoreFault['recovery'] }
    throw new StoreFault('keys: commit failed before anything was written', {
      applied: false,
      ...(recovery !== undefined && { recovery }),
      cause
    })
  }
}

const saysNotApplied = (cause: unknown): boolean => Reflect.get(Object(cause) as object, 'applied') === false

/**
 * Returns writes that take these claims away from documents whose keys are destroyed, as after the restore of a copy of the store:
 * such a document is gone, and its claims are free.
 */
const freeing = async ({ inner, keys }: Parts, claims: ReadonlyArray<string>): Promise<ReadonlyArray<Write>> => {
  if (claims.length === 0) return []
  const held = await inner.load(claims.map((claim) => ({ _tag: 'ByClaim', claim })))
  const holders = new Map<string, { readonly stored: Stored; readonly release: string[] }>()
  for (const [at, stored] of held.entries()) {
    if (stored === undefined || ownKinds.has(stored.kind)) continue
    const name = `${stored.kind} ${stored.id}`
    const holder = holders.get(name) ?? { stored, release: [] }
    holder.release.push(claims[at] as string)
    holders.set(name, holder)
  }
  const found = await keys.find([...holders.values()].map(({ stored }) => slotOf(stored)))
  return [...holders.values()].flatMap(({ stored: { kind, id, version, body }, release }, at) =>
    found[at]?._tag === 'Destroyed' ? [{ kind, id, expected: version, body, claim: [], release }] : []
  )
}

const refuseOwnKinds = (writes: ReadonlyArray<Write>): void => {
  for (const { kind } of writes)
    if (ownKinds.has(kind)) throw new RangeError(`documents of kind ${kind} are those of the keys`)
}

/** One attempt to commit. `Again`: it conflicted for a reason outside of the batch. */
type Attempted = CommitResult | { readonly _tag: 'Again'; readonly freed: ReadonlyArray<Write> }

const attemptOnce = async (
  parts: Parts,
  {
    writes,
    lanes,
    freed
  }: { readonly writes: ReadonlyArray<Write>; readonly lanes: Lane[]; readonly freed: ReadonlyArray<Write> }
): Promise<Attempted> => {
  const { inner, keys, binding, shelves, places, isLasting } = parts
  const prepared = await before(async () => {
    const digest = await binding.bind()
    const plan = await planOf(parts, writes)
    if (plan === undefined) return undefined
    await shelves.fill(lanes, plan.fresh)
    if (!isLasting) await shelves.refresh(lanes)
    const taken = nextSlots(lanes, plan.fresh)
    const fresh = { slots: slotsOf(taken), keys: randomBytes(plan.fresh * keyLength) }
    if (plan.fresh > 0) await keys.keep(keptIn(taken, fresh.keys))
    return { digest, taken, fresh, sealed: sealBatch(plan, fresh, digest) }
  })
  if (prepared === undefined) return conflict
  const { digest, taken, fresh, sealed } = prepared
  const result = await inner.commit([...sealed.writes, ...shelfWrites(taken), ...freed])
  if (result._tag === 'Committed') {
    for (const { lane } of taken) lane.version++
    for (const [at, slot] of sealed.slots.entries()) {
      const { kind, id, expected } = writes[at] as Write
      if (slot !== undefined) places.remember(kind, id, { version: expected + 1, slot })
    }
    return result
  }
  // No document needs them, but parts of what they seal may lie in the store's files.
  if (fresh.slots.length > 0) await keys.destroy(fresh.slots)
  const versions = lanes.map(({ version }) => version)
  const kept = await shelves.refresh(lanes)
  const isDisturbed = kept.length < lanes.length || lanes.some(({ version }, at) => version !== versions[at])
  lanes.splice(0, lanes.length, ...kept)
  const free = await freeing(
    parts,
    writes.flatMap(({ claim }) => claim.map(digest))
  )
  return isDisturbed || free.length > 0 ? { _tag: 'Again', freed: free } : conflict
}

/** Returns the commits of a handle. */
export const createCommit =
  (parts: Parts): Commit =>
  async (writes) => {
    refuseOwnKinds(writes)
    const lanes: Lane[] = []
    let freed: ReadonlyArray<Write> = []
    try {
      for (let tried = 1; tried <= attempts; tried++) {
        const attempted = await attemptOnce(parts, { writes, lanes, freed })
        if (attempted._tag !== 'Again') {
          parts.shelves.giveBack(lanes)
          return attempted
        }
        freed = attempted.freed
      }
      parts.shelves.giveBack(lanes)
      return conflict
    } catch (cause) {
      // After an unknown outcome the lanes are left: a purge finds out which of their keys are in use.
      if (saysNotApplied(cause)) parts.shelves.giveBack(lanes)
      throw cause
    }
  }
