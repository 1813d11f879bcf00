/**
 * The import of a document: bytes in, one verdict a line out. The input is read twice: first it is screened for reasons that
 * reject the whole document, before anything is applied; then its lines are applied in units of work.
 */
import type { DocumentKind } from '../../command/dialect.ts'
import type { Bounds } from '../../command/decode-line.ts'
import type { Policies } from '../../command/policies.ts'
import { rejection } from '../../command/rejection.ts'
import { E } from '../../fp.ts'
import type { Repository } from '../../repository/repository.ts'
import type { FramingStart } from '../input/framing.ts'
import { decodeFrame, type Line } from '../input/line.ts'
import {
  type DocumentInput,
  type InputFailed,
  ReadError,
  readFrames,
  type Reading,
  untilAborted
} from '../input/reading.ts'
import { ReadingStopped } from '../input/stoppable.ts'
import { decodeScreened, isUnreadable, type JobRejection, screen } from '../input/screening.ts'
import type { Applied, LookAhead, Stages } from '../lookahead/pipeline.ts'
import type { EngineError } from '../transaction/engine-error.ts'
import type { ChangeOrigin } from '../transaction/feed-entry.ts'
import { runDividing } from '../transaction/dividing.ts'
import type { Runtime } from '../transaction/runtime.ts'
import type { Judgement, LineVerdict } from '../transaction/judgement.ts'
import { type Alongside, type Decider, loadAndJudge, runTransaction, type Unit } from '../transaction/transaction.ts'
import type { ImportStatus } from './report.ts'
import { stepsOf, unitsOf } from './units.ts'

/** A document type: its name, and how its lines are read. */
export interface DocumentType {
  readonly type: string
  readonly kind: DocumentKind
}

/** The parts of an engine that an import uses. */
export interface ImportSettings {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly policies: Policies
  readonly bounds: Bounds
  /** A digest of the embedder's settings; `undefined`: that of policies and bounds stands for it. */
  readonly settingsDigest: string | undefined
}

/**
 * The progress of an import. `offset`, `index` and `line` are the place from which the input is read again, at the start
 * of a line. Commands after that place that have their verdict already are skipped.
 */
export interface ImportPosition extends FramingStart {
  /** The number of commands that have their verdict. */
  readonly commands: number
}

type Outcome<Left, A> = E.Either<EngineError | Left, A>

/** Runs the transaction of a unit, with further writes in its batch. */
export type RunTransaction<Left> = (
  alongside?: Alongside<Left>
) => Promise<E.Either<EngineError | Left, ReadonlyArray<Judgement>>>

/** Keeps the progress of an import: in memory for one run, or in the store for as many runs as it takes. */
export interface Ledger<Left> {
  /** The input; a reading fails if its bytes differ from those of the reading before. */
  readonly input: DocumentInput
  /** Returns whether the import is new or continues, or the status with which it has ended already. */
  readonly open: () => Promise<Outcome<Left, 'New' | 'Continued' | ImportStatus>>
  /**
   * Called before the first verdict of this run.
   *
   * @param job The reason why no line will be applied.
   */
  readonly begin: (job: JobRejection | undefined) => Promise<Outcome<Left, 'Begun' | 'Stopped'>>
  readonly position: () => ImportPosition
  /** Commits some lines with `run`, and counts them. */
  readonly commit: (
    lines: ReadonlyArray<Line>,
    run: RunTransaction<EngineError | Left>
  ) => Promise<Outcome<Left, ReadonlyArray<Judgement>>>
  /** Counts lines of a document that is rejected as a whole. */
  readonly reject: (lines: ReadonlyArray<Line>) => Promise<void>
  /** Records the end of the run. */
  readonly close: (status: ImportStatus, job: JobRejection | undefined) => Promise<Outcome<Left, undefined>>
  /** Records, as far as possible, that the run failed. */
  readonly fail: (error: EngineError | Left | undefined) => Promise<void>
}

export interface ImportRun<Left> extends DocumentType {
  readonly settings: ImportSettings
  readonly reading: Reading
  readonly ledger: Ledger<Left>
  /** Decides units ahead of the store; absent: they are applied one by one. */
  readonly lookAhead?: LookAhead
  /** `changes`: judgements have the changes of their lines. Not with a look-ahead. */
  readonly observed?: 'changes'
  /** The cause that the feed tells of its changes. */
  readonly origin: ChangeOrigin
}

type Ended = { readonly status: ImportStatus; readonly job?: JobRejection }

/**
 * Runs an import to its end, to the caller's signal, or to a failure.
 *
 * @throws Errors of the caller's own functions, except those of the input.
 */
