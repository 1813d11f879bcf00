/**
 * Screening: the first pass over an input. It finds the reasons to reject the whole document before any line is applied: bytes
 * that are not UTF-8, and lines that the document type forbids.
 */
import type { Decoding } from '../../command/decode-line.ts'
import { isSupported, rejectsJob } from '../../command/dialect.ts'
import type { RejectionCode } from '../../command/rejection.ts'
import { openObject } from '../../domain/characters.ts'
import { createFramer, type Frame } from './framing.ts'
import { decodeFrame, type Line } from './line.ts'
import { createMarkedLines } from './marked-lines.ts'
import {
  asScreened,
  type DocumentInput,
  inputChanged,
  readBytes,
  type Reading,
  type RejectionLimit
} from './reading.ts'
import { createUtf8Checker, cutIntoLines, endsLine } from './utf8.ts'

/**
 * The reason why no line of a document was applied. `INVALID_UTF8`: the bytes are not UTF-8. `UTF_16`: they are UTF-16.
 * `UNSUPPORTED_SYSTEM_VERSION`: the datamart is too old for the document. `TOO_MANY_REJECTED`: more lines are rejected
 * than the caller allows. All other codes reject the whole job in this type of document.
 */
export interface JobRejection {
  readonly code: 'INVALID_UTF8' | 'UTF_16' | 'TOO_MANY_REJECTED' | RejectionCode
  /** The number of lines that reject the job; 0 if the document as a whole is at fault. */
  readonly count: number
  /** The first thousand of them, from 1. */
  readonly lines: ReadonlyArray<number>
  /** The same lines as indices of commands, from 0; empty if no command is at fault. */
  readonly indices: ReadonlyArray<number>
}

/** Returns whether the input of a rejected job has no lines, because it is not text. */
export const isUnreadable = ({ code }: JobRejection): boolean => code === 'INVALID_UTF8' || code === 'UTF_16'

const rejectsDocument = ({ decoded }: Line, { kind }: Decoding): boolean =>
  decoded._tag === 'Rejected' && rejectsJob(kind, decoded.code)

/**
 * Decodes a line of an input that was screened.
 *
 * @throws ReadError if the line rejects the whole document, because screening found no such line.
 */
export const decodeScreened = (frame: Frame, decoding: Decoding): Line => {
  const line = decodeFrame(frame, decoding)
  if (rejectsDocument(line, decoding)) throw inputChanged()
  return line
}

/** Passes the pieces before the first invalid byte to `pass`. Returns whether there is an invalid byte. */
const findInvalidPiece = async (
  pieces: AsyncIterable<Uint8Array>,
  pass: (piece: Uint8Array) => void
): Promise<boolean> => {
  const checker = createUtf8Checker()
  const fails = (check: () => void): boolean => {
    try {
      check()
      return false
    } catch {
      return true
    }
  }
  for await (const piece of pieces) {
    if (fails(() => checker.push(piece))) return true
    pass(piece)
  }
  return fails(checker.end)
}

/** Returns whether these bytes start an input of UTF-16: a byte order mark, or a brace of two bytes. */
const startsUtf16 = (first: number | undefined, second: number | undefined): boolean =>
  (first === 0xff && second === 0xfe) ||
  (first === 0xfe && second === 0xff) ||
  (first === openObject && second === 0) ||
  (first === 0 && second === openObject)

/** Returns the reason why the input is not UTF-8 text; `undefined`: it is. */
const screenText = async (input: DocumentInput): Promise<JobRejection | undefined> => {
  const start: number[] = []
  async function* pieces() {
    for await (const piece of readBytes(input)) {
      if (start.length < 2) start.push(...piece.subarray(0, 2))
      yield piece
    }
  }
  // Checking large pieces is fast; single lines are checked only to find the number of the line.
  const isInvalid = await findInvalidPiece(pieces(), () => undefined)
  if (startsUtf16(start[0], start[1])) return { code: 'UTF_16', count: 1, lines: [1], indices: [] }
  if (!isInvalid) return undefined
  let line = 1
  await findInvalidPiece(cutIntoLines(readBytes(input)), (piece) => {
    if (endsLine(piece)) line++
  })
  return { code: 'INVALID_UTF8', count: 1, lines: [line], indices: [] }
}

