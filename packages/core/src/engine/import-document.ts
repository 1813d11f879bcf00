/**
 * A document import: bytes in, one verdict a line out. The input is read twice: first it is screened for what rejects the
 * whole job (bytes that are not UTF-8, lines that a document type forbids), before anything is applied; then its
 * lines are applied in units of work. How lines fall into units never shows.
 */
import {
  type Bounds,
  decodeLine,
  type DocumentType,
  isSupported,
  needsScreening,
  rejectsJob
} from '../command/document.ts'
import type { Policies } from '../command/policies.ts'
import { rejection } from '../command/rejection.ts'
import { E } from '../fp.ts'
import type { Awaitable, Repository } from '../repository/repository.ts'
import type { EngineError, PurgeFailed } from './engine-error.ts'
import { createFramer, type Frame, type FramingMode } from './framing.ts'
import { purge } from './purge.ts'
import { createTally, type ImportReport, type JobRejection, type LineVerdict } from './report.ts'
import type { Runtime } from './runtime.ts'
import { asksForErasure, type Judgement, runUnit, type Task } from './unit-of-work.ts'
import { createUtf8Decoder, cutIntoLines } from './utf8.ts'

/** The bytes of a document, or how to read them; they are read more than once, and must be the same each time. */
export type DocumentInput = Uint8Array | (() => AsyncIterable<Uint8Array> | Iterable<Uint8Array>)

/** How a document is read, and how far. */
export interface ReadingOptions {
  /** `lenient` unless given: values may span lines. `strict`: one object a line. */
  readonly framing?: FramingMode
  /** How many lines are one unit of work; 1,000 unless given. Never shows in verdicts or in what is stored. */
  readonly linesPerUnit?: number
  /** Stops the import after the unit of work in flight: an `AbortSignal`. */
  readonly signal?: { readonly aborted: boolean }
}

export interface ImportOptions extends ReadingOptions {
  /** Gets the verdicts of each unit of work once it is committed, in order; the import waits for it. */
  readonly onVerdicts?: (verdicts: ReadonlyArray<LineVerdict>) => Awaitable<void>
}

/** The input could not be read, or is no longer what it was when it was screened. */
export interface InputFailed {
  readonly _tag: 'InputFailed'
  readonly cause: unknown
}

/** Why an import did not come to its end, and what it had done by then. */
export interface ImportFailure {
  readonly error: EngineError | InputFailed
  /** Counts what is certain: units of work that were committed. */
  readonly report: ImportReport
}

export interface ImportSettings {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly policies: Policies
  readonly bounds: Bounds
  readonly purgeAfterDeletions: boolean
  /** Whether judgements say what changes. */
  readonly observing: boolean
  /** Gets the judgements of each unit of work once it is committed; the import waits for it. */
  readonly onJudged: ((judged: ReadonlyArray<JudgedLine>) => Awaitable<void>) | undefined
}

/** A judgement, and where its line stands. */
export interface JudgedLine extends LineVerdict, Judgement {}

/** What reading the input threw, told apart from what the caller's own `onVerdicts` throws. */
class ReadError extends Error {}

// No decoder makes a text of half a gigabyte.
const longestPiece = 1_048_576

function* cutIntoPieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += longestPiece) yield bytes.subarray(at, at + longestPiece)
}

async function* readBytes(input: DocumentInput): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* typeof input === 'function' ? input() : cutIntoPieces(input)
  } catch (cause) {
    throw cause instanceof ReadError ? cause : new ReadError('the input could not be read', { cause })
  }
}

/** The same input, which fails where a later reading is not as long as the first: a stream that is used up, for one. */
const readAlike = (input: DocumentInput): DocumentInput => {
  let expected: number | undefined
  return async function* () {
    let length = 0
    for await (const bytes of readBytes(input)) {
      if (!(bytes instanceof Uint8Array)) throw new ReadError('the input is no bytes', { cause: notBytes })
      length += bytes.length
      yield bytes
    }
    expected ??= length
    if (length !== expected) throw new ReadError('the input has changed', { cause: inputChanged })
  }
}

