import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUserPoint } from '../../../src/dialects/mediarithmics/user-point.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import { key, person, profile } from '../../decide/given.ts'
import { law } from '../../laws/law.ts'

describe('a user point as JSON', () => {
  it('has its identifiers, each with the fields of its type', () => {
    const ada = person('p1', {
      accounts: [['0', 'ada']],
      emails: ['h1'],
      devices: { 'udp:1': ['vec:1', 'net:9:a'] }
    })
    expect(encodeUserPoint(ada)).toEqual({
      user_point_id: 'p1',
      identifiers: [
        { type: 'USER_ACCOUNT', compartment_id: '0', user_account_id: 'ada' },
        { type: 'USER_EMAIL', hash: 'h1' },
        { type: 'USER_AGENT', user_agent_id: 'vec:1', device_point_id: 'udp:1' },
        { type: 'USER_AGENT', user_agent_id: 'net:9:a', device_point_id: 'udp:1' }
      ],
      profiles: []
    })
  })

  it('[A-18] shows a device point that has no technical id left under its own', () => {
    expect(encodeUserPoint(person('p1', { devices: { 'udp:1': [] } }))['identifiers']).toEqual([
      { type: 'USER_AGENT', user_agent_id: 'udp:1', device_point_id: 'udp:1' }
    ])
  })

  it('[A-26] shows the key of a profile: the compartment always, the account where there is one', () => {
    const times = { createdAt: 5, modifiedAt: 6 }
    const profiles = [
      profile(key('0'), { city: 'Lund' }, times),
      profile(key('7', 'ada'), { $other: 1, tags: [null] }, times)
    ]
    expect(encodeUserPoint(person('p1', { profiles }))['profiles']).toStrictEqual([
      { $compartment_id: '0', $creation_ts: 5, $last_modified_ts: 6, city: 'Lund' },
      {
        $compartment_id: '7',
        $user_account_id: 'ada',
        $creation_ts: 5,
        $last_modified_ts: 6,
        $other: 1,
        tags: [null]
      }
    ])
  })

  it('shows __proto__ and its like as the plain keys they are', () => {
    const text = '{"__proto__":{"a":1},"constructor":2,"":3}'
    const encoded = encodeUserPoint(person('p1', { profiles: [profile(key('0'), JSON.parse(text) as JsonObject)] }))
    expect(JSON.stringify(encoded)).toContain('"__proto__":{"a":1},"constructor":2,"":3')
  })

  const names = fc.oneof(
    fc.constantFrom(
      '$compartment_id',
      '$user_account_id',
      '$creation_ts',
      '$last_modified_ts',
      '$',
      '__proto__',
      '',
      '7'
    ),
    fc.string()
  )
  law(
    '[A-26] lets no property replace a system field, and keeps every other one, in its order',
    fc.tuple(fc.dictionary(names, fc.jsonValue()), fc.option(fc.constant('ada'))),
    ([given, account]) => {
      const properties = JSON.parse(JSON.stringify(given)) as JsonObject
      const where = account === null ? key('7') : key('7', account)
      const system = {
        $compartment_id: '7',
        ...(account !== null && { $user_account_id: account }),
        $creation_ts: 5,
        $last_modified_ts: 6
      }
      const subject = person('p1', { profiles: [profile(where, properties, { createdAt: 5, modifiedAt: 6 })] })
      const [encoded] = encodeUserPoint(subject)['profiles'] as ReadonlyArray<JsonObject>
      return JSON.stringify(encoded) === JSON.stringify({ ...system, ...properties, ...system })
    }
  )
})