// There may be millions, and the list is stored and printed.
const linesNamed = 1_000

/** Counts lines, and lists the first of them. */
const createList = () => {
  const lines: number[] = []
  const indices: number[] = []
  let count = 0
  return {
    add: ({ line, index }: Pick<Frame, 'line' | 'index'>): void => {
      count++
      if (count > linesNamed) return
      lines.push(line)
      indices.push(index)
    },
    count: () => count,
    as: (code: JobRejection['code']): JobRejection => ({ code, count, lines, indices })
  }
}

/** Returns whether more lines are rejected than the limit allows. */
const exceeds = (limit: RejectionLimit | undefined, rejected: number, lines: number): boolean =>
  limit !== undefined &&
  (typeof limit === 'number' ? rejected > limit : rejected * 100 > Number.parseFloat(limit) * lines)

interface MarkedFrame {
  readonly frame: Frame
  /** `true`: the lines of the command hold the mark, the rest after it broke included. */
  readonly isMarked: boolean
}

/**
 * Reads all frames, each once the next one has begun: only then are its lines known.
 *
 * @throws ReadError as `readFrames` does.
 */
async function* readMarkedFrames(
  input: DocumentInput,
  { framing, deletes, bounds: { maxLineLength: maxLength } }: Reading,
  mark: string | undefined
): AsyncGenerator<ReadonlyArray<MarkedFrame>, void, undefined> {
  const framer = createFramer({ framing, deletes, maxLength })
  const marks = mark === undefined ? undefined : createMarkedLines(mark, maxLength)
  let pending: Frame | undefined
  const completed = (frames: ReadonlyArray<Frame>): ReadonlyArray<MarkedFrame> => {
    const previous = pending === undefined ? frames : [pending, ...frames]
    pending = previous.at(-1)
    return previous.slice(0, -1).map((frame, i) => judged(frame, previous[i + 1]))
  }
  const judged = (frame: Frame, next?: Frame): MarkedFrame => ({
    frame,
    isMarked: marks !== undefined && marks.isMarked(frame, next)
  })
  for await (const piece of readBytes(input)) {
    yield completed(
      asScreened(() => {
        marks?.push(piece)
        return framer.push(piece)
      })
    )
  }
  yield completed(asScreened(framer.end))
  if (pending !== undefined) yield [judged(pending)]
}

/** Screens the lines of an input whose bytes are UTF-8. */
const screenLines = async (
  input: DocumentInput,
  decoding: Decoding,
  reading: Reading
): Promise<JobRejection | undefined> => {
  const { jobRejection } = decoding.kind
  const forbidden = createList()
  const rejected = createList()
  let lines = 0
  for await (const frames of readMarkedFrames(input, reading, jobRejection?.text)) {
    lines += frames.length
    for (const { frame, isMarked } of frames) {
      const line = decodeFrame(frame, decoding)
      if (line.decoded._tag !== 'Rejected') continue
      rejected.add(line)
      if (isMarked || rejectsDocument(line, decoding)) forbidden.add(line)
    }
  }
  if (jobRejection !== undefined && forbidden.count() > 0) return forbidden.as(jobRejection.code)
  return exceeds(reading.maxRejected, rejected.count(), lines) ? rejected.as('TOO_MANY_REJECTED') : undefined
}

/** Returns the reason that rejects the whole document; `undefined`: it may be applied. */
export const screen = async (
  input: DocumentInput,
  decoding: Decoding,
  reading: Reading
): Promise<JobRejection | undefined> => {
  const { kind, policies } = decoding
  const unreadable = await screenText(input)
  if (unreadable !== undefined) return unreadable
  if (!isSupported(kind, policies.systemVersion)) {
    return { code: 'UNSUPPORTED_SYSTEM_VERSION', count: 0, lines: [], indices: [] }
  }
  const isNeeded = kind.jobRejection !== undefined || reading.maxRejected !== undefined
  return isNeeded ? screenLines(input, decoding, reading) : undefined
}
