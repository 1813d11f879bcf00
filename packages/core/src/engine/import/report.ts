/** Reports: the result of a document. Applied, no-op and rejected lines always add up to all lines. */
import type { RejectionCode } from '../../command/rejection.ts'
import type { JobRejection } from '../input/screening.ts'
import type { LineVerdict } from '../transaction/judgement.ts'

export interface RejectionCount {
  readonly code: RejectionCode
  readonly count: number
  /** The first few lines with this code. */
  readonly lines: ReadonlyArray<number>
}

/**
 * `Completed`: all lines have a verdict. `Stopped`: the caller's signal ended the import after a unit of work. `Failed`: an
 * error of the store or the input did. `JobRejected`: no line is applied.
 */
export type ImportStatus = 'Completed' | 'Stopped' | 'Failed' | 'JobRejected'

/** Counts of verdicts. */
export interface ImportCounts {
  /** The number of commands with a verdict: all of the input, unless the import was stopped or failed. */
  readonly lines: number
  readonly applied: number
  readonly noOp: number
  readonly rejected: number
  /** The rejected lines by code, most frequent first. */
  readonly rejections: ReadonlyArray<RejectionCount>
  /** The number of lines with warnings. */
  readonly warned: number
  /** The last line with a verdict, from 1; 0: no line has one. */
  readonly lastLine: number
}

export interface ImportReport extends ImportCounts {
  /** The name of the document type. */
  readonly type: string
  readonly status: ImportStatus
  readonly jobRejection: JobRejection | undefined
}

export const noCounts: ImportCounts = {
  lines: 0,
  applied: 0,
  noOp: 0,
  rejected: 0,
  rejections: [],
  warned: 0,
  lastLine: 0
}

const linesShown = 5

const withRejection = (before: RejectionCount | undefined, code: RejectionCode, line: number): RejectionCount => {
  if (before === undefined) return { code, count: 1, lines: [line] }
  const { count, lines } = before
  return { code, count: count + 1, lines: lines.length < linesShown ? [...lines, line] : lines }
}

/** Adds verdicts that follow those that are counted. */
export const countMore = (counts: ImportCounts, verdicts: ReadonlyArray<LineVerdict>): ImportCounts => {
  const tags = { Applied: counts.applied, NoOp: counts.noOp, Rejected: counts.rejected }
  const rejections = new Map(counts.rejections.map((each) => [each.code, each]))
  let warned = counts.warned
  for (const { line, verdict } of verdicts) {
    tags[verdict._tag]++
    if (verdict._tag === 'Rejected') {
      rejections.set(verdict.code, withRejection(rejections.get(verdict.code), verdict.code, line))
    }
    if (verdict.warnings !== undefined) warned++
  }
  return {
    lines: counts.lines + verdicts.length,
    applied: tags.Applied,
    noOp: tags.NoOp,
    rejected: tags.Rejected,
    rejections: [...rejections.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
    warned,
    lastLine: verdicts.at(-1)?.line ?? counts.lastLine
  }
}
