/**
 * Predictions: a unit of work is decided before its turn to be committed, from a snapshot of the store and from the writes
 * of the units before it. A prediction holds if those units are committed as they were predicted; then it is committed
 * unchanged. Otherwise the unit is decided again. See docs/concurrency.md.
 */
import { type Loaded, type PendingWrite, Workspace } from '../../decide/workspace.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import { E } from '../../fp.ts'
import type * as port from '../../repository/repository.ts'
import type { StoreFailed } from '../transaction/engine-error.ts'
import { type Decided, type Decider, judge, type Unit } from '../transaction/transaction.ts'
import { keyOfId, type LoadedParts, loadParts, type References } from '../transaction/load.ts'
import type { Runtime } from '../transaction/runtime.ts'
import type { DocumentCache } from './document-cache.ts'

/** The parts that all units of one import use. */
export interface Sources {
  readonly repository: port.Repository
  readonly runtime: Runtime
  readonly cache: DocumentCache
}

/** The user points to which some references lead: loaded at one moment, or from the cache. */
interface Snapshot {
  readonly references: References
  readonly workspace: Workspace
  /** The documents that were not loaded. Only a commit that expects their version proves them. */
  readonly cached: Map<UserPointId, Loaded>
}

/** The parts to which some references lead. A document may be both if one of its claims is new; what is loaded is later. */
export interface Taken extends LoadedParts {
  readonly cached: Map<UserPointId, Loaded>
}

/** Takes what the cache has, and loads the rest. */
export const take = async (
  references: Iterable<port.Reference>,
  { repository, cache, runtime }: Sources
): Promise<E.Either<StoreFailed, Taken>> => {
  const cached = new Map<UserPointId, Loaded>()
  const missing: port.Reference[] = []
  for (const reference of references) {
    const known =
      reference._tag === 'ByClaim' ? cache.byClaim(reference.claim) : cache.byId(reference.id as UserPointId)
    if (known === undefined) missing.push(reference)
    else cached.set(known.id, known)
  }
  const loaded = await loadParts(repository, missing, runtime)
  return E.isLeft(loaded) ? loaded : E.right({ ...loaded.right, cached })
}

const takeSnapshot = async (references: References, sources: Sources): Promise<E.Either<StoreFailed, Snapshot>> => {
  const taken = await take(references.values(), sources)
  if (E.isLeft(taken)) return taken
  const { people, suppressions, cached } = taken.right
  const workspace = new Workspace([...cached.values()], suppressions)
  for (const each of people) workspace.add(each)
  return E.right({ references, workspace, cached })
}

/** The snapshot of a unit, which may still be loading. */
export interface Prefetch {
  /** Never rejected. */
  readonly snapshot: Promise<E.Either<StoreFailed, Snapshot>>
  /** The generation of the cache when the prefetch started. */
  readonly cacheGeneration: number
}

export const startPrefetch = (references: References, sources: Sources): Prefetch => ({
  snapshot: takeSnapshot(references, sources),
  cacheGeneration: sources.cache.generation
})

/** The writes of an earlier unit that a snapshot may lack. */
export interface EarlierWrites {
  /** `undefined`: they are not known yet. */
  readonly writes: ReadonlyArray<PendingWrite> | undefined
  /** `true`: their commit started after the snapshot was loaded. */
  readonly startedAfterLoad: boolean
}

/** Returns whether a write expects a document as it was loaded, which proves that the load came before the commit. */
const wasLoadedBefore = ({ workspace, cached }: Snapshot, writes: ReadonlyArray<PendingWrite>): boolean =>
  writes.some(({ id, expected }) => {
    const read = workspace.read(id)
    return read?.version === expected && cached.get(id) !== read
  })

/** Returns whether a snapshot has references by id. Then each write must be looked up by id, which costs a text each. */
const hasIds = (references: References): boolean => {
  for (const { _tag } of references.values()) if (_tag === 'ById') return true
  return false
}

/**
 * Applies the writes of an earlier unit to a snapshot, as if they were committed.
 *
 * @param isBefore Whether the snapshot was loaded before them. Otherwise another writer may have come between the two.
 * @returns `false`: the result is unknown, because the writes were made from a later version than that of the snapshot, or
 *   because two documents seem to hold one claim.
 */
const applyEarlier = (
  { references, workspace, cached }: Snapshot,
  writes: ReadonlyArray<PendingWrite>,
  isBefore: boolean
): boolean => {
  const byId = hasIds(references)
  const relevant: PendingWrite[] = []
  for (const write of writes) {
    const { id, expected, claim } = write
    const read = workspace.read(id)
    // The snapshot may have the result of the write already, or that of a later one.
    if (read !== undefined && read.version > expected) continue
    if (read !== undefined && read.version < expected) return false
    const isReferenced =
      read !== undefined || claim.some((each) => references.has(each)) || (byId && references.has(keyOfId(id)))
    if (!isReferenced) continue
    if (isBefore && cached.get(id) === read) cached.delete(id)
    relevant.push(write)
  }
  if (!workspace.rebase(relevant)) return false
  if (isBefore) return true
  for (const { id } of relevant) {
    const written = workspace.read(id)
    if (written !== undefined) cached.set(id, written)
  }
  return true
}

/**
 * Judges a unit on a snapshot, which is used up.
 *
 * @returns `undefined` if the verdicts rely on a cached document that the unit does not write: no commit would prove it.
 */
const judgeOn = (snapshot: Snapshot, { lines }: Unit, { runtime, cache }: Sources): Decided | undefined =>
  proven(judge(snapshot.workspace, lines, { runtime }), snapshot, cache)

