/**
 * A unit of work: one load of everything that some commands refer to, a fold over them, one atomic commit. On a conflict
 * it loads and decides again, which is safe because deciding is pure.
 */
import { type Command, erases, referencesOf } from '../command/command.ts'
import type { Warning } from '../command/decoded.ts'
import type { Rejection } from '../command/rejection.ts'
import { decide } from '../decide/decide.ts'
import { type Change, type Verdict, withWarnings } from '../decide/verdict.ts'
import type { Context, View } from '../decide/view.ts'
import { createWorkspace, type Loaded, type PendingWrite } from '../decide/workspace.ts'
import { claimOf, type Reference, type UserPointId } from '../domain/identifier.ts'
import type { Subject, UserPoint } from '../domain/user-point.ts'
import { E } from '../fp.ts'
import type * as port from '../repository/repository.ts'
import type { Contention, EngineError, Indeterminate, StoreFailed } from './engine-error.ts'
import type { Runtime } from './runtime.ts'

/** One line of a unit: a command, or why there is none. */
export type Task =
  | { readonly _tag: 'Command'; readonly command: Command; readonly warnings: ReadonlyArray<Warning> }
  | Rejection

/** The kind of the documents that hold user points. */
export const userPointKind: port.Kind = 'user_point'

// A store's ids are printable ASCII, so that nothing else can be one.
const idShape = /^[\x21-\x7e]{1,512}$/

const toReference = (reference: Reference): port.Reference | undefined => {
  if (reference._tag !== 'UserPoint') return { _tag: 'ByClaim', claim: claimOf(reference) }
  return idShape.test(reference.id) ? { _tag: 'ById', kind: userPointKind, id: reference.id } : undefined
}

/** The store's references for these, each once. */
export const storeReferences = (references: Iterable<Reference>): ReadonlyArray<port.Reference> => {
  const unique = new Map<string, port.Reference>()
  for (const reference of references) {
    const wanted = toReference(reference)
    if (wanted !== undefined) unique.set(wanted._tag === 'ById' ? `id:${wanted.id}` : `claim:${wanted.claim}`, wanted)
  }
  return [...unique.values()]
}

/** A stored document as the user point that it is; core wrote it, so that nothing is checked again. */
export const toLoaded = (stored: port.Stored): Loaded => ({
  id: stored.id as UserPointId,
  version: stored.version,
  point: stored.body as unknown as UserPoint
})

const toWrite = ({ id, expected, point, claim, release }: PendingWrite): port.Write => ({
  kind: userPointKind,
  id,
  expected,
  body: point,
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
      if (each !== undefined) stored.set(each.id, toLoaded(each))
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
  ...guards
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

/** The verdicts on some lines, and what must be written to make them true. Pure, but for the clock and new ids. */
const judge = (
  loaded: ReadonlyArray<Loaded>,
  tasks: ReadonlyArray<Task>,
  runtime: Runtime,
  observing: boolean
): { readonly judgements: ReadonlyArray<Judgement>; readonly writes: ReadonlyArray<port.Write> } => {
  const workspace = createWorkspace(loaded)
  const judgements = tasks.map((task): Judgement => {
    if (task._tag === 'Rejected') return { verdict: task, changes: [] }
    const decision = decide(workspace, task.command, contextOf(runtime))
    const changes = observing ? decision.changes.map((change) => observe(workspace, change)) : []
    workspace.apply(decision.changes)
    return { verdict: withWarnings(decision.verdict, task.warnings), changes }
  })
  return { judgements, writes: workspace.pending().map(toWrite) }
}

/**
 * The judgement on each task, in order, once all that they change is committed; or why nothing of it is.
 *
 * @param observing Whether the judgements say what changes.
 */
export const runUnit = async (
  repository: port.Repository,
  tasks: ReadonlyArray<Task>,
  runtime: Runtime,
  observing = false
): Promise<E.Either<EngineError, ReadonlyArray<Judgement>>> => {
  const references = storeReferences(
    tasks.flatMap((task) => (task._tag === 'Command' ? referencesOf(task.command) : []))
  )
  for (let attempt = 1; attempt <= runtime.attempts; attempt++) {
    const loaded = await load(repository, references)
    if (E.isLeft(loaded)) return loaded
    const { judgements, writes } = judge(loaded.right, tasks, runtime, observing)
    const committed = await commit(repository, writes)
    if (E.isLeft(committed)) return committed
    if (committed.right._tag === 'Committed') return E.right(judgements)
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