const notBytes = new TypeError('a document is read as bytes, in Uint8Arrays')

const inputChanged = new Error('the input is not what it was when it was screened; it must be read alike each time')

/** The same input, which ends early once the signal says so. */
const untilAborted = (input: DocumentInput, signal: ReadingOptions['signal']): DocumentInput =>
  signal === undefined
    ? input
    : async function* () {
        for await (const bytes of readBytes(input)) {
          if (signal.aborted) return
          yield bytes
        }
      }

async function* readFrames(
  input: DocumentInput,
  mode: FramingMode,
  bounds: Bounds
): AsyncGenerator<ReadonlyArray<Frame>, void, undefined> {
  const framer = createFramer(mode, bounds.maxLineLength)
  const framesOf = (read: () => ReadonlyArray<Frame>): ReadonlyArray<Frame> => {
    try {
      return read()
    } catch {
      // It was UTF-8 when it was screened.
      throw new ReadError('the input has changed', { cause: inputChanged })
    }
  }
  for await (const bytes of readBytes(input)) yield framesOf(() => framer.push(bytes))
  yield framesOf(framer.end)
}

/** Which of these pieces, from 0, has the first byte that is not UTF-8; `undefined` where all of them are text. */
const findInvalidPiece = async (pieces: AsyncIterable<Uint8Array>): Promise<number | undefined> => {
  const decoder = createUtf8Decoder()
  const fails = (decode: () => string): boolean => {
    try {
      decode()
      return false
    } catch {
      return true
    }
  }
  let at = -1
  for await (const piece of pieces) {
    at++
    if (fails(() => decoder.decode(piece, { stream: true }))) return at
  }
  // Half a character at the end is the last piece's.
  return fails(() => decoder.decode()) ? at : undefined
}

/** The line of the first byte that is not UTF-8; `undefined` where all of it is text. */
const findInvalidUtf8 = async (input: DocumentInput): Promise<number | undefined> => {
  // Piece by piece is fast; only where that fails is it worth going line by line.
  if ((await findInvalidPiece(readBytes(input))) === undefined) return undefined
  const at = await findInvalidPiece(cutIntoLines(readBytes(input)))
  return at === undefined ? undefined : at + 1
}

const taskOf = (frame: Frame, type: DocumentType, policies: Policies, bounds: Bounds): Task => {
  if (frame._tag === 'Fault') return rejection(frame.code)
  const decoded = decodeLine(type, frame.value, policies, bounds)
  return E.isLeft(decoded) ? decoded.left : { _tag: 'Command', ...decoded.right }
}

const findForbiddenLines = async (
  type: DocumentType,
  input: DocumentInput,
  mode: FramingMode,
  { policies, bounds }: ImportSettings
): Promise<JobRejection | undefined> => {
  const lines: number[] = []
  const indices: number[] = []
  let code: JobRejection['code'] | undefined
  for await (const frames of readFrames(input, mode, bounds)) {
    for (const frame of frames) {
      const task = taskOf(frame, type, policies, bounds)
      if (task._tag === 'Rejected' && rejectsJob(type, task.code)) {
        code = task.code as JobRejection['code']
        lines.push(frame.line)
        indices.push(frame.index)
      }
    }
  }
  return code && { code, lines, indices }
}

const screen = async (
  type: DocumentType,
  input: DocumentInput,
  mode: FramingMode,
  settings: ImportSettings
): Promise<JobRejection | undefined> => {
  const invalidLine = await findInvalidUtf8(input)
  if (invalidLine !== undefined) return { code: 'INVALID_UTF8', lines: [invalidLine], indices: [] }
  if (!isSupported(type, settings.policies.systemVersion)) {
    return { code: 'UNSUPPORTED_SYSTEM_VERSION', lines: [], indices: [] }
  }
  return needsScreening(type) ? findForbiddenLines(type, input, mode, settings) : undefined
}