export const runImport = async <Left>(
  run: ImportRun<Left>
): Promise<E.Either<EngineError | InputFailed | Left, ImportStatus>> => {
  const { ledger } = run
  try {
    const applied = await applyDocument(run).catch(asStopped)
    const ended = E.isLeft(applied) ? applied : await ledger.close(applied.right.status, applied.right.job)
    if (E.isLeft(ended)) await ledger.fail(ended.left)
    return E.isLeft(ended) ? ended : E.right((applied as E.Right<Ended>).right.status)
  } catch (error) {
    await ledger.fail(undefined)
    if (!(error instanceof ReadError)) throw error
    return E.left({ _tag: 'InputFailed', cause: error.cause })
  }
}

/** Returns how an import ends that the caller's signal stopped while it waited for input; another error is thrown. */
const asStopped = (error: unknown): E.Either<never, Ended> => {
  if (!(error instanceof ReadingStopped)) throw error
  return E.right({ status: 'Stopped' })
}

const decodingOf = <Left>({ kind, settings: { policies, bounds } }: ImportRun<Left>) => ({ kind, policies, bounds })

const applyDocument = async <Left>(run: ImportRun<Left>): Promise<Outcome<Left, Ended>> => {
  const { ledger, reading } = run
  const opened = await ledger.open()
  if (E.isLeft(opened)) return opened
  if (opened.right !== 'New' && opened.right !== 'Continued') return E.right({ status: opened.right })
  let job: JobRejection | undefined
  if (opened.right === 'New') {
    job = await screen(untilAborted(ledger.input, reading.signal), decodingOf(run), reading)
    if (reading.signal?.aborted) return E.right({ status: 'Stopped' })
  }
  const begun = await ledger.begin(job)
  if (E.isLeft(begun)) return begun
  if (begun.right === 'Stopped') return E.right({ status: 'Stopped' })
  if (job !== undefined) return E.right(await rejectAll(run, job))
  const applied = await applyLines(run)
  return E.isLeft(applied) ? applied : E.right({ status: applied.right })
}

/** Returns the verdict on a line of a document that is rejected as a whole: that of the line itself, if it is rejected. */
export const verdictInRejectedJob = ({ index, line, decoded }: Line): LineVerdict => ({
  index,
  line,
  verdict: decoded._tag === 'Rejected' ? decoded : rejection('JOB_REJECTED')
})

const rejectAll = async <Left>(run: ImportRun<Left>, job: JobRejection): Promise<Ended> => {
  const { ledger, reading } = run
  const decoding = decodingOf(run)
  if (isUnreadable(job)) return { status: 'JobRejected', job }
  try {
    for await (const frames of readFrames(ledger.input, reading)) {
      if (reading.signal?.aborted) return { status: 'Stopped', job }
      await ledger.reject(frames.map((frame) => decodeFrame(frame, decoding)))
    }
  } catch (error) {
    if (error instanceof ReadingStopped) return { status: 'Stopped', job }
    throw error
  }
  return { status: 'JobRejected', job }
}

/** Reads the lines that have no verdict yet. */
async function* linesLeft<Left>(run: ImportRun<Left>): AsyncGenerator<ReadonlyArray<Line>, void, undefined> {
  const { ledger, reading } = run
  const decoding = decodingOf(run)
  const position = ledger.position()
  for await (const frames of readFrames(ledger.input, reading, position)) {
    const left =
      (frames[0]?.index ?? 0) < position.commands ? frames.filter(({ index }) => index >= position.commands) : frames
    if (left.length > 0) yield left.map((frame) => decodeScreened(frame, decoding))
  }
}

const applyLines = <Left>(run: ImportRun<Left>): Promise<Outcome<Left, Applied>> => {
  const { ledger, reading, lookAhead, observed, origin } = run
  const { repository, runtime } = run.settings
  const mayGrow = (): boolean => reading.grows && lookAhead !== undefined && !lookAhead.hasConflicts()
  const steps = stepsOf(linesLeft(run), reading.linesPerUnit, mayGrow)
  const commit = (unit: Unit, decider: Decider, handle: Repository) =>
    runDividing<EngineError | Left>(unit, (some, part) =>
      ledger.commit(some.lines, (alongside) => {
        const decide = part === 'whole' ? decider : loadAndJudge(some, handle, { runtime, observed })
        return runTransaction(some, { repository: handle, runtime, decider: decide, alongside, origin })
      })
    )
  const isStopped = (): boolean => reading.signal?.aborted === true
  if (lookAhead !== undefined) return lookAhead.applyAll(steps, { commit, isStopped })
  return applyOneByOne(unitsOf(steps), {
    commit: (unit) => commit(unit, loadAndJudge(unit, repository, { runtime, observed }), repository),
    isStopped
  })
}

const applyOneByOne = async <Left>(
  units: AsyncGenerator<Unit, void, undefined>,
  {
    commit,
    isStopped
  }: { readonly commit: (unit: Unit) => Promise<E.Either<Left, unknown>> } & Pick<Stages<Left>, 'isStopped'>
): Promise<E.Either<Left, Applied>> => {
  for await (const unit of units) {
    if (isStopped()) return E.right('Stopped')
    const committed = await commit(unit)
    if (E.isLeft(committed)) return committed
  }
  return E.right('Completed')
}
