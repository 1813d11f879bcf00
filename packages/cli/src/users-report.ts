/** What became of a request on several users, for programs and for people. */
import type { UsersReport, Verdict } from '@userpoint/core'
import { printable } from './failure.ts'
import { countTable } from './report-table.ts'
import { verdictFields } from './verdict-line.ts'
import { verdictText, warningTexts } from './verdict-text.ts'

/** The report as one line of JSON. */
export const usersLine = ({ verdicts, successful, fail }: UsersReport): string =>
  JSON.stringify({
    users: verdicts.length,
    successful: successful.count,
    fail: { count: fail.count, errors: fail.errors },
    verdicts: verdicts.map((verdict, index) => ({ index, ...verdictFields(verdict) }))
  })

const errorTexts = ({ fail }: UsersReport): ReadonlyArray<string> =>
  Object.entries(fail.errors).flatMap(([key, messages]) => messages.map((message) => `${printable(key)}: ${message}`))

/** What else there is to say of a user: there was nothing to do, or there are warnings. */
const remarkTexts = (verdict: Verdict, index: number): ReadonlyArray<string> =>
  [...(verdict._tag === 'NoOp' ? [verdictText(verdict)] : []), ...warningTexts(verdict)].map(
    (text) => `users.${index}: ${text}`
  )

/** A line for each error and remark, then a heading and a table. */
export const usersText = (report: UsersReport, heading: string): string => {
  const { verdicts, successful, fail } = report
  const count = (tag: Verdict['_tag']): number => verdicts.filter((verdict) => verdict._tag === tag).length
  const lines = [...errorTexts(report), ...verdicts.flatMap(remarkTexts)]
  const warned = verdicts.filter((verdict) => warningTexts(verdict).length > 0).length
  const table = countTable(heading, [
    ['users', verdicts.length],
    ['successful', successful.count],
    ['  applied', count('Applied')],
    ['  nothing to do', count('NoOp')],
    ['failed', fail.count],
    ...(warned > 0 ? [['with warnings', warned] as const] : [])
  ])
  return `${lines.map((line) => `${line}\n`).join('')}${lines.length > 0 ? '\n' : ''}${table}`
}
