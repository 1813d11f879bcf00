/** Reports on requests for several users, as JSON and as text. */
import type { Verdict } from '@userpoint/core'
import type { UsersReport } from '@userpoint/core/insider'
import { printable } from './failure.ts'
import { countTable } from './report-table.ts'
import { verdictFields } from './verdict-line.ts'
import { verdictText, warningTexts } from './verdict-text.ts'

/** Returns the report as one line of JSON. */
export const usersLine = ({ verdicts, successful, fail }: UsersReport): string =>
  JSON.stringify({
    users: verdicts.length,
    successful: successful.count,
    fail: { count: fail.count, errors: fail.errors },
    verdicts: verdicts.map((verdict, index) => ({ index, ...verdictFields(verdict) }))
  })

const errorTexts = ({ fail }: UsersReport): ReadonlyArray<string> =>
  Object.entries(fail.errors).flatMap(([key, messages]) => messages.map((message) => `${printable(key)}: ${message}`))

/** Returns the remarks on a user: a no-op, and warnings. */
const remarkTexts = (verdict: Verdict, index: number): ReadonlyArray<string> =>
  [...(verdict._tag === 'NoOp' ? [verdictText(verdict)] : []), ...warningTexts(verdict)].map(
    (text) => `users.${index}: ${text}`
  )

/** Returns a line for each error and remark, then a heading and a table. */
export const usersText = (report: UsersReport, heading: string): string => {
  const { verdicts, successful, fail } = report
  const count = (tag: Verdict['_tag']): number => verdicts.filter((verdict) => verdict._tag === tag).length
  const lines = [...errorTexts(report), ...verdicts.flatMap(remarkTexts)]
  const warned = verdicts.filter((verdict) => warningTexts(verdict).length > 0).length
  const table = countTable(heading, [
    ['users', verdicts.length],
    ['successful', successful.count],
    ['  applied', count('Applied')],
    ['  no-op', count('NoOp')],
    ['failed', fail.count],
    ...(warned > 0 ? [['with warnings', warned] as const] : [])
  ])
  return `${lines.map((line) => `${line}\n`).join('')}${lines.length > 0 ? '\n' : ''}${table}`
}
