/** Reports on requests for several users, as JSON and as text. */
import type { Verdict } from '@userpoint/core'
import type { Messages, UsersReport } from '@userpoint/core/insider'
import { printable } from './failure.ts'
import { countTable } from './report-table.ts'
import { verdictFields } from './verdict-line.ts'
import { verdictText } from './verdict-text.ts'

/** Returns the report as one line of JSON. */
export const usersLine = ({ verdicts, successful, fail, warnings }: UsersReport): string =>
  JSON.stringify({
    users: verdicts.length,
    successful: successful.count,
    fail: { count: fail.count, errors: fail.errors },
    ...(Object.keys(warnings).length > 0 && { warnings }),
    verdicts: verdicts.map((verdict, index) => ({ index, ...verdictFields(verdict) }))
  })

const textsOf = (messages: Messages): ReadonlyArray<string> =>
  Object.entries(messages).flatMap(([key, each]) => each.map((message) => `${printable(key)}: ${message}`))

/** Returns a line for each error, no-op and warning, then a heading and a table. */
export const usersText = async (report: UsersReport, heading: string): Promise<string> => {
  const { verdicts, successful, fail, warnings } = report
  const count = (tag: Verdict['_tag']): number => verdicts.filter((verdict) => verdict._tag === tag).length
  const lines = [
    ...textsOf(fail.errors),
    ...verdicts.flatMap((verdict, index) =>
      verdict._tag === 'NoOp' ? [`users.${index}: ${verdictText(verdict)}`] : []
    ),
    ...textsOf(warnings).map((text) => `warning: ${text}`)
  ]
  const warned = verdicts.filter((verdict) => (verdict.warnings ?? []).length > 0).length
  const table = await countTable(heading, [
    ['users', verdicts.length],
    ['successful', successful.count],
    ['  applied', count('Applied')],
    ['  no-op', count('NoOp')],
    ['failed', fail.count],
    ...(warned > 0 ? [['with warnings', warned] as const] : [])
  ])
  return `${lines.map((line) => `${line}\n`).join('')}${lines.length > 0 ? '\n' : ''}${table}`
}
