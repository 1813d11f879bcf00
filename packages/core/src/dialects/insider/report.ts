/** Reports of rejected users, in Insider's words: a map from a path and a rule to messages. */
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

/** Returns the rejection with Insider's sentence. */
export const inInsidersWords = (rejection: Rejection): Rejection => ({
  ...rejection,
  message: sentences[rejection.code] ?? rejection.message
})

/** Returns the errors of a user that was rejected. */
export const userErrors = (index: number, { code, path, message }: Rejection): ReadonlyArray<UserError> => {
  const keys = attested[code] ?? [[...(path === undefined ? [] : [path]), rules[code] ?? code.toLowerCase()].join('.')]
  return keys.map((key) => ({ key: `users.${index}.${key}`, message }))
}
