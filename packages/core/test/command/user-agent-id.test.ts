import { describe, expect, it } from 'vitest'
import { parseUserAgentId } from '../../src/domain/user-agent-id.ts'
import { faultOf } from '../dialects/mediarithmics/decoding.ts'

type Reading = string | undefined

/** `device` for a device point, `technical` or `technical in 9` for a technical id. */
const read = (text: string, grammar: 'open' | 'strict'): Reading => {
  const parsed = parseUserAgentId(text, grammar)
  if (parsed === undefined) return undefined
  expect(parsed.id).toBe(text)
  if (parsed._tag === 'DevicePoint') return 'device'
  return parsed.registry === undefined ? 'technical' : `technical in ${parsed.registry}`
}

const table: ReadonlyArray<readonly [text: string, open: Reading, strict: Reading]> = [
  ['vec:4711', 'technical', 'technical'],
  ['vec:47a', 'technical', undefined],
  ['vec:-1', 'technical', undefined],
  ['vec:a47', 'technical', undefined],
  ['vec:', undefined, undefined],
  ['mum:any thing', 'technical', 'technical'],
  ['udp:4711', 'device', 'device'],
  ['udp:x:y', 'device', 'device'],
  ['udp:', undefined, undefined],
  ['net:9:abc', 'technical in 9', 'technical in 9'],
  ['net:09:a:b:c', 'technical in 09', 'technical in 09'],
  ['net:9:', undefined, undefined],
  ['net:abc', undefined, undefined],
  ['net:x:abc', undefined, undefined],
  ['net:x9:abc', undefined, undefined],
  ['net::abc', undefined, undefined],
  ['ins:12:a', 'technical in 12', 'technical in 12'],
  ['ins:a', undefined, undefined],
  ['mob:ios:raw:A-B', 'technical', 'technical'],
  ['mob:and:raw:a:b', 'technical', 'technical'],
  ['mob:ios:raw:', undefined, undefined],
  ['mob:ios:raw', undefined, undefined],
  ['mob:i0s:raw:a', undefined, undefined],
  ['tv:abc', 'technical', undefined],
  ['custom12:a:b', 'technical', undefined],
  ['vec:line\nbreak', 'technical', undefined],
  ['zz:\u{1f600}', 'technical', undefined],
  // A scheme has two to eight lower-case letters and digits, and starts with a letter.
  ['v:1', undefined, undefined],
  ['ninechars:1', undefined, undefined],
  ['1vec:1', undefined, undefined],
  ['VEC:1', undefined, undefined],
  ['Vec:1', undefined, undefined],
  [' vec:1', undefined, undefined],
  ['vec :1', undefined, undefined],
  ['vec', undefined, undefined],
  [':1', undefined, undefined],
  ['', undefined, undefined],
  ['vec:\u0000', undefined, undefined],
  ['vec:\ud800', undefined, undefined]
]

describe('user agent ids', () => {
  it.each(table)('[A-30] %j is read as %j in the open grammar, %j in the strict one', (text, open, strict) => {
    expect(read(text, 'open')).toBe(open)
    expect(read(text, 'strict')).toBe(strict)
  })

  it('[A-08] an invalid one rejects the line under the strict policy', () => {
    const line = (user_agent_id: string) => ({ type: 'USER_AGENT', user_agent_id })
    const type = 'USER_POINTS_DELETION'
    expect(faultOf(type, line('no agent'))).toBe('BAD_USER_AGENT_ID at user_agent_id')
    expect(faultOf(type, line('tv:abc'))).toBe('accepted')
    expect(faultOf(type, line('tv:abc'), { userAgentIds: 'strict' })).toBe('BAD_USER_AGENT_ID at user_agent_id')
    const upsert = { operation: 'UPSERT', user_agent_id: 'vec:x', force_replace: true, user_profile: {} }
    expect(faultOf('USER_PROFILE', upsert)).toBe('accepted')
    expect(faultOf('USER_PROFILE', upsert, { userAgentIds: 'strict' })).toBe('BAD_USER_AGENT_ID at user_agent_id')
    const identifiers = [line('vec:1'), line('tv:abc')]
    expect(faultOf('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers }, { userAgentIds: 'strict' })).toBe(
      'BAD_USER_AGENT_ID at identifiers[1].user_agent_id'
    )
  })
})
