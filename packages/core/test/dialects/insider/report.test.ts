import { describe, expect, it } from 'vitest'
import { warningMessages } from '../../../src/command/decoded.ts'
import { reportOf, warningsAsMessages } from '../../../src/dialects/insider/report.ts'
import { type Rejection, type RejectionCode, rejection, rejectionMessages } from '../../../src/command/rejection.ts'

const errorsOf = (...rejections: ReadonlyArray<Rejection>) => {
  const [first] = rejections
  if (first === undefined) throw new Error('no rejection')
  const fine = { verdict: { _tag: 'NoOp', reason: 'UNCHANGED' }, rejections: [] } as const
  return reportOf([fine, fine, fine, { verdict: first, rejections }], []).fail.errors
}

const keysOf = (code: RejectionCode, ...path: ReadonlyArray<string | number>) =>
  Object.keys(errorsOf(rejection(code, path)))

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
      if (code === 'MISSING_EVENT_PARAMETER') continue
      for (const messages of Object.values(errorsOf(rejection(code))))
        expect(messages).toEqual([rejectionMessages[code]])
    }
  })

  it('[B-30] errors of events have the attested keys; one key may have several messages', () => {
    const parameter = (name: string) => rejection('MISSING_EVENT_PARAMETER', ['events', 0, 'event_params', name])
    expect(
      errorsOf(
        parameter('event_group_id'),
        parameter('unit_sale_price'),
        rejection('INVALID_EVENT_NAME', ['events', 12, 'event_name'])
      )
    ).toEqual({
      'users.3.events.0.event_params.*.required': [
        'event_group_id parameter is required on purchase event',
        'unit_sale_price parameter is required on purchase event'
      ],
      'users.3.events.12.event_name.*.regexp(^[a-z0-9][a-zA-Z0-9._-]*$)': ['invalid event name']
    })
  })

  it('[B-32] an attribute that identifies has a key of its own path', () => {
    expect(keysOf('INVALID_EMAIL', 'attributes', 'email')).toEqual(['users.3.attributes.email.invalid_email'])
  })

  it('[B-33] warnings are messages by path and code: those of users, and those of the request', () => {
    const verdict = {
      _tag: 'Rejected',
      code: 'NOT_AN_ARRAY',
      message: '',
      warnings: [{ code: 'NOT_AN_ARRAY', path: 'tags' }]
    } as const
    expect(reportOf([{ verdict, rejections: [verdict] }], [{ code: 'UNKNOWN_FIELD', path: 'skip' }]).warnings).toEqual({
      'skip.unknown_field': [warningMessages.UNKNOWN_FIELD],
      'users.0.tags.not_an_array': [warningMessages.NOT_AN_ARRAY]
    })
    expect(warningsAsMessages([])).toEqual({})
  })
})
