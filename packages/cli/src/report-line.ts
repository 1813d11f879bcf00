/** Reports as JSON, for programs: one line per document. */
import type { ImportReport } from '@userpoint/core'

/**
 * A report as one line of JSON.
 *
 * @param file The input it is about, where there are several.
 */
export const reportLine = (report: ImportReport, seconds: number, file?: string): string => {
  const { jobRejection } = report
  return JSON.stringify({
    type: report.type,
    lines: report.lines,
    applied: report.applied,
    no_op: report.noOp,
    rejected: report.rejected,
    job_rejected: jobRejection === undefined ? null : { code: jobRejection.code, lines: jobRejection.lines },
    seconds: Math.round(seconds * 1_000) / 1_000,
    status: statuses[report.status],
    rejections: report.rejections.map(({ code, count, lines }) => ({ code, count, lines })),
    ...(file !== undefined && { file })
  })
}

const statuses = { Completed: 'completed', Stopped: 'stopped', Failed: 'failed', JobRejected: 'job_rejected' } as const
