/**
 * A run of an execution: an import that goes on where the run before it ended, however that ended. What it changes and how
 * far it is are committed together, so that nothing is applied twice, and nothing is left out.
 */
import type { Bounds } from '../../command/decode-line.ts'
import type { Policies } from '../../command/policies.ts'
import { canonicalText, type Json } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import type { Awaitable } from '../../repository/repository.ts'
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
import { inTurn } from '../lookahead/pipeline.ts'
import { purge } from '../maintenance/purge.ts'
import {
  type DocumentInput,
  inputChanged,
  type InputFailed,
  readBytes,
  ReadError,
  type ReadingOptions,
  readingOf,
  readUnits,
  untilAborted
} from '../input/reading.ts'
import { countMore, type ImportReport, type ImportStatus, type JobRejection, noCounts } from '../import/report.ts'
import { createRecent } from '../lookahead/recent.ts'
import { screen, screenedTasks, taskOf } from '../input/screening.ts'
import { watchConflicts } from '../transaction/runtime.ts'
import { asksForErasure, type Judgement, type Task } from '../transaction/unit-of-work.ts'
import { type Place, type Unit, unitsOf } from '../import/units.ts'
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
  const { createHash, verdictSink, onProgress } = options
  const reading = readingOf(options, bounds, repository.manifest)
  const { signal, framing } = reading
  const settings = digestOf(policies, bounds, createHash)
  const input = identified(document, createHash)
  const before = await loadExecution(repository, id)
  const first = E.isRight(before) ? before.right : undefined
  const { runtime, hasConflicts } = watchConflicts(given)
  const recent = createRecent()
  const ledger = createLedger(id, first, { repository, runtime, verdictSink, onStep: onProgress, recent })
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
      commit: ''
    }
  }

  const become = (execution: Execution): Promise<E.Either<Failing, undefined>> =>
    ledger.advance([], () => E.right({ execution, verdicts: [] }))

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

  /** Commits a unit, and in the same batch that it is done. */
  const commitUnit = async (
    { places, tasks }: Unit,
    turn: Parameters<typeof ledger.advance>[2]
  ): Promise<E.Either<Failing, ReadonlyArray<Judgement>>> => {
    const execution = { ...current(), purgeDue: isPurgeDue(current(), tasks) }
    let judged: ReadonlyArray<Judgement> = []
    const next = (judgements: ReadonlyArray<Judgement>): E.Either<never, Step> => {
      judged = judgements
      return E.right(stepAfter(execution, places, lineVerdicts(places, judgements)))
    }
    const advanced = await ledger.advance(tasks, next, turn)
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
        commit: (unit, prepared, handle) => commitUnit(unit, { prepared, repository: handle }),
        isStopped: () => signal?.aborted === true
      }
    )

  /** Stores how it ended, and has the store drop what deleted data left behind. */
  const settle = async (status: ImportStatus): Promise<E.Either<Failing, ImportStatus>> => {
    const execution = ledger.execution()
    if (execution === undefined) return E.right(status)
    if (execution.status !== status && !isFinal(execution)) {
      const { position, input: read } = execution
      const end = status === 'Completed' ? { ...position, offset: read.length } : position
      const ended = await become({ ...execution, status, position: end })
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

  const begin = async (execution: Execution): Promise<E.Either<Failing, ImportStatus>> => {
    // A run before this one may still be at work: from here on it cannot commit.
    const taken = await become({ ...execution, status: 'Running' })
    if (E.isLeft(taken)) return taken
    await verdictSink?.([], execution.verdictsLength ?? 0)
    return applyInTurn()
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
