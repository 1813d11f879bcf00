/**
 * Screening: an input is read once before anything of it is applied, for what rejects the whole job: bytes that are not
 * UTF-8, and lines that a document type forbids.
 */
import { type Bounds, decodeLine } from '../../command/decode-line.ts'
import { type DocumentKind, isSupported, rejectsJob } from '../../command/dialect.ts'
import type { Policies } from '../../command/policies.ts'
import { rejection, shownPath } from '../../command/rejection.ts'
import { E } from '../../fp.ts'
import type { Frame } from './framing.ts'
import { type DocumentInput, inputChanged, readBytes, type Reading, readUnits } from './reading.ts'
import type { JobRejection } from '../import/report.ts'
import type { Task } from '../transaction/unit-of-work.ts'
import { createUtf8Checker, cutIntoLines, endsLine } from './utf8.ts'

export const taskOf = (frame: Frame, kind: DocumentKind, policies: Policies, bounds: Bounds): Task => {
  if (frame._tag === 'Fault') return rejection(frame.code, shownPath(frame.path ?? [], kind.fields))
  const decoded = decodeLine(kind, frame.value, policies, bounds, frame.isNormal)
  return E.isLeft(decoded) ? decoded.left : decoded.right
}

/** Holds where this line rejects the whole job. */
const forbids = (kind: DocumentKind, task: Task): boolean => task._tag === 'Rejected' && rejectsJob(kind, task.code)

/**
 * The tasks of lines that were screened.
 *
 * @throws ReadError where one of them rejects the whole job: screening found no such line.
 */
export const screenedTasks = (
  frames: ReadonlyArray<Frame>,
  kind: DocumentKind,
  policies: Policies,
  bounds: Bounds
): ReadonlyArray<Task> => {
  const tasks = frames.map((frame) => taskOf(frame, kind, policies, bounds))
  if (tasks.some((task) => forbids(kind, task))) throw inputChanged()
  return tasks
}

/** Passes these pieces to `pass`, up to the one with the first byte that is not UTF-8; whether there is one. */
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

/** The line of the first byte that is not UTF-8; `undefined` where all of it is text. */
const findInvalidUtf8 = async (input: DocumentInput): Promise<number | undefined> => {
  // Piece by piece is fast; only where that fails is it worth going line by line.
  if (!(await findInvalidPiece(readBytes(input), () => undefined))) return undefined
  let line = 1
  const invalid = await findInvalidPiece(cutIntoLines(readBytes(input)), (piece) => {
    if (endsLine(piece)) line++
  })
  return invalid ? line : undefined
}

// So many lines are named; there may be millions, and what is said of them is stored and printed.
const linesNamed = 1_000

const findForbiddenLines = async (
  kind: DocumentKind,
  input: DocumentInput,
  policies: Policies,
  reading: Reading
): Promise<JobRejection | undefined> => {
  const lines: number[] = []
  const indices: number[] = []
  let count = 0
  let code: JobRejection['code'] | undefined
  for await (const frames of readUnits(input, reading)) {
    for (const frame of frames) {
      const task = taskOf(frame, kind, policies, reading.bounds)
      if (task._tag !== 'Rejected' || !forbids(kind, task)) continue
      code = task.code as JobRejection['code']
      count++
      if (count > linesNamed) continue
      lines.push(frame.line)
      indices.push(frame.index)
    }
  }
  return code && { code, count, lines, indices }
}

/** What rejects the whole job; `undefined`: nothing does. */
export const screen = async (
  kind: DocumentKind,
  input: DocumentInput,
  policies: Policies,
  reading: Reading
): Promise<JobRejection | undefined> => {
  const invalidLine = await findInvalidUtf8(input)
  if (invalidLine !== undefined) return { code: 'INVALID_UTF8', count: 1, lines: [invalidLine], indices: [] }
  if (!isSupported(kind, policies.systemVersion)) {
    return { code: 'UNSUPPORTED_SYSTEM_VERSION', count: 0, lines: [], indices: [] }
  }
  return kind.jobRejections.length > 0 ? findForbiddenLines(kind, input, policies, reading) : undefined
}
