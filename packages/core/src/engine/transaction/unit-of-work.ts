/**
 * A unit of work: one load of everything that some commands refer to, a fold over them, one atomic commit. On a conflict
 * it loads and decides again, which is safe because deciding is pure.
 */
import { type Command, erases, referencesOf } from '../../command/command.ts'
import type { Warning } from '../../command/decoded.ts'
import type { Rejection } from '../../command/rejection.ts'
import { decide } from '../../decide/decide.ts'
import { type Change, type Verdict, withWarnings } from '../../decide/verdict.ts'
import type { Context, View } from '../../decide/view.ts'
import { createWorkspace, type Loaded, type PendingWrite } from '../../decide/workspace.ts'
import { claimOf, type Reference, type UserPointId } from '../../domain/identifier.ts'
import { fromStored, type StoredUserPoint, toStored } from '../../domain/stored-user-point.ts'
import { claimsOf, type Subject } from '../../domain/user-point.ts'
import { E } from '../../fp.ts'
import type * as port from '../../repository/repository.ts'
import type { Contention, EngineError, Indeterminate, StoreFailed } from './engine-error.ts'
import { noRecent, type Recent } from '../lookahead/recent.ts'
import type { Runtime } from './runtime.ts'

/** One line of a unit: a command, or why there is none. */
export type Task =
  | {
      readonly _tag: 'Command'
      readonly command: Command
      readonly warnings: ReadonlyArray<Warning>
    }
  | Rejection

/** The kind of the documents that hold user points. */
export const userPointKind: port.Kind = 'user_point'

// A store's ids are printable ASCII, so that nothing else can be one.
const idShape = /^[\x21-\x7e]{1,512}$/

/** What some references lead to in the store, each once: by the claim, and by the id after a NUL, which no claim has. */
export type Wanted = Map<string, port.Reference>

const keyOfId = (id: string): string => `\0${id}`

const want = (wanted: Wanted, reference: Reference): void => {
  if (reference._tag !== 'UserPoint') {
    const claim = claimOf(reference)
    if (!wanted.has(claim)) wanted.set(claim, { _tag: 'ByClaim', claim })
  } else if (idShape.test(reference.id)) {
    wanted.set(keyOfId(reference.id), { _tag: 'ById', kind: userPointKind, id: reference.id })
  }
}

/** The store's references for these, each once. */
export const storeReferences = (references: Iterable<Reference>): ReadonlyArray<port.Reference> => {
  const wanted: Wanted = new Map()
  for (const reference of references) want(wanted, reference)
  return [...wanted.values()]
}

/** A stored document as the user point that it is; core wrote it, so that nothing is checked again. */
export const toLoaded = (stored: port.Stored): Loaded => ({
  id: stored.id as UserPointId,
  version: stored.version,
  point: fromStored(stored.body as StoredUserPoint)
})

const toWrite = ({ id, expected, point, claim, release }: PendingWrite): port.Write => ({
  kind: userPointKind,
  id,
  expected,
  body: point && toStored(point),
  claim,
  release
})

/** Loads what the references lead to, each document once. */
export const load = async (
  repository: port.Repository,
  references: ReadonlyArray<port.Reference>
): Promise<E.Either<StoreFailed, ReadonlyArray<Loaded>>> => {
  if (references.length === 0) return E.right([])
  try {
    const stored = new Map<string, Loaded>()
    for (const each of await repository.load(references)) {
      // Many references may lead to one large document.
      if (each !== undefined && !stored.has(each.id)) stored.set(each.id, toLoaded(each))
    }
    return E.right([...stored.values()])
  } catch (cause) {
    return E.left({ _tag: 'StoreFailed', operation: 'load', cause })
  }
}

const saysNotApplied = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'applied' in cause && cause.applied === false

const commit = async (
  repository: port.Repository,
  writes: ReadonlyArray<port.Write>
): Promise<E.Either<StoreFailed | Indeterminate, port.CommitResult>> => {
  if (writes.length === 0) return E.right({ _tag: 'Committed' })
  try {
    return E.right(await repository.commit(writes))
  } catch (cause) {
    return E.left(
      saysNotApplied(cause) ? { _tag: 'StoreFailed', operation: 'commit', cause } : { _tag: 'Indeterminate', cause }
    )
  }
}

const contextOf = ({ clock, newUserPointId, newDevicePointId, guards }: Runtime): Context => ({
  now: clock(),
  newUserPointId,
  newDevicePointId,
  quarantine: guards.quarantine,
  hyperPoint: guards.hyperPoint
})

/** What one command does to one user point. */
export interface ObservedChange {
  readonly before: Subject | undefined
  readonly after: Subject | undefined
}

