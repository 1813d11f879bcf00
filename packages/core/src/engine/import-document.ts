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
import { hasErased, runUnit, type Task } from './unit-of-work.ts'
import { createUtf8Decoder, cutIntoLines } from './utf8.ts'

/** The bytes of a document, or how to read them; they are read more than once, and must be the same each time. */
export type DocumentInput = Uint8Array | (() => AsyncIterable<Uint8Array> | Iterable<Uint8Array>)

export interface ImportOptions {
  /** `lenient` unless given: values may span lines. `strict`: one object a line. */
  readonly framing?: FramingMode
  /** How many lines are one unit of work; 1,000 unless given. Never shows in verdicts or in what is stored. */
  readonly linesPerUnit?: number
  /** Gets the verdicts of each unit of work once it is committed, in order; the import waits for it. */
  readonly onVerdicts?: (verdicts: ReadonlyArray<LineVerdict>) => Awaitable<void>
  /** Stops the import after the unit of work in flight: an `AbortSignal`. */
  readonly signal?: { readonly aborted: boolean }
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
}

/** What reading the input threw, told apart from what the caller's own `onVerdicts` throws. */
class ReadError extends Error {}

async function* readBytes(input: DocumentInput): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* typeof input === 'function' ? input() : [input]
  } catch (cause) {
    throw new ReadError('the input could not be read', { cause })
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
    } catch (cause) {
      // It was UTF-8 when it was screened.
      throw new ReadError('the input has changed', { cause })
    }
  }
  for await (const bytes of readBytes(input)) yield framesOf(() => framer.push(bytes))
  yield framesOf(framer.end)
}

/** Which of these pieces, from 0, has the first byte that is not UTF-8; `undefined` where all of them are text. */
const findInvalidPiece = async (pieces: AsyncIterable<Uint8Array>): Promise<number | undefined> => {
  const decoder = createUtf8Decoder()
  let at = -1
  try {
    for await (const piece of pieces) {
      at++
      decoder.decode(piece, { stream: true })
    }
    // Half a character at the end is the last piece's.
    decoder.decode()
    return undefined
  } catch (error) {
    if (error instanceof ReadError) throw error
    return at
  }
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
  input: DocumentInput,
  options: ImportOptions,
  settings: ImportSettings
): Promise<E.Either<ImportFailure, ImportReport>> => {
  const { framing = 'lenient', linesPerUnit = 1_000, onVerdicts, signal } = options
  const { repository, runtime, policies, bounds } = settings
  const tally = createTally(type)
  let erased = false

  const deliver = async (
    frames: ReadonlyArray<Frame>,
    verdictOf: (frame: Frame, at: number) => LineVerdict['verdict']
  ) => {
    const verdicts = frames.map((frame, at) => ({
      index: frame.index,
      line: frame.line,
      verdict: verdictOf(frame, at)
    }))
    tally.add(verdicts)
    await onVerdicts?.(verdicts)
  }

  const applyUnit = async (frames: ReadonlyArray<Frame>): Promise<EngineError | undefined> => {
    const tasks = frames.map((frame) => taskOf(frame, type, policies, bounds))
    const verdicts = await runUnit(repository, tasks, runtime)
    if (E.isLeft(verdicts)) return verdicts.left
    erased ||= hasErased(tasks, verdicts.right)
    await deliver(frames, (_, at) => verdicts.right[at] as LineVerdict['verdict'])
    return undefined
  }

  const rejectUnit = async (frames: ReadonlyArray<Frame>): Promise<undefined> => {
    await deliver(frames, (frame) => {
      const task = taskOf(frame, type, policies, bounds)
      return task._tag === 'Rejected' ? task : rejection('JOB_REJECTED')
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
    const job = await screen(type, input, framing, settings)
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
      if (erased && settings.purgeAfterDeletions) unpurged = await purge(repository)
    }
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