export const importDocument = async (
  type: DocumentType,
  document: DocumentInput,
  options: ReadingOptions,
  settings: ImportSettings
): Promise<E.Either<ImportFailure, ImportReport>> => {
  const { framing = 'lenient', linesPerUnit = 1_000, signal } = options
  if (!Number.isInteger(linesPerUnit) || linesPerUnit < 1) throw new TypeError('linesPerUnit must be 1 or more')
  const { repository, runtime, policies, bounds } = settings
  const input = readAlike(document)
  const tally = createTally(type)
  let purgeIsDue = false

  const deliver = async (
    frames: ReadonlyArray<Frame>,
    judgementOf: (frame: Frame, at: number) => Judgement
  ): Promise<void> => {
    const judged = frames.map((frame, at) => ({ index: frame.index, line: frame.line, ...judgementOf(frame, at) }))
    tally.add(judged)
    await settings.onJudged?.(judged)
  }

  const applyUnit = async (frames: ReadonlyArray<Frame>): Promise<EngineError | undefined> => {
    const tasks = frames.map((frame) => taskOf(frame, type, policies, bounds))
    if (tasks.some((task) => task._tag === 'Rejected' && rejectsJob(type, task.code))) {
      // Screening found no such line.
      throw new ReadError('the input has changed', { cause: inputChanged })
    }
    const judgements = await runUnit(repository, tasks, runtime, settings.observing)
    if (E.isLeft(judgements)) return judgements.left
    purgeIsDue ||= asksForErasure(tasks)
    await deliver(frames, (_, at) => judgements.right[at] as Judgement)
    return undefined
  }

  const rejectUnit = async (frames: ReadonlyArray<Frame>): Promise<undefined> => {
    await deliver(frames, (frame) => {
      const task = taskOf(frame, type, policies, bounds)
      return { verdict: task._tag === 'Rejected' ? task : rejection('JOB_REJECTED'), changes: [] }
    })
    return undefined
  }

  const forEachUnit = async (
    run: (frames: ReadonlyArray<Frame>) => Promise<EngineError | undefined>
  ): Promise<EngineError | 'Stopped' | 'Completed'> => {
    let unit: Frame[] = []
    for await (const frames of readFrames(input, framing, bounds)) {
      for (const frame of frames) {
        unit.push(frame)
        if (unit.length < linesPerUnit) continue
        if (signal?.aborted) return 'Stopped'
        const error = await run(unit)
        if (error !== undefined) return error
        unit = []
      }
    }
    if (unit.length === 0) return 'Completed'
    return signal?.aborted ? 'Stopped' : ((await run(unit)) ?? 'Completed')
  }

  const importAll = async (): Promise<E.Either<EngineError, ImportReport>> => {
    const job = await screen(type, untilAborted(input, signal), framing, settings)
    if (signal?.aborted) return E.right(tally.report('Stopped'))
    if (job !== undefined) {
      if (job.code !== 'INVALID_UTF8') await forEachUnit(rejectUnit)
      return E.right(tally.report('JobRejected', job))
    }
    let end: Awaited<ReturnType<typeof forEachUnit>>
    let unpurged: PurgeFailed | undefined
    try {
      end = await forEachUnit(applyUnit)
    } finally {
      // Also where input or `onVerdicts` throws: what was deleted by then is to leave the store's files.
      if (purgeIsDue && settings.purgeAfterDeletions) unpurged = await purge(repository)
    }
    if (unpurged !== undefined) tally.leaveUnpurged()
    if (typeof end !== 'string') return E.left(end)
    return unpurged === undefined ? E.right(tally.report(end)) : E.left(unpurged)
  }

  const failed = (error: EngineError | InputFailed): E.Either<ImportFailure, never> =>
    E.left({ error, report: tally.report('Failed') })

  try {
    const outcome = await importAll()
    return E.isLeft(outcome) ? failed(outcome.left) : outcome
  } catch (error) {
    if (error instanceof ReadError) return failed({ _tag: 'InputFailed', cause: error.cause })
    throw error
  }
}
