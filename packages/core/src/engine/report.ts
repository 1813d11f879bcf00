/** Reports: what became of a document as a whole. Applied, no-op and rejected lines add up to the lines, always. */
import type { DocumentType } from '../command/document.ts'
import type { RejectionCode } from '../command/rejection.ts'
import type { Verdict } from '../decide/verdict.ts'

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
 * is too old for the document. `DEVICE_POINT_NOT_ALLOWED`: SPEC 4.1, A-06.
 */
export interface JobRejection {
  readonly code: 'INVALID_UTF8' | 'UNSUPPORTED_SYSTEM_VERSION' | 'DEVICE_POINT_NOT_ALLOWED'
  /** Every line that rejects the job, from 1; empty where the job as a whole is at fault. */
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

export interface ImportReport {
  readonly type: DocumentType
  readonly status: ImportStatus
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
  readonly jobRejection: JobRejection | undefined
  /** Whether the store could not drop what deleted data left behind in its files, whatever else failed: purge it again. */
  readonly unpurged: boolean
}

const linesShown = 5

export interface Tally {
  readonly add: (verdicts: ReadonlyArray<LineVerdict>) => void
  readonly leaveUnpurged: () => void
  readonly report: (status: ImportStatus, jobRejection?: JobRejection) => ImportReport
}

/** Counts verdicts as they come. */
export const createTally = (type: DocumentType): Tally => {
  const counts = { Applied: 0, NoOp: 0, Rejected: 0 }
  const rejections = new Map<RejectionCode, { count: number; lines: number[] }>()
  let warned = 0
  let lastLine = 0
  let unpurged = false

  const addRejection = (code: RejectionCode, line: number): void => {
    const entry = rejections.get(code) ?? { count: 0, lines: [] }
    rejections.set(code, entry)
    entry.count++
    if (entry.lines.length < linesShown) entry.lines.push(line)
  }

  return {
    add: (verdicts) => {
      for (const { line, verdict } of verdicts) {
        counts[verdict._tag]++
        if (verdict._tag === 'Rejected') addRejection(verdict.code, line)
        if (verdict.warnings !== undefined) warned++
        lastLine = line
      }
    },
    leaveUnpurged: () => {
      unpurged = true
    },
    report: (status, jobRejection) => ({
      type,
      status,
      lines: counts.Applied + counts.NoOp + counts.Rejected,
      applied: counts.Applied,
      noOp: counts.NoOp,
      rejected: counts.Rejected,
      rejections: [...rejections]
        .map(([code, { count, lines }]) => ({ code, count, lines: [...lines] }))
        .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
      warned,
      lastLine,
      jobRejection,
      unpurged
    })
  }
}
