/** Reports as JSON, for programs: one line per document. */
import type { ExecutionReport, ImportReport, JobRejection } from '@userpoint/core'

/**
 * Returns a report as one line of JSON.
 *
 * @param file The name of the input, if there are several inputs.
 */
export const reportLine = (report: ImportReport | ExecutionReport, seconds: number, file?: string): string => {
  const { jobRejection } = report
  return JSON.stringify({
    type: report.type,
    lines: report.lines,
    applied: report.applied,
    no_op: report.noOp,
    rejected: report.rejected,
    job_rejected: jobRejection === undefined ? null : jobRejectionFields(jobRejection),
    seconds: Math.round(seconds * 1_000) / 1_000,
    status: statuses[report.status],
    rejections: report.rejections.map(({ code, count, lines }) => ({ code, count, lines })),
    ...('resumedAt' in report && {
      execution: { id: report.id, resumed_at: report.resumedAt, was_final: report.wasFinal }
    }),
    ...(file !== undefined && { file })
  })
}

/** Returns a job rejection as JSON fields, with `count` if it lists only some of the lines. */
export const jobRejectionFields = ({ code, count, lines }: JobRejection): object => ({
  code,
  lines,
  ...(count > lines.length && { count })
})

const statuses = { Completed: 'completed', Stopped: 'stopped', Failed: 'failed', JobRejected: 'job_rejected' } as const
