/** Reports as tables, for people. */
import type { ExecutionReport, ImportReport } from '@userpoint/core'

/** Formats a count with thousands separators. `toLocaleString` would load tables for 30 ms. */
export const grouped = (count: number): string => {
  const digits = String(count)
  const groups: string[] = []
  for (let end = digits.length; end > 0; end -= 3) groups.unshift(digits.slice(Math.max(0, end - 3), end))
  return groups.join(',')
}

/** Formats the first few line numbers: `line 3`, `lines 3, 1009 and 12 more`. */
export const someLines = (lines: ReadonlyArray<number>, count: number = lines.length): string => {
  const shown = lines.slice(0, 5)
  const more = count - shown.length
  return `${count === 1 ? 'line' : 'lines'} ${shown.join(', ')}${more > 0 ? ` and ${grouped(more)} more` : ''}`
}

const endings = {
  Completed: 'ran to the end',
  Stopped: 'stopped before the end',
  Failed: 'failed before the end',
  JobRejected: 'rejected as a whole'
} as const

type Row = readonly [name: string, count: string, note: string]

const tableOf = async (heading: string, rows: ReadonlyArray<Row>): Promise<string> => {
  // Loaded with the first table: most runs print none, or one at their end.
  const { default: Table } = await import('cli-table3')
  const hasNotes = rows.some(([, , note]) => note !== '')
  // No colours: the table is the same on a terminal and in a file.
  const table = new Table({ colAligns: ['left', 'right', 'left'], style: { head: [], border: [], compact: true } })
  table.push(...rows.map((row) => (hasNotes ? [...row] : row.slice(0, 2))))
  return `${heading}\n${table.toString()}\n`
}

/** Formats counts as a heading and a table. */
export const countTable = (
  heading: string,
  counts: ReadonlyArray<readonly [name: string, count: number]>
): Promise<string> =>
  tableOf(
    heading,
    counts.map(([name, count]) => [name, grouped(count), ''])
  )

/** Formats a report as a heading and a table. */
export const reportTable = (
  report: ImportReport | ExecutionReport,
  seconds: number,
  title: string
): Promise<string> => {
  const rows: Row[] = [
    ['lines', grouped(report.lines), ''],
    ['applied', grouped(report.applied), ''],
    ['no-op', grouped(report.noOp), ''],
    ['rejected', grouped(report.rejected), '']
  ]
  for (const { code, count, lines } of report.rejections)
    rows.push([`  ${code}`, grouped(count), someLines(lines, count)])
  if (report.warned > 0) rows.push(['with warnings', grouped(report.warned), ''])
  const earlier = 'resumedAt' in report ? report.resumedAt : 0
  if (earlier > 0) rows.push(['in earlier runs', grouped(earlier), ''])
  const lines = report.lines - earlier
  if (lines > 0) rows.push(['lines per second', grouped(Math.round(lines / Math.max(seconds, 0.001))), ''])
  return tableOf(`${title}: ${report.type} ${endings[report.status]} in ${seconds.toFixed(1)} s`, rows)
}
