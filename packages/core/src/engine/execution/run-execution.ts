/**
 * A run of an execution: an import that goes on where the run before it ended, however that ended. What it changes and how
 * far it is are committed together, so that nothing is applied twice, and nothing is left out.
 */
import type { Bounds } from '../../command/decode-line.ts'
import type { Policies } from '../../command/policies.ts'
import { canonicalText, type Json } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import type { Awaitable, Write } from '../../repository/repository.ts'
import { createCrew } from '../crew.ts'
import type { EngineError, PurgeFailed } from '../transaction/engine-error.ts'
import {
  type Execution,
  type ExecutionId,
  type ExecutionPosition,
  type InputIdentity,
  isFinal,
  loadExecution
} from './execution.ts'
import { createLedger, type ExecutionSuperseded, lengthFrom, type Step, type VerdictSink } from './execution-ledger.ts'
import { type Frame, inputStart } from '../input/framing.ts'
import { type Document, type ImportSettings, judgementInRejectedJob, lineVerdicts } from '../import/import-document.ts'
import type { ImportWorker } from '../import-worker.ts'
import { inTurn } from '../lookahead/pipeline.ts'
import { purge } from '../maintenance/purge.ts'
import {
  type DocumentInput,
  inputChanged,
  type InputFailed,
  readAhead,
  readBytes,
  ReadError,
  type ReadingOptions,
  readingOf,
  readUnits,
  untilAborted
} from '../input/reading.ts'
import { countMore, type ImportReport, type ImportStatus, type JobRejection, noCounts } from '../import/report.ts'
import { createRecent, noRecent } from '../lookahead/recent.ts'
import { screen, screenedTasks, taskOf } from '../input/screening.ts'
import { watchConflicts } from '../transaction/runtime.ts'
import { type Done, doneFrom, type HeldShare, loadShares, nothingDone, shareDeletion, shareWrite } from '../share.ts'
import { asksForErasure, type Judgement, stamped, type Task } from '../transaction/unit-of-work.ts'
import { type Place, unitsOf } from '../import/units.ts'
import { encodeUtf8 } from '../input/utf8.ts'

/** Computes a digest of bytes. */
export interface Hash {
  readonly update: (bytes: Uint8Array) => unknown
  /** The digest of all bytes so far; asked once, at the end. */
  readonly digest: () => string
}

export interface ExecutionOptions extends ReadingOptions {
  /** Starts a digest, by which inputs are told apart: SHA-256, for one. Always the same for one execution. */
  readonly createHash: () => Hash
  /** Keeps the verdicts. An execution that begins with one needs it in every run. */
  readonly verdictSink?: VerdictSink
  /** Is told how the execution stands: as a run begins, after each unit of work, and at the end. The run waits for it. */
  readonly onProgress?: (execution: Execution) => Awaitable<void>
  /**
   * Does the lines with these workers, a unit of work each at the same time; without them, or with an empty list, one after
   * the other. Never shows in verdicts or in what is stored, and may be otherwise in each run of an execution.
   */
  readonly workers?: ReadonlyArray<ImportWorker>
  /** Is told which worker is lost, by its place in `workers`: the run goes on without it. */
  readonly onWorkerLost?: (worker: number) => void
}

/**
 * The execution began as another import, and nothing was done. `OTHER_TYPE`, `OTHER_FRAMING`, `OTHER_SETTINGS` (policies
 * or bounds), `OTHER_INPUT`, `OTHER_VERDICTS` (with a sink for verdicts where it had none, or without one).
 */
export interface ExecutionRefused {
  readonly _tag: 'ExecutionRefused'
  readonly code: 'OTHER_TYPE' | 'OTHER_FRAMING' | 'OTHER_SETTINGS' | 'OTHER_INPUT' | 'OTHER_VERDICTS'
}

/** What became of an execution, all of its runs together; but for the last two it is the same however they were cut. */
export interface ExecutionReport extends ImportReport {
  readonly id: ExecutionId
  /** As it is stored; `undefined`: it ended before there was anything to store. */
  readonly execution: Execution | undefined
  /** How many commands had their verdict before this run. */
  readonly resumedAt: number
  /** Whether it was at its end before this run, which therefore applied nothing. */
  readonly wasFinal: boolean
}

