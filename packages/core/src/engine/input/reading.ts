/** Reading a document: bytes become frames. Only a bounded part of the input is in memory at a time. */
import type { Bounds } from '../../command/decode-line.ts'
import type { DocumentKind } from '../../command/dialect.ts'
import type { Repository } from '../../repository/repository.ts'
import { createFramer, type Frame, type FramingMode, type FramingStart, inputStart } from './framing.ts'
import { wrongArgument } from '../../wrong-call.ts'
import type { AbortSignalLike } from '../../abort-signal.ts'

/** The bytes of a document, or a function that opens them. They are read more than once, and must be the same each time. */
export type DocumentInput = Uint8Array | (() => AsyncIterable<Uint8Array> | Iterable<Uint8Array>)

/** The largest number of rejected lines, or the largest percentage of all lines. */
export type RejectionLimit = number | `${number}%`

/** Options of all calls that read a document. */
export interface ReadingOptions {
  /** `lenient` (the default): a value may span lines. `strict`: one object a line. */
  readonly framing?: FramingMode
  /**
   * The largest number of lines in a unit of work. The default is that of the store's manifest, or else 500, and up to ten
   * times as many if they concern few people. It changes neither verdicts nor stored data.
   */
  readonly linesPerUnit?: number
  /**
   * Rejects the whole document, before any line is applied, if the first reading rejects more lines than this: `100`, or `'5%'`.
   * Lines that are rejected because of what is stored do not count.
   */
  readonly maxRejected?: RejectionLimit
  /** An `AbortSignal`; it stops the import after the unit of work that is in progress, also while it waits for input. */
  readonly signal?: AbortSignalLike
}

/** The input could not be read, or has changed since it was screened. */
export interface InputFailed {
  readonly _tag: 'InputFailed'
  readonly cause: unknown
}

/** {@link ReadingOptions} with all defaults filled in. */
export interface Reading {
  readonly framing: FramingMode
  /** `true`: the lines of the document delete. */
  readonly deletes: boolean
  readonly linesPerUnit: number
  /** `true`: a unit may have more lines if they concern few people. */
  readonly grows: boolean
  readonly maxRejected: RejectionLimit | undefined
  readonly signal: AbortSignalLike | undefined
  readonly bounds: Bounds
}

// A commit to a disk costs as much as a hundred lines. With larger units the garbage collector copies more.
const defaultLinesPerUnit = 500

const percentage = /^\d{1,3}(\.\d{1,9})?%$/

const isRejectionLimit = (limit: RejectionLimit | undefined): boolean => {
  if (typeof limit === 'number') return Number.isInteger(limit) && limit >= 0
  return limit === undefined || (typeof limit === 'string' && percentage.test(limit) && Number.parseFloat(limit) <= 100)
}

/** The store and the bounds of an import. */
interface ImportPlace {
  readonly bounds: Bounds
  readonly repository: Pick<Repository, 'manifest'>
}

/**
 * Returns the reading of a document.
 *
 * @throws TypeError if `linesPerUnit` is not a positive whole number, or `maxRejected` neither a whole number nor a percentage.
 */
export const readingOf = (
  options: ReadingOptions,
  kind: DocumentKind,
  { bounds, repository: { manifest } }: ImportPlace
): Reading => {
  const {
    framing = 'lenient',
    linesPerUnit = manifest.linesPerUnit ?? defaultLinesPerUnit,
    maxRejected,
    signal
  } = options
  if (!Number.isInteger(linesPerUnit) || linesPerUnit < 1) throw wrongArgument('linesPerUnit must be 1 or more')
  if (!isRejectionLimit(maxRejected))
    throw wrongArgument('maxRejected must be a whole number, or a percentage such as 5%')
  const grows = options.linesPerUnit === undefined
  return { framing, deletes: kind.deletes === true, linesPerUnit, grows, maxRejected, signal, bounds }
}

/** Wraps an error of the input, which differs so from an error of the caller's other functions. */
export class ReadError extends Error {}

const notBytes = wrongArgument('the input of a document must yield Uint8Arrays')

const changed = new Error('the input has changed since it was screened; it must yield the same bytes each time')

export const inputChanged = (): ReadError => new ReadError('the input has changed', { cause: changed })

// A text cannot have half a gigabyte.
const longestPiece = 1_048_576

function* cutIntoPieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += longestPiece) yield bytes.subarray(at, at + longestPiece)
}

/**
 * Reads the input in pieces of bounded length.
 *
 * @throws ReadError for an error of the input's own functions.
 */
export async function* readBytes(input: DocumentInput): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof input !== 'function') {
    yield* cutIntoPieces(input)
    return
  }
  try {
    for await (const bytes of input()) {
      if (!(bytes instanceof Uint8Array)) throw new ReadError('the input gives no bytes', { cause: notBytes })
      if (bytes.length <= longestPiece) yield bytes
      else yield* cutIntoPieces(bytes)
    }
  } catch (cause) {
    throw cause instanceof ReadError ? cause : new ReadError('the input could not be read', { cause })
  }
}

/** Returns the input up to the moment when the signal aborts. */
export const untilAborted = (input: DocumentInput, signal: ReadingOptions['signal']): DocumentInput =>
  signal === undefined
    ? input
    : async function* () {
        for await (const bytes of readBytes(input)) {
          if (signal.aborted) return
          yield bytes
        }
      }

async function* readBytesFrom(input: DocumentInput, offset: number): AsyncGenerator<Uint8Array, void, undefined> {
  let before = 0
  for await (const bytes of readBytes(input)) {
    const end = before + bytes.length
    if (end > offset) yield before >= offset ? bytes : bytes.subarray(offset - before)
    before = end
  }
}

// Bounds the memory of a chunk with long lines.
export const bytesPerChunk = 4 * 1_048_576

// The objects of so many lines stay in the processor's cache until they are decided, and most of them die young.
const mostLinesPerChunk = 200
const chunksPerUnit = 5

/**
 * Returns the frames of a framer.
 *
 * @throws ReadError if the bytes are not UTF-8, because screening found UTF-8.
 */
export const asScreened = (read: () => ReadonlyArray<Frame>): ReadonlyArray<Frame> => {
  try {
    return read()
  } catch {
    throw inputChanged()
  }
}

/**
 * Reads the frames of an input in chunks: units of work, or parts of them.
 *
 * @throws ReadError if the bytes cannot be read, or are not UTF-8 (they were UTF-8 when they were screened).
 */
export async function* readFrames(
  input: DocumentInput,
  { framing, deletes, linesPerUnit, bounds }: Reading,
  start: FramingStart = inputStart
): AsyncGenerator<ReadonlyArray<Frame>, void, undefined> {
  const framer = createFramer({ framing, deletes, maxLength: bounds.maxLineLength }, start)
  const most = Math.min(Math.ceil(linesPerUnit / chunksPerUnit), mostLinesPerChunk)
  let chunk: Frame[] = []
  let length = 0
  const cut = (): ReadonlyArray<Frame> => {
    const whole = chunk
    chunk = []
    length = 0
    return whole
  }
  for await (const bytes of readBytesFrom(input, start.offset)) {
    length += bytes.length
    for (const frame of asScreened(() => framer.push(bytes))) {
      chunk.push(frame)
      if (chunk.length >= most) yield cut()
    }
    if (length >= bytesPerChunk && chunk.length > 0) yield cut()
  }
  for (const frame of asScreened(framer.end)) {
    chunk.push(frame)
    if (chunk.length >= most) yield cut()
  }
  if (chunk.length > 0) yield cut()
}
