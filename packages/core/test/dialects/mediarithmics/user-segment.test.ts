import { describe, expect, it } from 'vitest'
import { commandOf, faultOf, warningsOf } from './decoding.ts'

const type = 'USER_SEGMENT'
const update = (fields: object = {}) => ({
  operation: 'UPDATE',
  email_hash: 'h1',
  segment_id: '42',
  expiration_duration: 0,
  ...fields
})
const deletion = (fields: object = {}) => ({ operation: 'DELETE', email_hash: 'h1', segment_id: '42', ...fields })

const expiryOf = (fields: object): unknown => {
  const command = commandOf(type, update({ expiration_duration: null, ...fields }))
  if (command._tag !== 'UpdateSegment') throw new Error('not an update')
  return command.expiry
}

describe('USER_SEGMENT', () => {
  it('UPDATE makes a member, DELETE ends the membership', () => {
    expect(commandOf(type, update())).toStrictEqual({
      _tag: 'UpdateSegment',
      reference: { _tag: 'EmailHash', hash: 'h1' },
      key: { naming: 'Id', segment: '42' },
      expiry: { _tag: 'Never' }
    })
    expect(commandOf(type, deletion())).toEqual({
      _tag: 'DeleteSegment',
      reference: { _tag: 'EmailHash', hash: 'h1' },
      key: { naming: 'Id', segment: '42' }
    })
  })

  it.each(['UPSERT', 'update', 'delete', '', 1, ['UPDATE']])('[A-37] %j is no operation of it', (operation) => {
    expect(faultOf(type, update({ operation }))).toBe('UNSUPPORTED_OPERATION at operation')
  })

  it('[A-37] the operation is required', () => {
    expect(faultOf(type, update({ operation: null }))).toBe('MISSING_FIELD at operation')
  })

  it('[A-13] a line names one identifier, for any operation', () => {
    for (const line of [update, deletion]) {
      expect(faultOf(type, line({ user_agent_id: 'vec:1' }))).toBe('MULTIPLE_IDENTIFIERS')
      expect(faultOf(type, line({ email_hash: null }))).toBe('MISSING_IDENTIFIER')
      expect(faultOf(type, line({ email_hash: null, user_account_id: 'a' }))).toBe('accepted')
    }
  })

  it('[A-03] a compartment needs an account beside it', () => {
    expect(faultOf(type, update({ compartment_id: '1' }))).toBe('INCOMPLETE_IDENTIFIER at compartment_id')
  })

  it('[A-15] a device point can be named by its own id', () => {
    expect(commandOf(type, update({ email_hash: null, user_agent_id: 'udp:7' }))).toMatchObject({
      reference: { _tag: 'DevicePoint', id: 'udp:7' }
    })
  })

  it('[A-07] only what would create must be in a known compartment', () => {
    const account = { email_hash: null, compartment_id: 9, user_account_id: 'a' }
    expect(faultOf(type, update(account), { knownCompartments: [] })).toBe('UNKNOWN_COMPARTMENT at compartment_id')
    expect(faultOf(type, deletion(account), { knownCompartments: [] })).toBe('accepted')
  })
})

describe('the segment of a line', () => {
  it('is named by id, as text or a number, or by technical name; the two are never one', () => {
    const byId = commandOf(type, update({ segment_id: 42 }))
    expect(byId).toEqual(commandOf(type, update({ segment_id: '42' })))
    const byName = commandOf(type, update({ segment_id: null, segment_technical_name: '42' }))
    expect(byName).toMatchObject({ key: { naming: 'TechnicalName', segment: '42' } })
    expect(byName).not.toEqual(byId)
  })

  it('is named once', () => {
    for (const line of [update, deletion]) {
      expect(faultOf(type, line({ segment_technical_name: 'vip' }))).toBe('MULTIPLE_SEGMENTS')
      expect(faultOf(type, line({ segment_id: null }))).toBe('MISSING_SEGMENT')
    }
  })

  it.each(['', 1.5, true, [], {}, 'x'.repeat(513), 1e300])('%j is no name of one', (value) => {
    const code = typeof value === 'string' && value !== '' ? 'IDENTIFIER_TOO_LONG' : 'BAD_FIELD'
    expect(faultOf(type, update({ segment_id: value }))).toBe(`${code} at segment_id`)
    expect(faultOf(type, deletion({ segment_id: null, segment_technical_name: value }))).toBe(
      `${code} at segment_technical_name`
    )
  })
})

