/** How Insider reports users that failed: a map from a path and a rule to messages (SPEC 6.6). */
import type { Rejection, RejectionCode } from '../../command/rejection.ts'

export interface UserError {
  readonly key: string
  readonly message: string
}

// The attested keys; the vendor's own messages end with the value, which ours never say.
const attested: Readonly<Partial<Record<RejectionCode, ReadonlyArray<string>>>> = {
  MISSING_IDENTITY: ['identifiers.required', 'insider_id.required'],
  INVALID_EMAIL: ['identifiers.*.regexp(^.+@.+\\..+$)'],
  INVALID_PHONE_NUMBER: ['identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)'],
  INVALID_UUID: ['identifiers.*.type(string)'],
  UNKNOWN_IDENTIFIER: ['identifiers.*.in(defaults_column)']
}

const rules: Readonly<Partial<Record<RejectionCode, string>>> = {
  REQUIRED: 'required',
  ARRAY_EXPECTED: 'type(array)'
}

/** What is said of a user that was rejected. */
export const userErrors = (index: number, { code, path, message }: Rejection): ReadonlyArray<UserError> => {
  const keys = attested[code] ?? [[...(path === undefined ? [] : [path]), rules[code] ?? code.toLowerCase()].join('.')]
  return keys.map((key) => ({ key: `users.${index}.${key}`, message }))
}
