import { describe, expect, it } from 'vitest'
import { defaultPolicies } from '../../../src/command/policies.ts'
import { decodeLine, type DocumentType } from '../../../src/dialects/mediarithmics/document.ts'
import { E } from '../../../src/fp.ts'

const policies = { ...defaultPolicies, blockedValues: ['', '0', 'null', 'vec:7'] }

const faultOf = (type: DocumentType, line: object): string => {
  const decoded = decodeLine(type, line, policies)
  return E.isRight(decoded) ? 'accepted' : `${decoded.left.code} at ${decoded.left.path}`
}

const flat = [
  ['user_account_id', 'null'],
  ['user_account_id', ' '],
  ['email_hash', 'NULL'],
  ['user_agent_id', 'vec:0'],
  ['user_agent_id', 'vec:7'],
  ['user_agent_id', 'net:9:null'],
  ['user_agent_id', 'mob:ios:raw:0']
] as const

describe('a line with a blocked value', () => {
  it.each(flat)('[A-46] is rejected if it adds: %s %j', (field, value) => {
    const who = { [field]: value }
    const fault = `BLOCKED_VALUE at ${field}`
    const upsert = { operation: 'UPSERT', ...who, force_replace: true }
    expect(faultOf('USER_PROFILE', { ...upsert, user_profile: {} })).toBe(fault)
    expect(faultOf('USER_CHOICE', { ...upsert, user_choice: { $processing_id: 'p', $choice_ts: 1 } })).toBe(fault)
    expect(faultOf('USER_SEGMENT', { operation: 'UPDATE', ...who, segment_id: 1, expiration_ts: 0 })).toBe(fault)
  })

  it.each(flat)('[A-46] is read if it removes, because it may have been stored before: %s %j', (field, value) => {
    const who = { [field]: value }
    const trim = { operation: 'UPSERT', ...who, update_strategy: 'PARTIAL_DELETE', user_profile: { a: 1 } }
    expect(faultOf('USER_PROFILE', trim)).toBe('accepted')
    expect(faultOf('USER_PROFILE', { operation: 'DELETE', ...who })).toBe('accepted')
    expect(faultOf('USER_CHOICE', { operation: 'DELETE', ...who, user_choice: { $processing_id: 'p' } })).toBe(
      'accepted'
    )
    expect(faultOf('USER_SEGMENT', { operation: 'DELETE', ...who, segment_id: 1 })).toBe('accepted')
  })

  it('[A-46] is rejected or read as a typed identifier alike', () => {
    const typed = [
      [{ type: 'USER_ACCOUNT', user_account_id: 'null' }, 'user_account_id'],
      [{ type: 'USER_EMAIL', hash: 'null' }, 'hash'],
      [{ type: 'USER_AGENT', user_agent_id: 'vec:0' }, 'user_agent_id']
    ] as const
    for (const [identifier, field] of typed) {
      const line = { identifiers: [{ type: 'USER_EMAIL', hash: 'a' }, identifier] }
      expect(faultOf('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', line)).toBe(
        `BLOCKED_VALUE at identifiers[1].${field}`
      )
      expect(faultOf('USER_IDENTIFIERS_DELETION', identifier)).toBe('accepted')
      expect(faultOf('USER_POINTS_DELETION', identifier)).toBe('accepted')
    }
    expect(faultOf('USER_DEVICE_POINTS_DELETION', { type: 'USER_AGENT', user_agent_id: 'vec:0' })).toBe('accepted')
  })

  it('[A-46] is rejected as the account of a profile, and is fine in its data', () => {
    const line = (user_profile: object) => ({ operation: 'UPSERT', email_hash: 'a', force_replace: true, user_profile })
    expect(faultOf('USER_PROFILE', line({ $user_account_id: 'null' }))).toBe(
      'BLOCKED_VALUE at user_profile.$user_account_id'
    )
    expect(faultOf('USER_PROFILE', line({ a: 'null', b: [''] }))).toBe('accepted')
  })
})
