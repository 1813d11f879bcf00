/**
 * A document import: bytes in, one verdict a line out. The input is read twice: first it is screened for what rejects the
 * whole job, before anything is applied; then its lines are applied in units of work. How lines fall into units
 * never shows.
 */
import type { Bounds } from '../../command/decode-line.ts'
import type { DocumentKind } from '../../command/dialect.ts'
import type { Policies } from '../../command/policies.ts'
import { rejection } from '../../command/rejection.ts'
import { E } from '../../fp.ts'
import type { Awaitable, Repository } from '../../repository/repository.ts'
import type { EngineError, PurgeFailed } from '../transaction/engine-error.ts'
import type { Frame } from '../input/framing.ts'
import { inTurn } from '../lookahead/pipeline.ts'
import { purge } from '../maintenance/purge.ts'
import {
  type DocumentInput,
  type InputFailed,
  readAlike,
  ReadError,
  type ReadingOptions,
  readingOf,
  readUnits,
  untilAborted
} from '../input/reading.ts'
import {
  countMore,
  type ImportReport,
  type ImportStatus,
  type JobRejection,
  type LineVerdict,
  noCounts
} from './report.ts'
import { createRecent, noRecent } from '../lookahead/recent.ts'
import { type Runtime, watchConflicts } from '../transaction/runtime.ts'
import { screen, screenedTasks, taskOf } from '../input/screening.ts'
import { asksForErasure, type Judgement, runUnit, type Task } from '../transaction/unit-of-work.ts'
import { type Place, unitsOf } from './units.ts'

export interface ImportOptions extends ReadingOptions {
  /** Gets the verdicts of each unit of work once it is committed, in order; the import waits for it. */
  readonly onVerdicts?: (verdicts: ReadonlyArray<LineVerdict>) => Awaitable<void>
}

/** Why an import did not come to its end, and what it had done by then. */
export interface ImportFailure {
  readonly error: EngineError | InputFailed
  /** Counts what is certain: units of work that were committed. */
  readonly report: ImportReport
  /** How many lines after those may be applied as well: those of a unit of which nobody knows whether it was committed. */
  readonly uncertain: number
}

/** A document type: its name, and how its lines are read. */
export interface Document {
  readonly type: string
  readonly kind: DocumentKind
}

export interface ImportSettings {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly policies: Policies
  readonly bounds: Bounds
  readonly purgeAfterDeletions: boolean
}

/** Who looks on as a document is imported; each is called once a unit of work is committed, and the import waits for it. */
export interface Onlooker {
  readonly onVerdicts?: ImportOptions['onVerdicts'] | undefined
  /** Gets what each line changes besides its verdict. */
  readonly onJudged?: (judged: ReadonlyArray<JudgedLine>) => Awaitable<void>
}

/** A judgement, and where its line stands. */
export interface JudgedLine extends LineVerdict, Judgement {}

/** The verdicts of these judgements, each with where its line stands. */
export const lineVerdicts = (
  places: ReadonlyArray<Place>,
  judgements: ReadonlyArray<Judgement>
): ReadonlyArray<LineVerdict> =>
  places.map(({ index, line }, at) => ({ index, line, verdict: (judgements[at] as Judgement).verdict }))

/** The verdict on a line of a job that is rejected as a whole: that on the line itself, where there is one. */
export const judgementInRejectedJob = (task: Task): Judgement => ({
  verdict: task._tag === 'Rejected' ? task : rejection('JOB_REJECTED'),
  changes: []
})

export const importDocument = async (
  { type, kind }: Document,
  bytes: DocumentInput,
  options: ReadingOptions,
  { repository, runtime, policies, bounds, purgeAfterDeletions }: ImportSettings,
  { onVerdicts, onJudged }: Onlooker
): Promise<E.Either<ImportFailure, ImportReport>> => {
  const reading = readingOf(options, bounds, repository.manifest)
  const { signal } = reading
  const input = readAlike(bytes)
  const observing = onJudged !== undefined
  const recent = observing ? noRecent : createRecent()
  let counts = noCounts
  const watched = watchConflicts(runtime)
  let purgeIsDue = false
  let uncertain = 0
  let unpurged: PurgeFailed | undefined

  const reportOf = (status: ImportStatus, jobRejection?: JobRejection): ImportReport => ({
    type,
    status,
    ...counts,
    jobRejection,
    unpurged: unpurged !== undefined
  })

  const deliver = async (places: ReadonlyArray<Place>, judgements: ReadonlyArray<Judgement>): Promise<void> => {
    const verdicts = lineVerdicts(places, judgements)
    counts = countMore(counts, verdicts)
    await onVerdicts?.(verdicts)
    await onJudged?.(verdicts.map((verdict, at) => ({ ...verdict, changes: (judgements[at] as Judgement).changes })))
  }

  const tasksOf = (frames: ReadonlyArray<Frame>): ReadonlyArray<Task> =>
    frames.map((frame) => taskOf(frame, kind, policies, bounds))

  const screened = (frames: ReadonlyArray<Frame>): ReadonlyArray<Task> => screenedTasks(frames, kind, policies, bounds)

  // What each line changes is kept until its unit is delivered.
  const mayGrow = (): boolean => reading.grows && !observing && !watched.hasConflicts()

  const applyAll = (): Promise<E.Either<EngineError, 'Stopped' | 'Completed'>> =>
    inTurn(unitsOf(readUnits(input, reading), screened, reading, mayGrow), {
      repository,
      runtime: watched.runtime,
      observing,
      recent,
      isStopped: () => signal?.aborted === true,
      commit: async ({ places, tasks }, prepared, handle) => {
        const judgements = await runUnit(handle, tasks, watched.runtime, observing, undefined, recent, prepared)
        if (E.isLeft(judgements)) {
          if (judgements.left._tag === 'Indeterminate') uncertain = tasks.length
          return judgements
        }
        purgeIsDue ||= asksForErasure(tasks)
        await deliver(places, judgements.right)
        return judgements
      }
    })

  const rejectAll = async (): Promise<void> => {
    for await (const frames of readUnits(input, reading)) {
      if (signal?.aborted) return
      await deliver(frames, tasksOf(frames).map(judgementInRejectedJob))
    }
  }

  const importAll = async (): Promise<E.Either<EngineError, ImportReport>> => {
    const job = await screen(kind, untilAborted(input, signal), policies, reading)
    if (signal?.aborted) return E.right(reportOf('Stopped'))
    if (job !== undefined) {
      if (job.code !== 'INVALID_UTF8') await rejectAll()
      return E.right(reportOf('JobRejected', job))
    }
    let end: Awaited<ReturnType<typeof applyAll>>
    try {
      end = await applyAll()
    } finally {
      // Also where input or `onVerdicts` throws: what was deleted by then is to leave the store's files.
      if (purgeIsDue && purgeAfterDeletions) unpurged = await purge(repository)
    }
    if (E.isLeft(end)) return end
    return unpurged === undefined ? E.right(reportOf(end.right)) : E.left(unpurged)
  }

  const failed = (error: EngineError | InputFailed): E.Either<ImportFailure, never> =>
    E.left({ error, report: reportOf('Failed'), uncertain })

  try {
    const outcome = await importAll()
    return E.isLeft(outcome) ? failed(outcome.left) : outcome
  } catch (error) {
    if (error instanceof ReadError) return failed({ _tag: 'InputFailed', cause: error.cause })
    throw error
  }
}
