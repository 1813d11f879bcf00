/** Verdicts and reports against what a story expects, told by tag, code, path and count: never by a value of a line. */
import type { ImportReport, Json, JsonObject, Rejection, Verdict } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { difference } from '../compare.ts'
import type { DetailedVerdict, ExpectedVerdict, ImportStep } from './story.ts'

const atPath = (path: string | undefined): string => (path === undefined ? '' : ` at ${path}`)

export const rejectionText = ({ code, path }: Rejection): string => `Rejected ${code}${atPath(path)}`

const verdictText = (verdict: Verdict): string => {
  switch (verdict._tag) {
    case 'Applied':
      return 'Applied'
    case 'NoOp':
      return `NoOp ${verdict.reason}`
    case 'Rejected':
      return rejectionText(verdict)
  }
}

const detailed = (expected: ExpectedVerdict): DetailedVerdict =>
  typeof expected === 'string' ? { verdict: expected } : expected

/** Says what is wrong, and where. */
export type Complain = (what: string) => never

/** Demands the same text. What is compared is codes, paths and counts, which hold no value of a line. */
export const sameText = (expected: string, seen: string, complain: Complain): void => {
  if (expected !== seen) complain(`'${seen}' instead of '${expected}'`)
}

/** Demands this verdict, with these warnings and no others. */
export const checkVerdict = (expected: ExpectedVerdict, seen: Verdict, complain: Complain): void => {
  const { verdict, warnings = [], effect = {} } = detailed(expected)
  const text = verdictText(seen)
  const isPrefix = verdict.endsWith('…') && text.startsWith(verdict.slice(0, -1))
  if (!isPrefix) sameText(verdict, text, complain)
  sameText(
    ['with warnings', ...warnings].join(' | '),
    ['with warnings', ...(seen.warnings ?? []).map(({ code, path }) => `${code} at ${path}`)].join(' | '),
    complain
  )
  const effects: Readonly<Record<string, unknown>> = seen._tag === 'Applied' ? { ...seen.effect } : {}
  for (const [name, value] of Object.entries(effect)) {
    const found = difference(value, effects[name])
    if (found !== undefined) complain(`the effect's ${name} is another, ${found}`)
  }
}

/** Demands these verdicts, in order and number. */
export const checkVerdicts = (
  expected: ReadonlyArray<ExpectedVerdict>,
  seen: ReadonlyArray<Verdict>,
  what: string,
  complain: Complain
): void => {
  for (const [index, each] of expected.entries()) {
    const verdict = seen[index]
    const here = (text: string): never => complain(`${what} ${index + 1}: ${text}`)
    if (verdict === undefined) here('no verdict')
    else checkVerdict(each, verdict, here)
  }
  sameText(`${expected.length} verdicts`, `${seen.length} verdicts`, complain)
}

const isRejected = (expected: ExpectedVerdict): boolean => detailed(expected).verdict.startsWith('Rejected')

const codeOf = (expected: ExpectedVerdict): string => detailed(expected).verdict.split(' ')[1] ?? ''

export const countOf = (verdicts: ReadonlyArray<ExpectedVerdict>, tag: Verdict['_tag']): number =>
  verdicts.filter((each) => detailed(each).verdict.startsWith(tag)).length

/** Returns the line on which the command of each verdict starts. */
export const linesOf = (verdicts: ReadonlyArray<ExpectedVerdict>): ReadonlyArray<number> =>
  verdicts.map((each, index) => detailed(each).line ?? index + 1)

/** Returns the report of an import with these verdicts; for each code it shows the first few lines, at least one. */
const expectedReport = (
  type: DocumentType,
  { verdicts, job }: ImportStep['expect'],
  seen: ImportReport
): JsonObject => {
  const lines = linesOf(verdicts)
  const rejected = verdicts.flatMap((each, index) =>
    isRejected(each) ? [{ code: codeOf(each), line: lines[index] ?? 0 }] : []
  )
  const countsOf = (code: string): Json => {
    const all = rejected.filter((each) => each.code === code).map(({ line }) => line)
    const shown = seen.rejections.find((each) => each.code === code)?.lines.length ?? 0
    return { count: all.length, lines: all.slice(0, Math.max(1, shown)) }
  }
  return {
    type,
    status: job === undefined ? 'Completed' : 'JobRejected',
    lines: verdicts.length,
    applied: countOf(verdicts, 'Applied'),
    noOp: countOf(verdicts, 'NoOp'),
    rejected: rejected.length,
    rejections: Object.fromEntries(rejected.map(({ code }) => [code, countsOf(code)])),
    warned: verdicts.filter((each) => (detailed(each).warnings ?? []).length > 0).length,
    lastLine: lines.at(-1) ?? 0,
    job: job === undefined ? null : { ...job }
  }
}

const seenReport = (report: ImportReport): JsonObject => {
  const { rejections, jobRejection: job, ...rest } = report
  return {
    ...rest,
    rejections: Object.fromEntries(rejections.map(({ code, count, lines }) => [code, { count, lines }])),
    job: job === undefined ? null : { ...job }
  }
}

/** Demands the report that the verdicts of an import add up to. */
export const checkReport = (
  type: DocumentType,
  expected: ImportStep['expect'],
  seen: ImportReport,
  complain: Complain
): void => {
  const found = difference(expectedReport(type, expected, seen), seenReport(seen))
  if (found !== undefined) complain(`the report is another, ${found}`)
}