/** Why a run did not come to its end, and what the execution had done by then. */
export interface ExecutionFailure {
  readonly error: EngineError | InputFailed | ExecutionRefused | ExecutionSuperseded
  readonly report: ExecutionReport
}

type Failing = ExecutionFailure['error']

/** The same input, which is known once it was read to the end, and fails where a later reading is another. */
const identified = (input: DocumentInput, createHash: () => Hash) => {
  let identity: InputIdentity | undefined
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    const hash = createHash()
    let length = 0
    for await (const bytes of readBytes(input)) {
      hash.update(bytes)
      length += bytes.length
      yield bytes
    }
    const found = { length, digest: hash.digest() }
    identity ??= found
    if (!isSame(found, identity)) throw inputChanged()
  }
  return { identity: () => identity, bytes: (): AsyncGenerator<Uint8Array, void, undefined> => read() }
}

const isSame = (a: InputIdentity, b: InputIdentity): boolean => a.length === b.length && a.digest === b.digest

/** A digest of what verdicts follow, besides the lines themselves. */
const digestOf = (policies: Policies, bounds: Bounds, createHash: () => Hash): string => {
  const hash = createHash()
  // What is undefined is left out.
  hash.update(encodeUtf8(canonicalText(JSON.parse(JSON.stringify({ policies, bounds })) as Json)))
  return hash.digest()
}

const positionAfter = (before: ExecutionPosition, places: ReadonlyArray<Place>): ExecutionPosition => {
  const commands = (places.at(-1)?.index ?? before.commands - 1) + 1
  const place = places.findLast(({ start }) => start !== undefined)
  if (place?.start === undefined) return { ...before, commands }
  return { commands, offset: place.start, index: place.index, line: place.line }
}

