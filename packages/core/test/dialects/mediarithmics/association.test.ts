import { describe, expect, it } from 'vitest'
import { commandOf, faultOf, warningsOf } from './decoding.ts'

const type = 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'

describe('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', () => {
  it('takes a list of typed identifiers, in its order', () => {
    const identifiers = [
      { type: 'USER_EMAIL', hash: 'h1', email: 'ada@example.org' },
      { type: 'USER_ACCOUNT', user_account_id: 'ada' },
      { type: 'USER_AGENT', user_agent_id: 'vec:1' },
      { type: 'USER_AGENT', user_agent_id: 'udp:1' }
    ]
    expect(commandOf(type, { identifiers })).toEqual({
      _tag: 'Associate',
      references: [
        { _tag: 'EmailHash', hash: 'h1' },
        { _tag: 'Account', compartment: '0', accountId: 'ada' },
        { _tag: 'Agent', id: 'vec:1' },
        { _tag: 'DevicePoint', id: 'udp:1' }
      ]
    })
    expect(warningsOf(type, { identifiers })).toEqual([])
  })

  it('[A-08] a list that is missing, empty or none is a line error', () => {
    expect(faultOf(type, {})).toBe('MISSING_FIELD at identifiers')
    expect(faultOf(type, { identifiers: null })).toBe('MISSING_FIELD at identifiers')
    expect(faultOf(type, { identifiers: [] })).toBe('MISSING_IDENTIFIER at identifiers')
    for (const none of ['x', 1, true, {}, { type: 'USER_EMAIL', hash: 'h1' }]) {
      expect(faultOf(type, { identifiers: none })).toBe('BAD_FIELD at identifiers')
    }
  })

  it('[A-08] one bad item rejects the line, and the path names it', () => {
    const good = { type: 'USER_EMAIL', hash: 'h1' }
    const faultOfSecond = (item: unknown) => faultOf(type, { identifiers: [good, item] })
    for (const none of ['x', 1, null, [good]]) expect(faultOfSecond(none)).toBe('BAD_FIELD at identifiers[1]')
    expect(faultOfSecond({})).toBe('MISSING_FIELD at identifiers[1].type')
    expect(faultOfSecond({ type: 'USER_POINT', user_point_id: 'p1' })).toBe('UNSUPPORTED_TYPE at identifiers[1].type')
    expect(faultOfSecond({ type: 'USER_EMAIL', hash: '' })).toBe('BAD_FIELD at identifiers[1].hash')
    expect(faultOfSecond({ type: 'USER_AGENT', user_agent_id: 'x' })).toBe(
      'BAD_USER_AGENT_ID at identifiers[1].user_agent_id'
    )
  })
})
