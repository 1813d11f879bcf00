/**
 * Screening: the first pass over an input. It finds what rejects the whole document before any line is applied: bytes that
 * are not UTF-8, and lines that the document type forbids.
 */
import { isSupported, rejectsJob } from '../../command/dialect.ts'
import type { RejectionCode } from '../../command/rejection.ts'
import type { Frame } from './framing.ts'
import { decodeFrame, type Decoding, type Line } from './line.ts'
import { type DocumentInput, inputChanged, readBytes, readFrames, type Reading } from './reading.ts'
import { createUtf8Checker, cutIntoLines, endsLine } from './utf8.ts'

/**
 * The reason why no line of a document was applied. `INVALID_UTF8`: the bytes are not UTF-8. `UNSUPPORTED_SYSTEM_VERSION`:
 * the datamart is too old for the document. All other codes reject the whole job in this type of document.
 */
export interface JobRejection {
  readonly code: 'INVALID_UTF8' | RejectionCode
  /** The number of lines that reject the job; 0 if the document as a whole is at fault. */
  readonly count: number
  /** The first thousand of them, from 1. */
  readonly lines: ReadonlyArray<number>
  /** The same lines as indices of commands, from 0; empty if no command is at fault. */
  readonly indices: ReadonlyArray<number>
}

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

/** Returns the line of the first byte that is not UTF-8; `undefined` if all bytes are. */
const findInvalidUtf8 = async (input: DocumentInput): Promise<number | undefined> => {
  // Checking large pieces is fast; single lines are checked only to find the number of the line.
  if (!(await findInvalidPiece(readBytes(input), () => undefined))) return undefined
  let line = 1
  const invalid = await findInvalidPiece(cutIntoLines(readBytes(input)), (piece) => {
    if (endsLine(piece)) line++
  })
  return invalid ? line : undefined
}

// There may be millions, and the list is stored and printed.
const linesNamed = 1_000

const findForbiddenLines = async (
  input: DocumentInput,
  decoding: Decoding,
  reading: Reading
): Promise<JobRejection | undefined> => {
  const lines: number[] = []
  const indices: number[] = []
  let count = 0
  let code: JobRejection['code'] | undefined
  for await (const frames of readFrames(input, reading)) {
    for (const frame of frames) {
      const line = decodeFrame(frame, decoding)
      if (line.decoded._tag !== 'Rejected' || !rejectsDocument(line, decoding)) continue
      code = line.decoded.code
      count++
      if (count > linesNamed) continue
      lines.push(line.line)
      indices.push(line.index)
    }
  }
  return code && { code, count, lines, indices }
}

/** Returns the reason that rejects the whole document; `undefined` if there is none. */
export const screen = async (
  input: DocumentInput,
  decoding: Decoding,
  reading: Reading
): Promise<JobRejection | undefined> => {
  const { kind, policies } = decoding
  const invalidLine = await findInvalidUtf8(input)
  if (invalidLine !== undefined) return { code: 'INVALID_UTF8', count: 1, lines: [invalidLine], indices: [] }
  if (!isSupported(kind, policies.systemVersion)) {
    return { code: 'UNSUPPORTED_SYSTEM_VERSION', count: 0, lines: [], indices: [] }
  }
  return kind.jobRejections.length > 0 ? findForbiddenLines(input, decoding, reading) : undefined
}
