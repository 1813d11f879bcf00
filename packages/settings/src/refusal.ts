/** The faults of settings, by path, without any value of them. */
import type { z } from 'zod'

/**
 * The kind of a fault; stable. `NOT_JSON`: of a file as a whole. `DUPLICATE_KEY`: of an object in a file.
 * `UNKNOWN_SETTING`: no setting has this name. `MISSING`, `WRONG_TYPE`, `WRONG_VALUE`, `REPEATED`: of one setting.
 */
export type SettingsIssueCode =
  | 'NOT_JSON'
  | 'DUPLICATE_KEY'
  | 'UNKNOWN_SETTING'
  | 'MISSING'
  | 'WRONG_TYPE'
  | 'WRONG_VALUE'
  | 'REPEATED'

/** One fault in settings. It holds no value of them. */
export interface SettingsIssue {
  readonly code: SettingsIssueCode
  /** The place, such as `identity.identifiers[0].name`; empty: the settings as a whole. */
  readonly path: string
  /** The line where the text is no JSON any more, from 1, if that is known. */
  readonly line?: number
  /** The expected value, in words. */
  readonly expected: string
}

/** Returns a fault as one line of text. */
export const issueText = ({ code, path, line, expected }: SettingsIssue): string => {
  const place = line === undefined ? path : `line ${line}`
  return `${place === '' ? '' : `${place}: `}expected ${expected} (${code})`
}

/** Thrown for settings that are wrong. Its message names the first fault, without any value. */
export class SettingsRefused extends TypeError {
  override readonly name = 'SettingsRefused'
  /** Every fault that was found. */
  readonly issues: ReadonlyArray<SettingsIssue>

  constructor(issues: ReadonlyArray<SettingsIssue>) {
    super(issues.map(issueText).join('; '))
    this.issues = issues
  }
}

/** Control characters of a key could move a terminal's cursor or start a new line. */
const printable = (key: string): string =>
  key.slice(0, 80).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)

type Path = ReadonlyArray<PropertyKey>

/** Returns a path as one text, without control characters. */
export const pathText = (path: Path): string =>
  path.reduce<string>((whole, key) => {
    if (typeof key === 'number') return `${whole}[${key}]`
    return `${whole}${whole === '' ? '' : '.'}${printable(String(key))}`
  }, '')

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, key) => (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key], value)

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

const codeOf = (issue: z.core.$ZodIssue, settings: unknown): SettingsIssueCode => {
  if (issue.code === 'custom' && issue.params?.['repeated'] === true) return 'REPEATED'
  const value = valueAt(settings, issue.path)
  if (value === undefined) return 'MISSING'
  if (issue.code === 'invalid_type') return 'WRONG_TYPE'
  // Words are texts, so another value has the wrong type.
  if (issue.code === 'invalid_value' && typeOf(value) !== 'string') return 'WRONG_TYPE'
  return 'WRONG_VALUE'
}

const issuesFrom = (issue: z.core.$ZodIssue, settings: unknown): ReadonlyArray<SettingsIssue> => {
  const expected = issue.message
  if (issue.code !== 'unrecognized_keys')
    return [{ code: codeOf(issue, settings), path: pathText(issue.path), expected }]
  // A token could stand where a name should.
  if (issue.path[0] === 'tokens')
    return [{ code: 'UNKNOWN_SETTING', path: pathText(issue.path), expected: 'sha256 alone' }]
  return issue.keys.map((key) => ({ code: 'UNKNOWN_SETTING', path: pathText([...issue.path, key]), expected }))
}

/** Returns the refusal of settings that the schema does not take. */
export const refusalOf = ({ issues }: z.core.$ZodError, settings: unknown): SettingsRefused =>
  new SettingsRefused(issues.flatMap((issue) => issuesFrom(issue, settings)))
