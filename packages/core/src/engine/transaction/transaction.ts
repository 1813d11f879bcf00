/**
 * A transaction: one load of the user points of some lines, the verdicts, and one atomic commit. After a conflict it loads and
 * decides again, which is safe because deciding is pure.
 */
import { erases } from '../../command/command.ts'
import { decide } from '../../decide/decide.ts'
import { type Change, withWarnings } from '../../decide/verdict.ts'
import type { Context, View } from '../../decide/view.ts'
import type { PendingSuppression, PendingWrite, Workspace } from '../../decide/workspace.ts'
import { toStored } from '../../domain/stored-user-point.ts'
import type { Moment } from '../../domain/moment.ts'
import { latestMoment, type UserPoint } from '../../domain/user-point.ts'
import { E } from '../../fp.ts'
import type * as port from '../../repository/repository.ts'
import type { Line } from '../input/line.ts'
import type { EngineError, StoreFailed } from './engine-error.ts'
import type { ChangeOrigin } from './feed-entry.ts'
import type { Committed } from './feed-writer.ts'
import { type Erased, erasedBy, receiptsOf } from './erasure-receipt.ts'
import { keyedClaim } from './claim-key.ts'
import type { Judgement, ObservedChange } from './judgement.ts'
import { addReferences, loadParts, type References, suppressionKind, userPointKind, workspaceOf } from './load.ts'
import { obligationOf, owedWrite } from './obligation.ts'
import type { Erasure, Runtime } from './runtime.ts'

/** The result of judging a unit. */
export interface Decided {
  readonly judgements: ReadonlyArray<Judgement>
  readonly writes: ReadonlyArray<PendingWrite>
  readonly suppressions: ReadonlyArray<PendingSuppression>
  /** `true`: a command that removes data was applied. */
  readonly hasErased: boolean
  /** The applied erasures, of which the engine writes receipts; empty without a key. */
  readonly erased: ReadonlyArray<Erased>
}

/** The context of a unit's commands. All share one object, because a new one for each would cost more than the decision. */
class UnitContext implements Context {
  readonly newUserPointId: Context['newUserPointId']
  readonly newDevicePointId: Context['newDevicePointId']
  readonly quarantine: Context['quarantine']
  readonly hyperPoint: Context['hyperPoint']
  readonly limits: Context['limits']
  readonly profileMerge: Context['profileMerge']
  readonly suppression: Context['suppression']
  readonly canSuppress: boolean
  now = 0
  readonly #runtime: Runtime
  #own: Moment = 0
  /** Another engine's clock may be ahead. Writes to its documents must be later nevertheless. */
  #passed: Moment = Number.NEGATIVE_INFINITY

  constructor(runtime: Runtime) {
    const { newUserPointId, newDevicePointId, guards } = runtime
    this.#runtime = runtime
    this.newUserPointId = newUserPointId
    this.newDevicePointId = newDevicePointId
    this.quarantine = guards.quarantine
    this.hyperPoint = guards.hyperPoint
    this.limits = guards.limits
    this.profileMerge = guards.profileMerge
    this.suppression = guards.suppression
    this.canSuppress = runtime.erasure?.claims === 'keyed'
  }

  /** Returns the context of the next command. */
  next(): Context {
    const { clock, moments } = this.#runtime
    this.now = clock()
    this.#own = Math.max(moments.next(this.now), this.#passed + 1)
    return this
  }

  readonly momentAfter = (point: UserPoint): Moment => {
    const latest = latestMoment(point)
    if (latest < this.#own) return this.#own
    this.#passed = latest + 1
    this.#runtime.moments.pass(this.#passed)
    return this.#passed
  }
}

const observe = (view: View, { id, point }: Change): ObservedChange => ({
  before: view.find({ _tag: 'UserPoint', id }),
  after: point && { id, point }
})

interface JudgeOptions {
  readonly runtime: Runtime
  /** `changes`: the judgements have the changes of their lines. */
  readonly observed?: 'changes' | undefined
}

/** Judges lines in their order; each sees the changes of the lines before it. Pure, except for the clock and new ids. */
export class Judge {
  readonly #workspace: Workspace
  readonly #options: JudgeOptions
  readonly #context: UnitContext
  readonly #judgements: Judgement[] = []
  readonly #erased: Erased[] = []
  #hasErased = false