export const runExecution = async (
  id: ExecutionId,
  { type, kind }: Document,
  document: DocumentInput,
  options: ExecutionOptions,
  { repository, runtime: given, policies, bounds, purgeAfterDeletions }: ImportSettings
): Promise<E.Either<ExecutionFailure, ExecutionReport>> => {
  const { createHash, verdictSink, onProgress, workers = [], onWorkerLost } = options
  const reading = readingOf(options, bounds, repository.manifest)
  const { signal, framing } = reading
  const settings = digestOf(policies, bounds, createHash)
  const input = identified(document, createHash)
  const before = await loadExecution(repository, id)
  const first = E.isRight(before) ? before.right : undefined
  const { runtime, hasConflicts } = watchConflicts(given)
  const crew = createCrew({ repository, runtime, workers, onLost: onWorkerLost })
  const recent = crew.size === 0 ? createRecent() : noRecent
  const ledger = createLedger(id, first, { repository, runtime, verdictSink, onStep: onProgress, recent })
  // Whether workers may have done lines that the execution does not count yet.
  let isAhead = first !== undefined && first.execution.shares.length > 0
  const wasFinal = first !== undefined && isFinal(first.execution)
  let unpurged: PurgeFailed | undefined

  /** The execution, which is stored. */
  const current = (): Execution => ledger.execution() as Execution

  const reportOf = (status: ImportStatus): ExecutionReport => {
    const execution = ledger.execution()
    return {
      id,
      type,
      status,
      ...(execution?.counts ?? noCounts),
      jobRejection: execution?.jobRejection,
      unpurged: unpurged !== undefined,
      execution,
      resumedAt: first?.execution.position.commands ?? 0,
      wasFinal
    }
  }

  const tasksOf = (frames: ReadonlyArray<Frame>): ReadonlyArray<Task> =>
    frames.map((frame) => taskOf(frame, kind, policies, bounds))

  /** Why this is not the import that the execution began as; its input is looked at last. */
  const refusalOf = (execution: Execution): ExecutionRefused['code'] | undefined => {
    if (execution.type !== type) return 'OTHER_TYPE'
    // Of one that is at its end nothing is left to do otherwise.
    if (isFinal(execution)) return undefined
    if (execution.framing !== framing) return 'OTHER_FRAMING'
    if (execution.settings !== settings) return 'OTHER_SETTINGS'
    return (execution.verdictsLength === undefined) === (verdictSink === undefined) ? undefined : 'OTHER_VERDICTS'
  }

  /** What the input is, read to its end if it was not yet; `undefined`: the signal came first. */
  const identify = async (): Promise<InputIdentity | undefined> => {
    if (input.identity() === undefined) {
      for await (const _ of readBytes(untilAborted(input.bytes, signal))) {
        // Only the digest is wanted.
      }
    }
    return input.identity()
  }

  const started = (identity: InputIdentity): Execution => {
    const now = runtime.clock()
    return {
      id,
      type,
      framing,
      status: 'Running',
      input: identity,
      settings,
      position: { commands: 0, ...inputStart },
      counts: noCounts,
      jobRejection: undefined,
      verdictsLength: verdictSink && 0,
      purgeDue: false,
      startedAt: now,
      modifiedAt: now,
      commit: '',
      shares: []
    }
  }

  const become = (execution: Execution, writes: ReadonlyArray<Write> = []): Promise<E.Either<Failing, undefined>> =>
    ledger.advance([], () => E.right({ execution, verdicts: [], writes }))

  /** The execution after this unit. */
  const stepAfter = (execution: Execution, places: ReadonlyArray<Place>, verdicts: Step['verdicts']): Step => ({
    execution: {
      ...execution,
      position: positionAfter(execution.position, places),
      counts: countMore(execution.counts, verdicts)
    },
    verdicts
  })

  const rejectAll = async (execution: Execution, job: JobRejection): Promise<E.Either<Failing, ImportStatus>> => {
    // Nothing of it is applied, so that it can start over: it is stored once, as it ends.
    let rejected = execution
    await verdictSink?.([], 0)
    for await (const frames of job.code === 'INVALID_UTF8' ? [] : readUnits(input.bytes, reading)) {
      if (signal?.aborted) return E.right('Stopped')
      const verdicts = lineVerdicts(frames, tasksOf(frames).map(judgementInRejectedJob))
      const verdictsLength = verdictSink && lengthFrom(await verdictSink(verdicts, rejected.verdictsLength ?? 0))
      rejected = { ...stepAfter(rejected, frames, verdicts).execution, verdictsLength }
    }
    const ended = await become({ ...rejected, status: 'JobRejected', jobRejection: job })
    return E.isLeft(ended) ? ended : E.right('JobRejected')
  }

  /**
   * Commits what is left of these lines, and in the same batch that all of them are done.
   *
   * @param done What workers did of them already.
   * @param writes What else is written in the batch.
   */
  const finish = async (
    execution: Execution,
    places: ReadonlyArray<Place>,
    tasks: ReadonlyArray<Task>,
    { verdicts: known, stamp }: Done,
    writes: ReadonlyArray<Write> = [],
    turn?: Parameters<typeof ledger.advance>[2]
  ): Promise<E.Either<Failing, ReadonlyArray<Judgement>>> => {
    const left = tasks.flatMap((task, at) => {
      const { index } = places[at] as Place
      return known.has(index) ? [] : [stamp === undefined ? task : stamped(task, index, stamp)]
    })
    let judged: ReadonlyArray<Judgement> = []
    const next = (judgements: ReadonlyArray<Judgement>): E.Either<never, Step> => {
      judged = judgements
      let at = 0
      const verdicts = places.map(({ index, line }) => {
        const verdict = known.get(index) ?? (judgements[at++] as Judgement).verdict
        return { index, line, verdict }
      })
      return E.right({ ...stepAfter(execution, places, verdicts), writes })
    }
    const advanced = await ledger.advance(left, next, turn)
    return E.isLeft(advanced) ? advanced : E.right(judged)
  }

  const isPurgeDue = ({ purgeDue }: Execution, tasks: ReadonlyArray<Task>): boolean =>
    purgeDue || (purgeAfterDeletions && asksForErasure(tasks))

  const checkedTasksOf = (frames: ReadonlyArray<Frame>): ReadonlyArray<Task> =>
    screenedTasks(frames, kind, policies, bounds)

  /** The lines that the execution has not done yet, in units. */
  async function* unitsLeft(units: AsyncGenerator<ReadonlyArray<Frame>, void, undefined>) {
    const { commands } = current().position
    for await (const read of units) {
      const frames = read.filter(({ index }) => index >= commands)
      if (frames.length > 0) yield frames
    }
  }

  const mayGrow = (): boolean => reading.grows && !hasConflicts()

  const applyInTurn = (): Promise<E.Either<Failing, ImportStatus>> =>
    inTurn<Failing>(
      unitsOf(unitsLeft(readUnits(input.bytes, reading, current().position)), checkedTasksOf, reading, mayGrow),
      {
        repository,
        runtime,
        observing: false,
        recent,
        commit: ({ places, tasks }, prepared, handle) => {
          const purgeDue = isPurgeDue(current(), tasks)
          return finish({ ...current(), purgeDue }, places, tasks, nothingDone, [], { prepared, repository: handle })
        },
        isStopped: () => signal?.aborted === true
      }
    )

  const applyWithCrew = async (frames: ReadonlyArray<Frame>): Promise<E.Either<Failing, unknown>> => {
    const tasks = checkedTasksOf(frames)
    const purgeDue = isPurgeDue(current(), tasks)
    // What workers commit does not say so.
    if (purgeDue !== current().purgeDue) {
      const said = await become({ ...current(), purgeDue })
      if (E.isLeft(said)) return said
    }
    isAhead = true
    const stamp = { now: runtime.clock(), seed: runtime.newId() }
    const done = await crew.work(frames, tasks, stamp)
    if (E.isLeft(done)) return done
    const finished = await finish(current(), frames, tasks, { ...done.right, stamp })
    if (E.isRight(finished)) isAhead = false
    return finished
  }

  const applyWindows = async (): Promise<E.Either<Failing, ImportStatus>> => {
    for await (const frames of readAhead(unitsLeft(readUnits(input.bytes, reading, current().position, crew.size)))) {
      if (signal?.aborted) return E.right('Stopped')
      const applied = await applyWithCrew(frames)
      if (E.isLeft(applied)) return applied
    }
    return E.right('Completed')
  }

  /** This run's shares, as far as they are stored. */
  const ownShares = ({ shares }: Execution): ReadonlyArray<HeldShare> =>
    crew.shares().filter((share) => shares.includes(share.id))

  /** Stores how it ended, and has the store drop what deleted data left behind. */
  const settle = async (status: ImportStatus): Promise<E.Either<Failing, ImportStatus>> => {
    const execution = ledger.execution()
    if (execution === undefined) return E.right(status)
    if (execution.status !== status && !isFinal(execution)) {
      const {
        position,
        input: { length }
      } = execution
      // Where workers are ahead, the next run needs to know how far.
      const ended = await become(
        {
          ...execution,
          status,
          position: status === 'Completed' ? { ...position, offset: length } : position,
          shares: isAhead ? execution.shares : []
        },
        isAhead ? [] : ownShares(execution).map(shareDeletion)
      )
      if (E.isLeft(ended)) return ended
    }
    return purgeWhereDue(status)
  }

  const purgeWhereDue = async (status: ImportStatus): Promise<E.Either<Failing, ImportStatus>> => {
    const execution = ledger.execution()
    if (!purgeAfterDeletions || !execution?.purgeDue) return E.right(status)
    unpurged = await purge(repository)
    if (unpurged !== undefined) return E.left(unpurged)
    const purged = await become({ ...execution, purgeDue: false })
    return E.isLeft(purged) ? purged : E.right(status)
  }

  /**
   * Makes the execution this run's. What the workers of a run before it have done beyond the position is kept in one share,
   * and none of them can commit from here on.
   *
   * @returns Right: what they have done, and the share that keeps it.
   */
  const takeOver = async (
    execution: Execution
  ): Promise<E.Either<Failing, { readonly done: Done; readonly kept: HeldShare }>> => {
    const kept: HeldShare = { id: runtime.newId(), version: 1 }
    const own = crew.shares()
    let done = nothingDone
    const taken = await ledger.advance([], async () => {
      const old = await loadShares(repository, execution.shares)
      if (E.isLeft(old)) return old
      done = doneFrom(
        old.right.map((share) => share.done),
        execution.position.commands
      )
      const shares = done.verdicts.size === 0 ? own : [kept, ...own]
      const writes = [
        ...old.right.map(shareDeletion),
        ...shares.map(({ id: share }) => shareWrite(share, 0, share === kept.id ? done : nothingDone))
      ]
      const begun: Execution = { ...execution, status: 'Running', shares: shares.map(({ id: share }) => share) }
      return E.right({ execution: begun, verdicts: [], writes })
    })
    if (E.isLeft(taken)) return taken
    crew.open()
    return E.right({ done, kept })
  }

  /** Does what is left of the lines that a run before this one had in hand. */
  const catchUp = async (done: Done, kept: HeldShare): Promise<E.Either<Failing, unknown>> => {
    const execution = current()
    let end = 0
    for (const index of done.verdicts.keys()) end = Math.max(end, index + 1)
    const frames: Frame[] = []
    for await (const read of readUnits(input.bytes, reading, execution.position)) {
      for (const frame of read) if (frame.index >= execution.position.commands && frame.index < end) frames.push(frame)
      if ((read.at(-1)?.index ?? 0) >= end) break
    }
    const tasks = tasksOf(frames)
    const next = {
      ...execution,
      purgeDue: isPurgeDue(execution, tasks),
      shares: execution.shares.filter((share) => share !== kept.id)
    }
    return finish(next, frames, tasks, done, [shareDeletion(kept)])
  }

  const begin = async (execution: Execution): Promise<E.Either<Failing, ImportStatus>> => {
    // A run before this one may still be at work: from here on it cannot commit.
    const taken = await takeOver(execution)
    if (E.isLeft(taken)) return taken
    const { done, kept } = taken.right
    isAhead = done.verdicts.size > 0
    await verdictSink?.([], execution.verdictsLength ?? 0)
    if (isAhead) {
      const caughtUp = await catchUp(done, kept)
      if (E.isLeft(caughtUp)) return caughtUp
      isAhead = false
    }
    return crew.size === 0 ? applyInTurn() : applyWindows()
  }

  const start = async (): Promise<E.Either<Failing, ImportStatus>> => {
    const job = await screen(kind, untilAborted(input.bytes, signal), policies, reading)
    const identity = signal?.aborted ? undefined : await identify()
    if (identity === undefined) return E.right('Stopped')
    return job === undefined ? begin(started(identity)) : rejectAll(started(identity), job)
  }

  const resume = async (execution: Execution): Promise<E.Either<Failing, ImportStatus>> => {
    const code = refusalOf(execution)
    if (code !== undefined) return E.left({ _tag: 'ExecutionRefused', code })
    const identity = await identify()
    if (identity === undefined) return E.right('Stopped')
    if (!isSame(identity, execution.input)) return E.left({ _tag: 'ExecutionRefused', code: 'OTHER_INPUT' })
    return isFinal(execution) ? E.right(execution.status as ImportStatus) : begin(execution)
  }

  /** Leaves the store as well as can be; what fails there adds nothing to what is known. */
  const fail = async (): Promise<void> => {
    try {
      if (ledger.execution()?.status === 'Running') await settle('Failed')
    } catch {
      // What ended the run is what its caller is told.
    }
  }

  try {
    if (E.isLeft(before)) return E.left({ error: before.left, report: reportOf('Failed') })
    const ran = first === undefined ? await start() : await resume(first.execution)
    const ended = E.isLeft(ran) ? ran : await settle(ran.right)
    if (E.isRight(ended)) return E.right(reportOf(ended.right))
    if (mayGoOn(ended.left)) await fail()
    return E.left({ error: ended.left, report: reportOf('Failed') })
  } catch (error) {
    await fail()
    if (!(error instanceof ReadError)) throw error
    return E.left({ error: { _tag: 'InputFailed', cause: error.cause }, report: reportOf('Failed') })
  }
}

/** Holds where the execution is still this run's to change. */
const mayGoOn = ({ _tag }: Failing): boolean => _tag !== 'ExecutionRefused' && _tag !== 'ExecutionSuperseded'
