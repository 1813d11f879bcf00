import { describe, expect, it } from 'vitest'
import { commandOf, faultOf } from './decoding.ts'

const ofAccount = { type: 'USER_ACCOUNT', compartment_id: 3, user_account_id: 'ada' }
const ofEmail = { type: 'USER_EMAIL', hash: 'h1' }
const ofAgent = { type: 'USER_AGENT', user_agent_id: 'vec:1' }
const ofDevice = { type: 'USER_AGENT', user_agent_id: 'udp:1' }
const ofPoint = { type: 'USER_POINT', user_point_id: 'p1' }

const account = { _tag: 'Account', compartment: '3', accountId: 'ada' }
const email = { _tag: 'EmailHash', hash: 'h1' }
const agent = { _tag: 'Agent', id: 'vec:1' }
const device = { _tag: 'DevicePoint', id: 'udp:1' }

describe('USER_IDENTIFIERS_DELETION', () => {
  const type = 'USER_IDENTIFIERS_DELETION'

  it('takes accounts, e-mail hashes and technical ids', () => {
    expect(commandOf(type, ofAccount)).toEqual({ _tag: 'DeleteIdentifier', identifier: account })
    expect(commandOf(type, ofEmail)).toEqual({ _tag: 'DeleteIdentifier', identifier: email })
    expect(commandOf(type, ofAgent)).toEqual({ _tag: 'DeleteIdentifier', identifier: agent })
  })

  it('[A-06] a device point has its own rejection, even in a line with other faults', () => {
    expect(faultOf(type, ofDevice)).toBe('DEVICE_POINT_NOT_ALLOWED at user_agent_id')
    expect(faultOf(type, { ...ofDevice, hash: 'h1', note: 1 })).toBe('DEVICE_POINT_NOT_ALLOWED at user_agent_id')
    expect(faultOf(type, ofDevice, { userAgentIds: 'strict' })).toBe('DEVICE_POINT_NOT_ALLOWED at user_agent_id')
  })

  it('[A-34] a user point is no identifier', () => {
    expect(faultOf(type, ofPoint)).toBe('UNSUPPORTED_TYPE at type')
  })
})

describe('USER_DEVICE_POINTS_DELETION', () => {
  const type = 'USER_DEVICE_POINTS_DELETION'

  it('takes device points and technical ids', () => {
    expect(commandOf(type, ofAgent)).toEqual({ _tag: 'DeleteDevicePoint', device: agent })
    expect(commandOf(type, ofDevice)).toEqual({ _tag: 'DeleteDevicePoint', device })
  })

  it('[A-08] takes no other type', () => {
    for (const line of [ofAccount, ofEmail, ofPoint]) expect(faultOf(type, line)).toBe('UNSUPPORTED_TYPE at type')
  })
})

describe('USER_POINTS_DELETION', () => {
  const type = 'USER_POINTS_DELETION'

  it('takes every identifier, a device point, and the user point itself', () => {
    expect(commandOf(type, ofAccount)).toEqual({ _tag: 'DeleteUserPoint', reference: account })
    expect(commandOf(type, ofEmail)).toEqual({ _tag: 'DeleteUserPoint', reference: email })
    expect(commandOf(type, ofAgent)).toEqual({ _tag: 'DeleteUserPoint', reference: agent })
    expect(commandOf(type, ofDevice)).toEqual({ _tag: 'DeleteUserPoint', reference: device })
    expect(commandOf(type, ofPoint)).toEqual({ _tag: 'DeleteUserPoint', reference: { _tag: 'UserPoint', id: 'p1' } })
  })
})