/** The verdict on one line; what it changes only where that is asked for. */
export interface Judgement {
  readonly verdict: Verdict
  readonly changes: ReadonlyArray<ObservedChange>
}

const observe = (view: View, { id, point }: Change): ObservedChange => ({
  before: view.find({ _tag: 'UserPoint', id }),
  after: point && { id, point }
})

const noChanges: ReadonlyArray<ObservedChange> = []

/** The verdicts on some lines, and what must be written to make them true. Pure, but for the clock and new ids. */
const judge = (
  loaded: ReadonlyArray<Loaded>,
  tasks: ReadonlyArray<Task>,
  runtime: Runtime,
  observing: boolean
): { readonly judgements: ReadonlyArray<Judgement>; readonly pending: ReadonlyArray<PendingWrite> } => {
  const workspace = createWorkspace(loaded)
  const judgements = tasks.map((task): Judgement => {
    if (task._tag === 'Rejected') return { verdict: task, changes: noChanges }
    const decision = decide(workspace, task.command, contextOf(runtime))
    const changes = observing ? decision.changes.map((change) => observe(workspace, change)) : noChanges
    workspace.apply(decision.changes)
    return { verdict: withWarnings(decision.verdict, task.warnings), changes }
  })
  return { judgements, pending: workspace.pending() }
}

/** What is wanted, as far as it was just written, and what must be loaded. */
const takeRecent = (
  wanted: Wanted,
  recent: Recent
): { readonly taken: Map<UserPointId, Loaded>; readonly rest: ReadonlyArray<port.Reference> } => {
  const taken = new Map<UserPointId, Loaded>()
  const rest: port.Reference[] = []
  for (const reference of wanted.values()) {
    const known =
      reference._tag === 'ByClaim' ? recent.byClaim(reference.claim) : recent.byId(reference.id as UserPointId)
    if (known === undefined) rest.push(reference)
    else taken.set(known.id, known)
  }
  return { taken, rest }
}

/** Adds what these tasks refer to. */
export const addWanted = (wanted: Wanted, tasks: ReadonlyArray<Task>): void => {
  for (const task of tasks) {
    if (task._tag === 'Command') for (const reference of referencesOf(task.command)) want(wanted, reference)
  }
}

/** What these tasks refer to. */
export const wantedBy = (tasks: ReadonlyArray<Task>): Wanted => {
  const wanted: Wanted = new Map()
  addWanted(wanted, tasks)
  return wanted
}

interface Decided {
  readonly judgements: ReadonlyArray<Judgement>
  readonly pending: ReadonlyArray<PendingWrite>
}

/** A source whose values come again, in the same order, once it is rewound. */
const replayable = <A>(source: () => A): { readonly next: () => A; readonly rewind: () => void } => {
  const given: A[] = []
  let at = 0
  return {
    next: () => {
      if (at === given.length) given.push(source())
      return given[at++] as A
    },
    rewind: () => {
      at = 0
    }
  }
}

/** A runtime that gives the same moments and ids once more, so that deciding twice does not show. */
interface Replaying {
  readonly runtime: Runtime
  readonly rewind: () => void
}

const replaying = (runtime: Runtime): Replaying => {
  const clock = replayable(runtime.clock)
  const userPointIds = replayable(runtime.newUserPointId)
  const devicePointIds = replayable(runtime.newDevicePointId)
  return {
    runtime: {
      ...runtime,
      clock: clock.next,
      newUserPointId: userPointIds.next,
      newDevicePointId: devicePointIds.next
    },
    rewind: () => {
      for (const each of [clock, userPointIds, devicePointIds]) each.rewind()
    }
  }
}

/** What some tasks refer to: what was loaded as it was at one moment, with what is known besides laid over it. */
interface Sight {
  readonly wanted: Wanted
  readonly known: Map<UserPointId, Loaded>
  /** What was not loaded, so that only a commit that expects it as it is here proves it. */
  readonly taken: Map<UserPointId, Loaded>
}

/** Takes what was just written, and loads the rest. */
const see = async (
  repository: port.Repository,
  wanted: Wanted,
  recent: Recent
): Promise<E.Either<StoreFailed, Sight>> => {
  const { taken, rest } = takeRecent(wanted, recent)
  const loaded = await load(repository, rest)
  if (E.isLeft(loaded)) return loaded
  // A document may be both, where one of its claims is new: what was loaded is the later one.
  const known = new Map(taken)
  for (const each of loaded.right) known.set(each.id, each)
  return E.right({ wanted, known, taken })
}