describe('the end of a membership', () => {
  it('is so many minutes from the moment it is applied, or a moment, and 0 in either is never', () => {
    expect(expiryOf({ expiration_duration: 90 })).toEqual({ _tag: 'After', milliseconds: 5_400_000 })
    expect(expiryOf({ expiration_duration: 0 })).toEqual({ _tag: 'Never' })
    expect(expiryOf({ expiration_ts: 1_700_000_000_000 })).toEqual({ _tag: 'At', moment: 1_700_000_000_000 })
    expect(expiryOf({ expiration_ts: 0 })).toEqual({ _tag: 'Never' })
  })

  it('is the moment where both are given, with a warning', () => {
    for (const expiration_duration of [0, 60]) {
      const both = { expiration_duration, expiration_ts: 5 }
      expect(expiryOf(both)).toEqual({ _tag: 'At', moment: 5 })
      expect(warningsOf(type, update(both))).toEqual(['IGNORED_FIELD at expiration_duration'])
    }
    expect(warningsOf(type, update({ expiration_ts: null }))).toEqual([])
    expect(warningsOf(type, update({ expiration_duration: null, expiration_ts: 5 }))).toEqual([])
  })

  it('is at most the last moment that a date can name, or a thousand years from now', () => {
    const [last, longest] = [8_640_000_000_000_000, 525_960_000]
    expect(expiryOf({ expiration_ts: last })).toEqual({ _tag: 'At', moment: last })
    expect(faultOf(type, update({ expiration_ts: last + 1 }))).toBe('BAD_FIELD at expiration_ts')
    expect(expiryOf({ expiration_duration: longest })).toEqual({ _tag: 'After', milliseconds: longest * 60_000 })
    expect(faultOf(type, update({ expiration_duration: longest + 1 }))).toBe('BAD_FIELD at expiration_duration')
  })

  it('is mandatory on UPDATE', () => {
    expect(faultOf(type, update({ expiration_duration: null }))).toBe('MISSING_FIELD at expiration_duration')
  })

  it('is a moment also as digits in a text; a duration is a number', () => {
    expect(commandOf(type, update({ expiration_ts: '60' }))).toEqual(commandOf(type, update({ expiration_ts: 60 })))
    expect(faultOf(type, update({ expiration_duration: '60' }))).toBe('BAD_FIELD at expiration_duration')
  })

  it.each(['60s', -1, 0.5, true, [60], {}, 1e300])('%j is invalid', (value) => {
    expect(faultOf(type, update({ expiration_duration: value }))).toBe('BAD_FIELD at expiration_duration')
    expect(faultOf(type, update({ expiration_ts: value }))).toBe('BAD_FIELD at expiration_ts')
    // A DELETE does not read it.
    expect(faultOf(type, deletion({ expiration_duration: value, expiration_ts: value }))).toBe('accepted')
    expect(warningsOf(type, deletion({ expiration_duration: value }))).toEqual([])
  })
})

describe('data_bag', () => {
  it.each([{ score: 1 }, [1], 'text', '', 0, false, JSON.parse('{"__proto__":{"a":1}}')])('may be %j', (data_bag) => {
    expect(commandOf(type, update({ data_bag }))).toMatchObject({ dataBag: data_bag })
  })

  it('counts as absent where it is null', () => {
    expect(commandOf(type, update({ data_bag: null }))).not.toHaveProperty('dataBag')
  })

  it('[A-08] any other field is a warning', () => {
    for (const line of [update, deletion]) {
      expect(warningsOf(type, line({ databag: 1, data_bag: 2 }))).toEqual(['UNKNOWN_FIELD at databag'])
    }
  })
})
