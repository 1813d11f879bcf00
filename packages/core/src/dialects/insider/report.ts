/** Insider's report on several users: counts, and messages by a key of path and rule (B-21, B-33). */
import { type Warning, warningMessages } from '../../command/decoded.ts'
import type { Rejection, RejectionCode } from '../../command/rejection.ts'
import type { Verdict } from '../../decide/verdict.ts'

/** Messages by keys such as `users.0.partial.list_id.type(array)`. */
export type Messages = Readonly<Record<string, ReadonlyArray<string>>>

/** The outcome of a request on several users: one verdict for each user, in order. */
export interface UsersReport {
  readonly verdicts: ReadonlyArray<Verdict>
  /** The number of users with the verdict `Applied` or `NoOp`. */
  readonly successful: { readonly count: number }
  /** The number of users that were rejected, and the reasons, in the vendor's spelling. */
  readonly fail: { readonly count: number; readonly errors: Messages }
  /** The warnings on the request and on its users, rejected or not (B-33). */
  readonly warnings: Messages
}

// The keys on the vendor's public pages. The vendor's messages end with the value, which is personal data: ours do not.
const attested: Readonly<Partial<Record<RejectionCode, ReadonlyArray<string>>>> = {
  MISSING_IDENTITY: ['identifiers.required', 'insider_id.required'],
  INVALID_EMAIL: ['identifiers.*.regexp(^.+@.+\\..+$)'],
  INVALID_PHONE_NUMBER: ['identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)'],
  INVALID_UUID: ['identifiers.*.type(string)'],
  UNKNOWN_IDENTIFIER: ['identifiers.*.in(defaults_column)']
}

const rules: Readonly<Partial<Record<RejectionCode, string>>> = {
  REQUIRED: 'required',
  ARRAY_EXPECTED: 'type(array)',
  INVALID_EVENT_NAME: '*.regexp(^[a-z0-9][a-zA-Z0-9._-]*$)'
}

// The documented sentences, with their spelling.
const sentences: Readonly<Partial<Record<RejectionCode, string>>> = {
  MISSING_IDENTITY: 'either insider_id or idenifiers must be specified',
  INVALID_PHONE_NUMBER: 'user has an invalid phone number',
  INVALID_UUID: 'uuid must be string',
  UNKNOWN_IDENTIFIER: 'key must be one of phone_number(pn), email(em) or uuid',
  SOLE_IDENTIFIER: 'you cannot delete the sole identifier specified for a user',
  IDENTIFIER_TAKEN: 'new identifier already has a user assigned to it',
  SAME_IDENTIFIER: 'identifier values are the same',
  ONE_IDENTIFIER: 'there must be exactly 1 entry for both new and old identifiers'
}

const ownPath = (path: string): string => (path === 'user_point_id' ? 'insider_id' : path)

/** Returns the rejection with Insider's sentence and name of a field. */
export const inInsidersWords = (rejection: Rejection): Rejection => ({
  ...rejection,
  ...(rejection.path !== undefined && { path: ownPath(rejection.path) }),
  message: sentences[rejection.code] ?? rejection.message
})

/** Returns the verdict with Insider's sentences and names of fields. */
export const verdictInInsidersWords = (verdict: Verdict): Verdict => {
  const own = verdict._tag === 'Rejected' ? inInsidersWords(verdict) : verdict
  if (verdict.warnings === undefined) return own
  return { ...own, warnings: verdict.warnings.map(({ code, path }) => ({ code, path: ownPath(path) })) }
}

/** Returns a path in the vendor's spelling: `events[0].event_name` is `events.0.event_name`. */
const dotted = (path: string): string => path.replace(/\[(\d+)\]/g, '.$1')

const errorsOf = ({ code, path = '', message }: Rejection): ReadonlyArray<readonly [key: string, message: string]> => {
  const own = attested[code]
  if (own !== undefined && !path.startsWith('attributes')) return own.map((key) => [key, message])
  const place = dotted(path)
  if (code === 'MISSING_EVENT_PARAMETER') {
    const end = place.lastIndexOf('.')
    return [[`${place.slice(0, end)}.*.required`, `${place.slice(end + 1)} parameter is required on purchase event`]]
  }
  return [[[...(place === '' ? [] : [place]), rules[code] ?? code.toLowerCase()].join('.'), message]]
}

const collect = (entries: ReadonlyArray<readonly [key: string, message: string]>): Messages => {
  const messages = new Map<string, string[]>()
  for (const [key, message] of entries) {
    const found = messages.get(key)
    if (found === undefined) messages.set(key, [message])
    else found.push(message)
  }
  return Object.fromEntries(messages)
}

/** Returns warnings as messages by path and code. */
export const warningsAsMessages = (warnings: ReadonlyArray<Warning>, prefix = ''): Messages =>
  collect(
    warnings.map(({ code, path }) => [`${prefix}${dotted(path)}.${code.toLowerCase()}`, warningMessages[code]] as const)
  )

/** The outcome of one user: the verdict, and for a rejected user every reason. */
export interface UserOutcome {
  readonly verdict: Verdict
  readonly rejections: ReadonlyArray<Rejection>
}

const errorsOfAll = (outcomes: ReadonlyArray<UserOutcome>): Messages => {
  const entries: Array<readonly [string, string]> = []
  for (const [index, { rejections }] of outcomes.entries())
    for (const each of rejections)
      for (const [key, message] of errorsOf(each)) entries.push([`users.${index}.${key}`, message])
  return collect(entries)
}

/** @param warnings The warnings on the request as a whole. */
export const reportOf = (outcomes: ReadonlyArray<UserOutcome>, warnings: ReadonlyArray<Warning>): UsersReport => {
  const failed = outcomes.filter(({ verdict }) => verdict._tag === 'Rejected').length
  const messages = { ...warningsAsMessages(warnings) }
  for (const [index, { verdict }] of outcomes.entries())
    if (verdict.warnings !== undefined) Object.assign(messages, warningsAsMessages(verdict.warnings, `users.${index}.`))
  return {
    verdicts: outcomes.map(({ verdict }) => verdict),
    successful: { count: outcomes.length - failed },
    fail: { count: failed, errors: errorsOfAll(outcomes) },
    warnings: messages
  }
}