/** Whether one of these writes expects a document as it was loaded, so that all was loaded before any of them was committed. */
const wasLoadedBefore = ({ known, taken }: Sight, writes: ReadonlyArray<PendingWrite>): boolean =>
  writes.some(({ id, expected }) => {
    const seen = known.get(id)
    return seen?.version === expected && taken.get(id) !== seen
  })

/**
 * What is seen, as it will be once these writes are committed. `false`: that cannot be said, where they were made from
 * something later than what is seen, or of two documents each seems to have one claim.
 *
 * @param isBefore Whether all was loaded before them. Else somebody else may have come between.
 */
const foresee = ({ wanted, known, taken }: Sight, writes: ReadonlyArray<PendingWrite>, isBefore: boolean): boolean => {
  const claimed = new Map<string, UserPointId>()
  const asksIds = hasIds(wanted)
  for (const { id, expected, point, claim } of writes) {
    const seen = known.get(id)
    // What was just written may already be what was taken, or loaded; and somebody else may have written it since.
    if (seen !== undefined && seen.version > expected) continue
    if (seen !== undefined && seen.version < expected) return false
    const isAsked = claim.some((each) => wanted.has(each))
    // Nearly all of a unit that makes new people: making the id's key would cost more than all of this.
    if (seen === undefined && !isAsked && !(asksIds && wanted.has(keyOfId(id)))) continue
    if (point === undefined) {
      known.delete(id)
    } else {
      known.set(id, { id, point, version: expected + 1 })
      for (const each of claim) if (wanted.has(each)) claimed.set(each, id)
    }
    const laid = known.get(id)
    if (isBefore) {
      if (taken.get(id) === seen) taken.delete(id)
    } else if (laid !== undefined) taken.set(id, laid)
  }
  return claimed.size === 0 || !isClaimedTwice(known, claimed)
}

const hasIds = (wanted: Wanted): boolean => {
  for (const { _tag } of wanted.values()) if (_tag === 'ById') return true
  return false
}

const isClaimedTwice = (known: Sight['known'], claimed: ReadonlyMap<string, UserPointId>): boolean => {
  for (const { id, point } of known.values()) {
    if (claimsOf(point).some((claim) => (claimed.get(claim) ?? id) !== id)) return true
  }
  return false
}

/** Decides on what is seen; `undefined`: on something that may have changed, and that no commit would prove. */
const decideOn = (
  { known, taken }: Sight,
  tasks: ReadonlyArray<Task>,
  runtime: Runtime,
  observing: boolean,
  recent: Recent
): Decided | undefined => {
  const decided = judge([...known.values()], tasks, runtime, observing)
  if (taken.size === 0) return decided
  const written = new Set(decided.pending.map(({ id }) => id))
  let isProven = true
  for (const [id, each] of taken) {
    if (known.get(id) === each && written.has(id)) continue
    recent.forget(id)
    isProven = false
  }
  return isProven ? decided : undefined
}

const decideUnit = async (
  repository: port.Repository,
  tasks: ReadonlyArray<Task>,
  again: Replaying,
  observing: boolean,
  recent: Recent
): Promise<E.Either<StoreFailed, Decided>> => {
  const wanted = wantedBy(tasks)
  for (;;) {
    const sight = await see(repository, wanted, recent)
    if (E.isLeft(sight)) return sight
    const decided = decideOn(sight.right, tasks, again.runtime, observing, recent)
    if (decided !== undefined) return E.right(decided)
    again.rewind()
  }
}

/** A unit of work that was decided before its turn to be committed. */
export interface Prepared {
  /** `undefined`: it is to be decided once more, when its turn has come. */
  readonly decided: E.Either<StoreFailed, Decided> | undefined
  readonly again: Replaying
}

/** A unit that is decided only when its turn has come. */
export const unprepared = (runtime: Runtime): Prepared => ({ decided: undefined, again: replaying(runtime) })

/** What a unit refers to, which is being looked at. */
export interface Look {
  readonly sight: Promise<E.Either<StoreFailed, Sight>>
  /** How often what was just written had been forgotten when it began. */
  readonly clearings: number
}

/** Begins to look at what a unit refers to; never rejected. */
export const beginLook = (repository: port.Repository, wanted: Wanted, recent: Recent): Look => ({
  sight: see(repository, wanted, recent),
  clearings: recent.clearings()
})

/** What a unit before another writes, which may not be seen. */
export interface Before {
  /** `undefined`: that is not known. */
  readonly writes: ReadonlyArray<PendingWrite> | undefined
  /** Whether it was sent after everything was loaded. */
  readonly isLater: boolean
}