/** Returns a decision, unless it relies on a cached document that it does not write: no commit would prove it. */
export const proven = (
  decided: Decided,
  { workspace, cached }: Pick<Snapshot, 'workspace' | 'cached'>,
  cache: DocumentCache
): Decided | undefined => {
  if (cached.size === 0) return decided
  const written = new Set(decided.writes.map(({ id }) => id))
  let isProven = true
  for (const [id, document] of cached) {
    if (workspace.read(id) === document && written.has(id)) continue
    cache.forget(id)
    isProven = false
  }
  return isProven ? decided : undefined
}

/** Returns a source that gives the same values again, in the same order, after each rewind. */
const replayable = <A, Arguments extends ReadonlyArray<unknown>>(
  source: (...given: Arguments) => A
): { readonly next: (...given: Arguments) => A; readonly rewind: () => void } => {
  const values: A[] = []
  let at = 0
  return {
    next: (...given) => {
      if (at === values.length) values.push(source(...given))
      return values[at++] as A
    },
    rewind: () => {
      at = 0
    }
  }
}

/** A runtime that gives the same times and ids again after each rewind, so that deciding twice does not show. */
export interface Replay {
  readonly runtime: Runtime
  readonly rewind: () => void
}

export const replayOf = (runtime: Runtime): Replay => {
  const clock = replayable(runtime.clock)
  const moments = replayable(runtime.moments.next)
  const userPointIds = replayable(runtime.newUserPointId)
  const devicePointIds = replayable(runtime.newDevicePointId)
  const ids = replayable(runtime.newId)
  return {
    runtime: {
      ...runtime,
      clock: clock.next,
      moments: { ...runtime.moments, next: moments.next },
      newUserPointId: userPointIds.next,
      newDevicePointId: devicePointIds.next,
      newId: ids.next
    },
    rewind: () => {
      for (const each of [clock, moments, userPointIds, devicePointIds, ids]) each.rewind()
    }
  }
}

/** The decision on a unit before its turn. */
export interface Prediction {
  /** `undefined`: the unit must be decided when its turn comes. */
  readonly decided: E.Either<StoreFailed, Decided> | undefined
  /** The times and ids of the unit. */
  readonly replay: Replay
}

/** Returns the prediction of a unit that is decided when its turn comes. */
export const noPrediction = (runtime: Runtime): Prediction => ({ decided: undefined, replay: replayOf(runtime) })

/**
 * Decides a unit before its turn.
 *
 * @param given.snapshot That of the unit; used up.
 * @param given.earlier The units before it of which the snapshot may lack something, in their order.
 * @param given.cacheGeneration The oldest generation of the cache on which the prediction rests. If the cache was cleared
 *   since, an earlier unit met a conflict, and nothing of this prediction is cached.
 */
export const predict = (
  unit: Unit,
  given: {
    readonly snapshot: E.Either<StoreFailed, Snapshot>
    readonly earlier: ReadonlyArray<EarlierWrites>
    readonly cacheGeneration: number
  },
  sources: Sources
): Prediction => {
  const replay = replayOf(sources.runtime)
  const { snapshot, earlier, cacheGeneration } = given
  if (E.isLeft(snapshot)) return { decided: snapshot, replay }
  let isBefore = false
  const isKnown = earlier.every(({ writes, startedAfterLoad }) => {
    if (writes === undefined) return false
    isBefore ||= startedAfterLoad || wasLoadedBefore(snapshot.right, writes)
    return applyEarlier(snapshot.right, writes, isBefore)
  })
  const decided = isKnown ? judgeOn(snapshot.right, unit, { ...sources, runtime: replay.runtime }) : undefined
  return predicted(decided, { replay, cache: sources.cache, cacheGeneration })
}

/** Returns the prediction of this decision, whose writes are cached; `undefined`: the unit is decided when its turn comes. */
export const predicted = (
  decided: Decided | undefined,
  {
    replay,
    cache,
    cacheGeneration
  }: Pick<Prediction, 'replay'> & Pick<Sources, 'cache'> & Pick<Prefetch, 'cacheGeneration'>
): Prediction => {
  if (decided === undefined) {
    replay.rewind()
    return { decided, replay }
  }
  if (cache.generation === cacheGeneration) cache.keepWritten(decided.writes)
  return { decided: E.right(decided), replay }
}

/**
 * Returns the writes of a unit that is committed as predicted; `undefined`: they are not known yet. Suppressions are read from
 * the store alone: a unit that changes some counts as unknown, so that the units after it are loaded and decided anew.
 */
export const writesOf = ({ decided }: Prediction): ReadonlyArray<PendingWrite> | undefined =>
  decided !== undefined && E.isRight(decided) && decided.right.suppressions.length === 0
    ? decided.right.writes
    : undefined

/** Decides a unit when its turn has come. */
const decideNow = async (unit: Unit, replay: Replay, sources: Sources): Promise<E.Either<StoreFailed, Decided>> => {
  for (;;) {
    const snapshot = await takeSnapshot(unit.references, sources)
    if (E.isLeft(snapshot)) return snapshot
    const decided = judgeOn(snapshot.right, unit, { ...sources, runtime: replay.runtime })
    if (decided !== undefined) return E.right(decided)
    replay.rewind()
  }
}

/** Returns a decider that gives the prediction first; after a conflict it decides again. */
export const deciderOf = (unit: Unit, prediction: Prediction, sources: Sources): Decider => {
  const { cache, runtime } = sources
  let next: Prediction | undefined = prediction
  return {
    decide: async () => {
      const { decided, replay } = next ?? noPrediction(runtime)
      next = undefined
      return decided ?? decideNow(unit, replay, sources)
    },
    onCommitted: ({ writes }) => {
      // A prediction was cached when it was made.
      if (writes !== writesOf(prediction)) cache.keepWritten(writes)
    },
    onRefused: () => cache.clear()
  }
}