  /** @param workspace The user points of the lines; it applies their changes. */
  constructor(workspace: Workspace, options: JudgeOptions) {
    this.#workspace = workspace
    this.#options = options
    this.#context = new UnitContext(options.runtime)
  }

  judge(lines: ReadonlyArray<Line>): void {
    for (const line of lines) this.#judgements.push(this.#judgementOf(line))
  }

  decided(): Decided {
    const workspace = this.#workspace
    return {
      judgements: this.#judgements,
      writes: workspace.pending(),
      suppressions: workspace.pendingSuppressions(),
      hasErased: this.#hasErased,
      erased: this.#erased
    }
  }

  #judgementOf({ index, line, decoded }: Line): Judgement {
    if (decoded._tag === 'Rejected') return { index, line, verdict: decoded }
    const { runtime, observed } = this.#options
    const workspace = this.#workspace
    const context = this.#context
    const decision = decide(workspace, decoded.command, context.next())
    const changes = observed && decision.changes.map((change) => observe(workspace, change))
    if (erases(decoded.command)) {
      if (decision.verdict._tag === 'Applied') {
        this.#hasErased = true
        if (runtime.erasure !== undefined)
          this.#erased.push(erasedBy(workspace, decoded.command, decision, { at: context.now, line }))
      }
      workspace.applyErasing(decision, runtime.newId)
    } else {
      workspace.apply(decision, runtime.newId)
    }
    const verdict = withWarnings(decision.verdict, decoded.warnings)
    if (changes === undefined) return { index, line, verdict }
    return { index, line, verdict, changes, ...(decision.lost !== undefined && { lost: decision.lost }) }
  }
}

/** Judges all lines of a unit at once. */
export const judge = (workspace: Workspace, lines: ReadonlyArray<Line>, options: JudgeOptions): Decided => {
  const judging = new Judge(workspace, options)
  judging.judge(lines)
  return judging.decided()
}

/** The lines that are decided and committed together. */
export interface Unit {
  readonly lines: ReadonlyArray<Line>
  readonly references: References
}

/** The next lines of a unit. */
export interface Step {
  /** All lines of the unit so far, these included; complete with the last step. */
  readonly unit: Unit
  /** Empty if the source ends with the step before. */
  readonly lines: ReadonlyArray<Line>
  /** The references of these lines that no line of the unit before them has. */
  readonly references: References
  readonly isLast: boolean
}

export const unitOf = (lines: ReadonlyArray<Line>): Unit => {
  const references: References = new Map()
  addReferences(references, lines)
  return { lines, references }
}

/** Decides a unit, once for each attempt to commit it. The default loads and judges. */
export interface Decider {
  readonly decide: () => Promise<E.Either<StoreFailed, Decided>>
  /** Called once the decision is committed. */
  readonly onCommitted?: (decided: Decided) => void
  /** Called after a conflict or a failed commit. */
  readonly onRefused?: () => void
}

/**
 * Returns further writes for the batch of a unit, before each attempt to commit. A left ends the transaction, and nothing of
 * it is committed.
 *
 * @param attempt From 1.
 */
export type Alongside<Left> = (
  judgements: ReadonlyArray<Judgement>,
  attempt: number
) => Promise<E.Either<Left, ReadonlyArray<port.Write>>>

export interface TransactionSettings<Left = never> {
  readonly repository: port.Repository
  readonly runtime: Runtime
  readonly decider?: Decider | undefined
  readonly alongside?: Alongside<Left> | undefined
  /** The cause of the changes, for the feed. */
  readonly origin?: ChangeOrigin | undefined
}

/** Returns the decider that loads all references of a unit and judges its lines. */
export const loadAndJudge = (
  { lines, references }: Unit,
  repository: port.Repository,
  options: JudgeOptions
): Decider => ({
  decide: async () => {
    const loaded = await loadParts(repository, [...references.values()], options.runtime)
    return E.isLeft(loaded) ? loaded : E.right(judge(workspaceOf(loaded.right), lines, options))
  }
})

