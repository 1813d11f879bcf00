/**
 * Reasons why a line is not applied: a code, a path in the line, and a sentence. Neither path nor sentence contains a value of
 * the line or a key of free data, which may be personal. Codes are stable, sentences are not.
 */

/** The sentence for each code. */
export const rejectionMessages = {
  SYNTAX_ERROR: 'the text is not valid JSON',
  SKIPPED: 'the line follows a broken command, and may be a part of it',
  BYTE_ORDER_MARK: 'a byte order mark (U+FEFF) precedes the command; it is allowed only at the start of the input',
  EXPECTED_NDJSON: 'NDJSON is expected: one object a line, no array around them and no commas between them',
  NOT_AN_OBJECT: 'a command must be a JSON object',
  LINE_TOO_LARGE: 'the command is longer than the limit',
  TOO_DEEP: 'arrays and objects are nested deeper than the limit',
  TOO_MANY_VALUES: 'the text has more values than the limit',
  BAD_TEXT: 'text must be well-formed Unicode without the NUL character',
  DUPLICATE_KEY: 'a key occurs twice in one object, so that its value is ambiguous',
  BAD_NUMBER: 'a number is out of range, or an integer has more digits than a number can keep; send it as text',
  NOT_JSON: 'the value is not JSON',
  MISSING_FIELD: 'a required field is missing',
  BAD_FIELD: 'the field has the wrong type or is empty',
  IDENTIFIER_TOO_LONG: 'the identifier is longer than 512 characters',
  BLOCKED_VALUE: 'the value is a placeholder, which the policy blockedValues does not accept as an identifier',
  BAD_COMPARTMENT_ID: 'a compartment id is a non-negative whole number, or text of up to 40 digits',
  BAD_USER_AGENT_ID: 'the text is not a user agent id',
  UNSUPPORTED_TYPE: 'this document does not accept identifiers of that type',
  UNSUPPORTED_OPERATION: 'the operation is unknown',
  MISSING_IDENTIFIER: 'the line has no identifier; exactly one is required',
  MULTIPLE_IDENTIFIERS: 'the line has more than one identifier',
  INCOMPLETE_IDENTIFIER: 'compartment_id requires a user_account_id',
  NO_DEFAULT_COMPARTMENT: 'the line names no compartment, and no default compartment is configured',
  UNKNOWN_COMPARTMENT: 'the compartment is not among the configured ones',
  UNKNOWN_REGISTRY: 'the registry is not among the configured ones',
  MISSING_FORCE_REPLACE: 'force_replace is mandatory for an UPSERT',
  CONFLICTING_FIELDS: 'two fields name different merge strategies',
  UNEXPECTED_PROPERTIES:
    'a DELETE removes a whole profile: its body may only name the profile; PARTIAL_DELETE removes properties',
  MISSING_SEGMENT: 'the line names no segment; segment_id or segment_technical_name is required',
  MULTIPLE_SEGMENTS: 'the line names a segment both by id and by technical name',
  QUARANTINED: 'the user point is in quarantine: additions are rejected, deletions are accepted',
  TOO_MANY_IDENTIFIERS: 'the user point would have more identifiers than the policy limits allows',
  TOO_MANY_ATTACHMENTS:
    'the user point would have more profiles, segments, scenarios and choices than the policy limits allows',
  PROFILE_TOO_LARGE: 'the profile would be larger than the policy limits allows',
  ARRAY_TOO_LONG: 'an array of the profile would be longer than the policy limits allows',
  UNKNOWN_DEVICE_POINT: 'the device point does not exist; only the store creates ids of device points',
  UNKNOWN_USER_POINT: 'the user point does not exist; only the store creates ids of user points',
  DEVICE_POINT_NOT_ALLOWED: 'device point ids (udp:) are not allowed here and reject the whole job',
  UNSUPPORTED_SYSTEM_VERSION: 'the datamart is too old for this document',
  MISSING_IDENTITY: 'a user point id or an identifier is required',
  ARRAY_EXPECTED: 'an array is expected here',
  REQUIRED: 'a required field is missing or empty',
  INVALID_EMAIL: 'not a valid email address',
  INVALID_PHONE_NUMBER: 'not a valid phone number',
  INVALID_UUID: 'a uuid must be text',
  UNKNOWN_IDENTIFIER: 'no identifier of that name is configured',
  NO_VALID_IDENTIFIER: 'no valid identifier',
  IDENTIFIER_CONFLICT: 'the identifiers lead to different user points',
  IDENTIFIER_ATTRIBUTE: 'the attribute is an identifier; delete it as an identifier',
  SOLE_IDENTIFIER: 'the only identifier of a user point cannot be deleted',
  IDENTIFIER_TAKEN: 'the new identifier belongs to another user point',
  SAME_IDENTIFIER: 'the old and the new identifier are the same',
  ONE_IDENTIFIER: 'exactly one old and one new identifier are required',
  NOT_AN_ARRAY: 'the attribute is not an array, so no value can be removed from it',
  EVENTS_NOT_SUPPORTED: 'events are not kept by this library',
  SUPPRESSED: 'an identifier of the line is suppressed: its person was erased, and must not come back (L-37)',
  NO_SUPPRESSION: 'this engine has no key for keyed claims, so it cannot suppress identifiers',
  REFUSED_BY_STORE: 'the store refuses this line; its log has the reason',
  INVALID_EVENT_NAME: 'invalid event name',
  MISSING_EVENT_PARAMETER: 'the event lacks a required parameter',
  JOB_REJECTED: 'not applied: other lines reject the whole job'
} as const

export type RejectionCode = keyof typeof rejectionMessages

export interface Rejection {
  readonly _tag: 'Rejected'
  readonly code: RejectionCode
  /** The place in the line, such as `user_profile.$compartment_id` or `identifiers[1].type`; absent: the line as a whole. */
  readonly path?: string
  readonly message: string
}

/** A place in a line: keys and positions, from the outside in. */
export type LinePath = ReadonlyArray<string | number>

// Other text may be an address or a name.
const word = /^[\p{L}\p{M}\p{N}_$-]{1,64}$/u

/** Returns a sender's own name for a message: the name if it is one word of at most 64 characters, else `*`. */
export const shownName = (name: string): string => (word.test(name) ? name : '*')

/**
 * Returns a path that shows the keys of the dialect, and `*` instead of every other key, which may be an address.
 *
 * @param fields The dialect's field names.
 */
export const shownPath = (path: LinePath, fields: ReadonlySet<string> = new Set()): LinePath =>
  path.map((key) => (typeof key === 'number' || fields.has(key) ? key : '*'))

const longestPath = 200
// What is nested too deep has a path of as many parts, nearly all of them `*`.
const mostPartsOfDeep = 8

const segment = (key: string | number): string => (typeof key === 'number' ? `[${key}]` : `.${shownName(key)}`)

const pathText = (path: LinePath, most: number): string => {
  const text = path.slice(0, most).map(segment).join('').replace(/^\./, '')
  if (text.length > longestPath) return `${text.slice(0, longestPath).toWellFormed()}…`
  return path.length > most ? `${text}…` : text
}

/** Returns the rejection with this code, at this place of the line. */
export const rejection = (code: RejectionCode, path: LinePath = []): Rejection => ({
  _tag: 'Rejected',
  code,
  ...(path.length > 0 && { path: pathText(path, code === 'TOO_DEEP' ? mostPartsOfDeep : path.length) }),
  message: rejectionMessages[code]
})
