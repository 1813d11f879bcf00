import { describe, expect, it } from 'vitest'
import type { AnonymiseUser } from '../../src/command/command.ts'
import { deletion, within } from '../../src/domain/patch.ts'
import { email, given, key, now, profile, userPoint } from './given.ts'
import { named, wholePerson } from './whole-person.ts'

const anonymise = (fields: Partial<AnonymiseUser> = {}): AnonymiseUser => ({
  _tag: 'AnonymiseUser',
  reference: email('h1'),
  names: ['email', 'phone_number'],
  key: key('0'),
  patch: within(new Map([['name', deletion]])),
  ...fields
})

const ada = wholePerson('p1', {
  emails: ['h1'],
  named: [
    ['email', 'a@x.y'],
    ['email', 'b@x.y'],
    ['uuid', 'u']
  ],
  profiles: [profile(key('0'), { name: 'Ada', hat: 1 })]
})

describe('AnonymiseUser', () => {
  it('[B-35] deletes personal identifiers and attributes, and keeps everything else', () => {
    const world = given(ada)
    expect(world.when(anonymise()).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'UserAnonymised', userPoint: 'p1', identifiers: 2 }
    })
    expect(world.find(named('email', 'a@x.y'))).toBeUndefined()
    expect(world.get(named('uuid', 'u'))).toEqual({
      ...ada.point,
      named: [ada.point.named[2]],
      profiles: [{ ...profile(key('0'), { hat: 1 }), modifiedAt: now }]
    })
    expect(world.when(anonymise()).verdict).toEqual({ _tag: 'NoOp', reason: 'UNCHANGED' })
  })

  it('[B-35] deletes the last identifier too', () => {
    const bob = wholePerson('p2', { named: [['email', 'bob@x.y']] })
    const world = given(bob)
    expect(world.when(anonymise({ reference: named('email', 'bob@x.y') })).verdict).toMatchObject({
      effect: { userPoint: 'p2', identifiers: 1 }
    })
    expect(world.get(userPoint('p2')).named).toEqual([])
    expect(world.find(named('email', 'bob@x.y'))).toBeUndefined()
  })

  it('[B-35] warns if other profiles remain', () => {
    const both = wholePerson('p1', {
      emails: ['h1'],
      profiles: [profile(key('0'), { name: 'A' }), profile(key('7'), { name: 'A' })]
    })
    const world = given(both)
    const warnings = [{ code: 'OTHER_PROFILES', path: 'profiles' }]
    expect(world.when(anonymise()).verdict).toMatchObject({ effect: { identifiers: 0 }, warnings })
    expect(world.get(email('h1')).profiles).toEqual([
      { ...profile(key('0'), {}), modifiedAt: now },
      profile(key('7'), { name: 'A' })
    ])
    expect(world.when(anonymise()).verdict).toEqual({ _tag: 'NoOp', reason: 'UNCHANGED', warnings })
  })

  it('[B-35] a missing user is a no-op, and identifiers of several users reject it', () => {
    const bob = wholePerson('p2', { named: [['uuid', 'b']] })
    expect(given(bob).when(anonymise())).toEqual({ verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' }, changes: [] })
    const reference = {
      _tag: 'AnyOf',
      references: [email('h1'), named('uuid', 'b')],
      onConflict: 'Reject',
      decisive: false
    } as const
    expect(given(ada, bob).when(anonymise({ reference })).verdict).toMatchObject({ code: 'IDENTIFIER_CONFLICT' })
  })
})
