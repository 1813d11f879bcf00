import { describe, expect, it } from 'vitest'
import { userErrors } from '../../../src/dialects/insider/report.ts'
import { type RejectionCode, rejection, rejectionMessages } from '../../../src/command/rejection.ts'

const keysOf = (code: RejectionCode, ...path: ReadonlyArray<string | number>) =>
  userErrors(3, rejection(code, path)).map(({ key }) => key)

describe('what is said of a user that was rejected', () => {
  it.each<readonly [RejectionCode, ReadonlyArray<string>]>([
    ['MISSING_IDENTITY', ['users.3.identifiers.required', 'users.3.insider_id.required']],
    ['INVALID_EMAIL', ['users.3.identifiers.*.regexp(^.+@.+\\..+$)']],
    ['INVALID_PHONE_NUMBER', ['users.3.identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)']],
    ['INVALID_UUID', ['users.3.identifiers.*.type(string)']],
    ['UNKNOWN_IDENTIFIER', ['users.3.identifiers.*.in(defaults_column)']]
  ])('[B-21] %s has the attested keys, for any path', (code, keys) => {
    expect(keysOf(code)).toEqual(keys)
    expect(keysOf(code, 'identifiers', 'x')).toEqual(keys)
  })

  it('[B-21] other rejections have a key of their path and rule', () => {
    expect(keysOf('REQUIRED', 'whole')).toEqual(['users.3.whole.required'])
    expect(keysOf('ARRAY_EXPECTED', 'partial', 'tags')).toEqual(['users.3.partial.tags.type(array)'])
    expect(keysOf('NOT_AN_ARRAY', 'tags')).toEqual(['users.3.tags.not_an_array'])
    expect(keysOf('NOT_AN_OBJECT')).toEqual(['users.3.not_an_object'])
  })

  it('[B-21] the message is that of the code', () => {
    for (const code of Object.keys(rejectionMessages) as RejectionCode[]) {
      for (const { message } of userErrors(0, rejection(code))) expect(message).toBe(rejectionMessages[code])
    }
  })
})
