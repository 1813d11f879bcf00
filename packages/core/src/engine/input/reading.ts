/** Reading a document: bytes in, units of frames out. Whatever the bytes, only a bounded part of them is held at a time. */
import type { Bounds } from '../../command/decode-line.ts'
import type { Manifest } from '../../repository/repository.ts'
import { createFramer, type Frame, type FramingMode, type FramingStart, inputStart } from './framing.ts'

/** The bytes of a document, or how to read them; they are read more than once, and must be the same each time. */
export type DocumentInput = Uint8Array | (() => AsyncIterable<Uint8Array> | Iterable<Uint8Array>)

/** How a document is read, and how far. */
export interface ReadingOptions {
  /** `lenient` unless given: values may span lines. `strict`: one object a line. */
  readonly framing?: FramingMode
  /**
   * How many lines are one unit of work at most. Unless given, as many as the store's manifest says, or 500; and up to ten times as
   * many where they are on few people. Never shows in verdicts or in what is stored.
   */
  readonly linesPerUnit?: number
  /** Stops the import after the unit of work in flight: an `AbortSignal`. */
  readonly signal?: { readonly aborted: boolean }
}

/** The input could not be read, or is no longer what it was when it was screened. */
export interface InputFailed {
  readonly _tag: 'InputFailed'
  readonly cause: unknown
}

/** How frames are read, with all that was left out filled in. */
export interface Reading {
  readonly framing: FramingMode
  readonly linesPerUnit: number
  /** Whether a unit may have more lines, where they are on few people. */
  readonly grows: boolean
  readonly signal: { readonly aborted: boolean } | undefined
  readonly bounds: Bounds
}

// A commit to a disk costs as much as a hundred lines; the more there are, the more is left for the garbage collector to copy.
const usualLinesPerUnit = 500

export const readingOf = (options: ReadingOptions, bounds: Bounds, manifest: Manifest) => {
  const { framing = 'lenient', linesPerUnit = manifest.linesPerUnit ?? usualLinesPerUnit, signal } = options
  if (!Number.isInteger(linesPerUnit) || linesPerUnit < 1) throw new TypeError('linesPerUnit must be 1 or more')
  return { framing, linesPerUnit, grows: options.linesPerUnit === undefined, signal, bounds } satisfies Reading
}

/** What reading the input threw, told apart from what the caller's own functions throw. */
export class ReadError extends Error {}

const notBytes = new TypeError('a document is read as bytes, in Uint8Arrays')

const changed = new Error('the input is not what it was when it was screened; it must be read alike each time')

export const inputChanged = (): ReadError => new ReadError('the input has changed', { cause: changed })

// No decoder makes a text of half a gigabyte.
const longestPiece = 1_048_576

function* cutIntoPieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += longestPiece) yield bytes.subarray(at, at + longestPiece)
}

/** The input in pieces of bounded length. What its own functions throw is a {@link ReadError}. */
export async function* readBytes(input: DocumentInput): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof input !== 'function') {
    yield* cutIntoPieces(input)
    return
  }
  try {
    for await (const bytes of input()) {
      if (!(bytes instanceof Uint8Array)) throw new ReadError('the input is no bytes', { cause: notBytes })
      if (bytes.length <= longestPiece) yield bytes
      else yield* cutIntoPieces(bytes)
    }
  } catch (cause) {
    throw cause instanceof ReadError ? cause : new ReadError('the input could not be read', { cause })
  }
}

/** The same input, which fails where a later reading is not as long as the first: a stream that is used up, for one. */
export const readAlike = (input: DocumentInput): DocumentInput => {
  let expected: number | undefined
  return async function* () {
    let length = 0
    for await (const bytes of readBytes(input)) {
      length += bytes.length
      yield bytes
    }
    expected ??= length
    if (length !== expected) throw inputChanged()
  }
}

/** The same input, which ends early once the signal says so. */
export const untilAborted = (input: DocumentInput, signal: ReadingOptions['signal']): DocumentInput =>
  signal === undefined
    ? input
    : async function* () {
        for await (const bytes of readBytes(input)) {
          if (signal.aborted) return
          yield bytes
        }
      }

/** The bytes from this one on. */
async function* readFrom(input: DocumentInput, offset: number): AsyncGenerator<Uint8Array, void, undefined> {
  let before = 0
  for await (const bytes of readBytes(input)) {
    const end = before + bytes.length
    if (end > offset) yield before >= offset ? bytes : bytes.subarray(offset - before)
    before = end
  }
}

// However long the lines are, a unit of work ends after so many bytes.
const bytesPerUnit = 4 * 1_048_576

/**
 * The frames of an input in units of work.
 *
 * @throws ReadError where the bytes cannot be read, or are not UTF-8: they were when they were screened.
 */
export async function* readUnits(
  input: DocumentInput,
  { framing, linesPerUnit, bounds }: Reading,
  start: FramingStart = inputStart
): AsyncGenerator<ReadonlyArray<Frame>, void, undefined> {
  const framer = createFramer(framing, bounds.maxLineLength, start)
  const framesOf = (read: () => ReadonlyArray<Frame>): ReadonlyArray<Frame> => {
    try {
      return read()
    } catch {
      throw inputChanged()
    }
  }
  let unit: Frame[] = []
  let length = 0
  const cut = (): ReadonlyArray<Frame> => {
    const whole = unit
    unit = []
    length = 0
    return whole
  }
  for await (const bytes of readFrom(input, start.offset)) {
    length += bytes.length
    for (const frame of framesOf(() => framer.push(bytes))) {
      unit.push(frame)
      if (unit.length >= linesPerUnit) yield cut()
    }
    if (length >= bytesPerUnit && unit.length > 0) yield cut()
  }
  for (const frame of framesOf(framer.end)) {
    unit.push(frame)
    if (unit.length >= linesPerUnit) yield cut()
  }
  if (unit.length > 0) yield cut()
}