/**
 * Decides a unit of work before its turn to be committed, on what will be there by then.
 *
 * @param sight What it refers to; changed here.
 * @param before The units before it of which something may not be seen, in their order.
 * @param clearings How often what was just written had been forgotten before any of those was sent. Where it was forgotten again
 * since, one of them met a conflict, and what is decided here may rest on what was never written: nothing of it is kept.
 * @returns What holds if the units before it are committed as they were prepared.
 */
export const prepareUnit = (
  sight: E.Either<StoreFailed, Sight>,
  tasks: ReadonlyArray<Task>,
  runtime: Runtime,
  observing: boolean,
  recent: Recent,
  before: ReadonlyArray<Before>,
  clearings: number
): Prepared => {
  const again = replaying(runtime)
  if (E.isLeft(sight)) return { decided: sight, again }
  let isBefore = false
  const isSound = before.every(({ writes, isLater }) => {
    if (writes === undefined) return false
    isBefore ||= isLater || wasLoadedBefore(sight.right, writes)
    return foresee(sight.right, writes, isBefore)
  })
  const decided = isSound ? decideOn(sight.right, tasks, again.runtime, observing, recent) : undefined
  if (decided === undefined) {
    again.rewind()
    return { decided, again }
  }
  if (recent.clearings() === clearings) keepRecent(recent, decided.pending)
  return { decided: E.right(decided), again }
}

/** What a unit writes, if it is committed as it was prepared; `undefined`: that is not known yet. */
export const pendingOf = ({ decided }: Prepared): ReadonlyArray<PendingWrite> | undefined =>
  decided !== undefined && E.isRight(decided) ? decided.right.pending : undefined

/** Keeps what several lines changed: the next unit of work may well change it again. */
const keepRecent = (recent: Recent, pending: ReadonlyArray<PendingWrite>): void => {
  for (const { id, point, expected, changes } of pending) {
    if (point === undefined) recent.forget(id)
    else if (changes > 1 || recent.byId(id) !== undefined) recent.keep({ id, point, version: expected + 1 })
  }
}

/**
 * What a unit of work commits besides its effect, in the same batch: it is asked for before each attempt to commit, with
 * the judgements as they are now. A left ends the unit, and nothing of it is committed.
 *
 * @param attempt From 1.
 */
export type Alongside<Left> = (
  judgements: ReadonlyArray<Judgement>,
  attempt: number
) => Promise<E.Either<Left, ReadonlyArray<port.Write>>>

const nothingAlongside: Alongside<never> = () => Promise.resolve(E.right([]))

/**
 * The judgement on each task, in order, once all that they change is committed; or why nothing of it is.
 *
 * @param observing Whether the judgements say what changes.
 * @param recent What units of work of the same import have written; none unless given.
 * @param prepared What {@link prepareUnit} made of these tasks. Where it is committed as it is, its judgements are given.
 */
export const runUnit = async <Left = never>(
  repository: port.Repository,
  tasks: ReadonlyArray<Task>,
  runtime: Runtime,
  observing = false,
  alongside: Alongside<Left> = nothingAlongside,
  recent: Recent = noRecent,
  prepared: Prepared = unprepared(runtime)
): Promise<E.Either<EngineError | Left, ReadonlyArray<Judgement>>> => {
  for (let attempt = 1; attempt <= runtime.attempts; attempt++) {
    const again = attempt === 1 ? prepared.again : replaying(runtime)
    const known = attempt === 1 ? prepared.decided : undefined
    const decided = known ?? (await decideUnit(repository, tasks, again, observing, recent))
    if (E.isLeft(decided)) return decided
    const { judgements, pending } = decided.right
    const more = await alongside(judgements, attempt)
    if (E.isLeft(more)) return more
    const committed = await commit(repository, [...pending.map(toWrite), ...more.right])
    if (E.isRight(committed) && committed.right._tag === 'Committed') {
      if (known === undefined) keepRecent(recent, pending)
      return E.right(judgements)
    }
    recent.clear()
    if (E.isLeft(committed)) return committed
    if (attempt < runtime.attempts) await runtime.backOff(attempt)
  }
  const contention: Contention = { _tag: 'Contention', attempts: runtime.attempts }
  return E.left(contention)
}

/** Holds where one of these tasks removed something, so that the store has something to purge. */
export const hasErased = (tasks: ReadonlyArray<Task>, judgements: ReadonlyArray<Judgement>): boolean =>
  tasks.some((task, i) => task._tag === 'Command' && erases(task.command) && judgements[i]?.verdict._tag === 'Applied')

/**
 * Holds where one of these tasks asked for a removal, done or not: what is gone already may have been removed by a run that
 * died before it could purge.
 */
export const asksForErasure = (tasks: ReadonlyArray<Task>): boolean =>
  tasks.some((task) => task._tag === 'Command' && erases(task.command))