const toWrite = ({ id, expected, point, claim, release, erases: hasErased }: PendingWrite): port.Write => {
  const body = point && toStored(point)
  const kind = userPointKind
  return hasErased && body !== undefined
    ? { kind, id, expected, body, claim, release, erases: true }
    : { kind, id, expected, body, claim, release }
}

/** Returns the write of a suppression. Its body has what its claim is in the store, and nothing of the identifier. */
const toSuppressionWrite =
  ({ key }: Erasure, since: number) =>
  ({ change, id, version, claim }: PendingSuppression): port.Write => ({
    kind: suppressionKind,
    id,
    expected: version,
    body: change === 'Begins' ? { claim: keyedClaim(key, claim), since } : undefined,
    claim: change === 'Begins' ? [claim] : [],
    release: change === 'Ends' ? [claim] : []
  })

/** Returns the writes of a unit, without those of `alongside`, and whether they owe a purge. */
const batchOf = (
  { writes, suppressions, hasErased, erased }: Decided,
  { repository, runtime }: TransactionSettings<unknown>
): { readonly batch: port.Write[]; readonly owes: boolean } => {
  const batch = writes.map(toWrite)
  const { erasure, source = {} } = runtime
  const now = runtime.moments.time()
  const obligation = obligationOf(repository, { hasErased, writes, now })
  const bytes = obligation === undefined ? 'none' : 'owed'
  const receipts = erasure && receiptsOf(erasure.key, { erased, writes, suppressions, source, bytes })
  if (erasure !== undefined) batch.push(...suppressions.map(toSuppressionWrite(erasure, now)))
  if (receipts !== undefined) batch.push(receipts.write)
  if (obligation !== undefined) batch.push(owedWrite(obligation.id, obligation.since, receipts?.name))
  return { batch, owes: obligation !== undefined }
}

const saysNotApplied = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'applied' in cause && cause.applied === false

const commit = async (repository: port.Repository, writes: ReadonlyArray<port.Write>): Promise<Committed> => {
  if (writes.length === 0) return E.right({ _tag: 'Committed' })
  try {
    return E.right(await repository.commit(writes))
  } catch (cause) {
    return E.left(
      saysNotApplied(cause) ? { _tag: 'StoreFailed', operation: 'commit', cause } : { _tag: 'Indeterminate', cause }
    )
  }
}

/** Commits a unit and returns its judgements; or returns the reason why nothing of it is committed. */
export const runTransaction = async <Left = never>(
  unit: Unit,
  {
    repository,
    runtime,
    decider = loadAndJudge(unit, repository, { runtime }),
    alongside,
    origin
  }: TransactionSettings<Left>
): Promise<E.Either<EngineError | Left, ReadonlyArray<Judgement>>> => {
  for (let attempt = 1; attempt <= runtime.attempts; attempt++) {
    const decided = await decider.decide()
    if (E.isLeft(decided)) return decided
    const { judgements, writes } = decided.right
    const more = alongside && (await alongside(judgements, attempt))
    if (more !== undefined && E.isLeft(more)) return more
    const { batch, owes } = batchOf(decided.right, { repository, runtime })
    if (more !== undefined) batch.push(...more.right)
    // Before the commit, whose outcome may stay unknown.
    if (owes) runtime.onObligation()
    const unreserved = writes.length === 0 ? undefined : await runtime.moments.reserve(repository)
    if (unreserved !== undefined) return E.left(unreserved)
    const send = (entry: port.Write | undefined): Promise<Committed> => {
      if (entry !== undefined) batch.push(entry)
      return commit(repository, batch)
    }
    const told = { writes, judgements, origin, now: runtime.moments.time() }
    const committed = await (runtime.feed?.commit(repository, told, send) ?? send(undefined))
    if (E.isRight(committed) && committed.right._tag === 'Committed') {
      decider.onCommitted?.(decided.right)
      return E.right(judgements)
    }
    decider.onRefused?.()
    if (E.isLeft(committed)) return committed
    if (attempt < runtime.attempts) await runtime.backOff(attempt)
  }
  return E.left({ _tag: 'Contention', attempts: runtime.attempts })
}
