/** Reports as JSON, for programs: one line per document. */
import type { ExecutionReport, ImportReport, JobRejection } from '@userpoint/core'

/**
 * A report as one line of JSON.
 *
 * @param file The input it is about, where there are several.
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

/** Why a job was rejected; lines that are not among the named ones are counted. */
export const jobRejectionFields = ({ code, count, lines }: JobRejection): object => ({
  code,
  lines,
  ...(count > lines.length && { count })
})

const statuses = { Completed: 'completed', Stopped: 'stopped', Failed: 'failed', JobRejected: 'job_rejected' } as const
