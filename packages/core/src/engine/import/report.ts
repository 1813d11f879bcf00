/** Reports: what became of a document as a whole. Applied, no-op and rejected lines add up to the lines, always. */
import type { RejectionCode } from '../../command/rejection.ts'
import type { JobRejection } from '../input/screening.ts'
import type { LineVerdict } from '../transaction/transaction.ts'

export interface RejectionCount {
  readonly code: RejectionCode
  readonly count: number
  /** The first few lines that were rejected so. */
  readonly lines: ReadonlyArray<number>
}

/**
 * `Completed`: to the end. `Stopped`: by the caller's signal, after a whole unit of work. `Failed`: by store or input,
 * likewise. `JobRejected`: nothing is applied.
 */
export type ImportStatus = 'Completed' | 'Stopped' | 'Failed' | 'JobRejected'

/** What verdicts add up to. */
export interface ImportCounts {
  /** How many commands got a verdict: those of the whole input, unless the import was stopped or failed. */
  readonly lines: number
  readonly applied: number
  readonly noOp: number
  readonly rejected: number
  /** The rejected lines by code, most frequent first. */
  readonly rejections: ReadonlyArray<RejectionCount>
  /** How many lines have warnings. */
  readonly warned: number
  /** The last line that got a verdict, from 1; 0: none did. */
  readonly lastLine: number
}

export interface ImportReport extends ImportCounts {
  /** The name of the document type. */
  readonly type: string
  readonly status: ImportStatus
  readonly jobRejection: JobRejection | undefined
  /** Whether the store could not drop what deleted data left behind in its files, whatever else failed: purge it again. */
  readonly unpurged: boolean
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

/** The counts with these verdicts, which come after those that are counted. */
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
