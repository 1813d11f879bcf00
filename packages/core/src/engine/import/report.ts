/** Reports: what became of a document as a whole. Applied, no-op and rejected lines add up to the lines, always. */
import type { RejectionCode } from '../../command/rejection.ts'
import type { Verdict } from '../../decide/verdict.ts'

/** The verdict on one command of an input. */
export interface LineVerdict {
  /** Which command of the input, from 0. */
  readonly index: number
  /** The line it starts on, from 1. */
  readonly line: number
  readonly verdict: Verdict
}

/**
 * Why nothing of a document was applied. `INVALID_UTF8`: the bytes are no text. `UNSUPPORTED_SYSTEM_VERSION`: the datamart
 * is too old for the document. Any other code is one of those that reject the whole job in its type of document.
 */
export interface JobRejection {
  readonly code: 'INVALID_UTF8' | RejectionCode
  /** How many lines reject the job; 0 where the job as a whole is at fault. */
  readonly count: number
  /** The first thousand of them, from 1. */
  readonly lines: ReadonlyArray<number>
  /** The same lines as indices of commands, from 0; empty where no command is at fault. */
  readonly indices: ReadonlyArray<number>
}

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
