import { describe, expect, it } from 'vitest'
import type { UpsertUser } from '../../src/command/command.ts'
import type { UserPointId } from '../../src/domain/identifier.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { shallowMerge } from '../../src/domain/patch.ts'
import { email, given, key, now, profile, userPoint } from './given.ts'
import { byId, named, segment, wholePerson } from './whole-person.ts'

const mail = (value: string) => named('email', value)
const uuid = (value: string) => named('uuid', value)

const upsert = (identifiers: UpsertUser['identifiers'], fields: Partial<UpsertUser> = {}): UpsertUser => ({
  _tag: 'UpsertUser',
  userPoint: undefined,
  identifiers,
  limits: new Map(),
  key: key('0'),
  patch: shallowMerge({ name: 'Ada' }),
  ...fields
})

const ada = wholePerson('p1', {
  createdAt: 10,
  emails: ['h1'],
  named: [['email', 'a@x.y']],
  profiles: [profile(key('0'), { city: 'Lund' })]
})
const bob = wholePerson('p2', { createdAt: 20, named: [['uuid', 'b']], segments: [segment(byId('vip'))] })

describe('UpsertUser', () => {
  it('creates a user point with all the identifiers if all are unknown', () => {
    const world = given()
    expect(world.when(upsert([mail('a@x.y'), uuid('u')])).verdict).toEqual({
      _tag: 'Applied',
      effect: {
        _tag: 'UserUpserted',
        userPoint: 'new-1',
        userPointCreated: true,
        profileCreated: true,
        merged: [],
        lost: 0
      }
    })
    expect(world.get(uuid('u'))).toMatchObject({
      createdAt: now,
      named: [
        { name: 'email', value: 'a@x.y', createdAt: now },
        { name: 'uuid', value: 'u', createdAt: now }
      ],
      profiles: [{ compartment: '0', createdAt: now, modifiedAt: now, properties: { name: 'Ada' } }]
    })
  })

  it('patches the one they lead to, and gives it what it has not yet', () => {
    const world = given(ada)
    expect(world.when(upsert([mail('a@x.y'), uuid('u')])).verdict).toMatchObject({
      effect: { userPoint: 'p1', userPointCreated: false, profileCreated: false, merged: [] }
    })
    expect(world.get(email('h1'))).toMatchObject({
      named: [
        { name: 'email', value: 'a@x.y', createdAt: 10 },
        { name: 'uuid', value: 'u', createdAt: now }
      ],
      profiles: [{ createdAt: 100, modifiedAt: now, properties: { city: 'Lund', name: 'Ada' } }]
    })
  })

  it('makes one of several that the limits allow: the oldest survives and has everything', () => {
    const world = given(ada, bob)
    expect(world.when(upsert([uuid('b'), mail('a@x.y')], { limits: new Map([['email', 1]]) })).verdict).toEqual({
      _tag: 'Applied',
      effect: {
        _tag: 'UserUpserted',
        userPoint: 'p1',
        userPointCreated: false,
        profileCreated: false,
        merged: ['p2'],
        lost: 0
      }
    })
    expect(world.get(uuid('b'))).toMatchObject({ segments: bob.point.segments, mergedAt: [now] })
    expect(world.find(userPoint('p2'))?.id, '[A-42]').toBe('p1')
  })

  it('leaves them apart where a name would then have too many values: the first identifier decides', () => {
    const cy = wholePerson('p3', {
      named: [
        ['email', 'c@x.y'],
        ['uuid', 'c']
      ]
    })
    const world = given(ada, cy)
    const { verdict } = world.when(upsert([uuid('c'), mail('a@x.y')], { limits: new Map([['email', 1]]) }))
    expect(verdict).toEqual({
      _tag: 'Applied',
      effect: {
        _tag: 'UserUpserted',
        userPoint: 'p3',
        userPointCreated: false,
        profileCreated: true,
        merged: [],
        lost: 0
      },
      warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED', path: 'identifiers.email' }]
    })
    expect(world.find(mail('a@x.y'))).toEqual(ada)
    expect(world.get(uuid('c')).named).toEqual(cy.point.named)
  })

  it('takes no identifier from another, even where the limits leave room for it', () => {
    const cy = wholePerson('p3', { named: [['uuid', 'c']] })
    const both = wholePerson('p4', {
      named: [
        ['email', 'd@x.y'],
        ['uuid', 'd']
      ]
    })
    const world = given(cy, both)
    const command = upsert([uuid('c'), mail('d@x.y'), named('card', '1')], { limits: new Map([['uuid', 1]]) })
    expect(world.when(command).verdict).toMatchObject({
      effect: { userPoint: 'p3', merged: [] },
      warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED', path: 'identifiers.email' }]
    })
    expect(world.find(mail('d@x.y'))).toEqual(both)
    expect(world.find(named('card', '1'))?.id).toBe('p3')
  })

  it('attaches no more values of a name than its limit', () => {
    const world = given(ada)
    const limits = new Map([['email', 2]])
    const attached = (value: string) =>
      world.when(upsert([mail('a@x.y'), uuid(value)], { limits, identifiers: [mail(value), mail('a@x.y')] })).verdict
    expect(attached('second@x.y')).not.toHaveProperty('warnings')
    expect(attached('third@x.y')).toMatchObject({
      effect: { userPoint: 'p1' },
      warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED', path: 'identifiers.email' }]
    })
    expect(world.get(email('h1')).named.map(({ value }) => value)).toEqual(['a@x.y', 'second@x.y'])
    expect(world.find(mail('third@x.y'))).toBeUndefined()
  })

  it('[B-04] a user point that is named itself must be there, and the identifiers lead to no other', () => {
    const world = given(ada, bob)
    const known = { userPoint: 'p1' as UserPointId }
    expect(world.when(upsert([uuid('b')], known))).toMatchObject({
      verdict: { code: 'IDENTIFIER_CONFLICT' },
      changes: []
    })
    expect(world.when(upsert([mail('a@x.y')], known)).verdict).toMatchObject({
      effect: { userPoint: 'p1', merged: [] }
    })
    expect(world.when(upsert([], known)).verdict).toMatchObject({ effect: { userPoint: 'p1' } })
    expect(world.when(upsert([uuid('new')], known)).verdict).toMatchObject({ effect: { userPoint: 'p1' } })
    expect(world.find(uuid('new'))?.id).toBe('p1')
  })

  it('[B-05] an unknown id fails the user; with identifiers beside it, those decide', () => {
    const world = given(ada, bob)
    const stale = { userPoint: 'p9' as UserPointId }
    expect(world.when(upsert([], stale))).toMatchObject({
      verdict: { _tag: 'Rejected', code: 'UNKNOWN_USER_POINT', path: 'user_point_id' },
      changes: []
    })
    const warnings = [{ code: 'UNKNOWN_USER_POINT', path: 'user_point_id' }]
    expect(world.when(upsert([uuid('b')], stale)).verdict).toMatchObject({ effect: { userPoint: 'p2' }, warnings })
    expect(world.when(upsert([uuid('new')], stale)).verdict).toMatchObject({
      effect: { userPoint: 'new-1', userPointCreated: true },
      warnings
    })
    expect(world.find(userPoint('p9'))).toBeUndefined()
  })

  it('[B-32] attaches identifiers that do not say who is meant, if no user point has them and the limits leave room', () => {
    const world = given(ada, bob)
    const attach = [mail('a@x.y'), mail('b@x.y'), mail('c@x.y'), named('card', '1')]
    expect(world.when(upsert([uuid('b')], { attach, limits: new Map([['email', 1]]) })).verdict).toMatchObject({
      effect: { userPoint: 'p2', merged: [] },
      warnings: [
        { code: 'IDENTIFIER_NOT_ATTACHED', path: 'attributes.email' },
        { code: 'IDENTIFIER_NOT_ATTACHED', path: 'attributes.email' }
      ]
    })
    expect(world.get(uuid('b')).named.map(({ value }) => value)).toEqual(['b', 'b@x.y', '1'])
    expect(world.find(mail('a@x.y'))).toEqual(ada)
    expect(world.when(upsert([uuid('b')], { attach: [mail('b@x.y')] })).verdict).not.toHaveProperty('warnings')
  })

  it('[A-38] what becomes of several does not depend on the order of the identifiers', () => {
    const people = (['p1', 'p2', 'p3'] as const).map((id, n) =>
      wholePerson(id, {
        createdAt: 10 + n,
        named: [['uuid', id]],
        profiles: [profile(key('0'), { from: id }, { modifiedAt: n === 0 ? 1 : 50 })]
      })
    )
    const merged = (...ids: ReadonlyArray<string>) => {
      const world = given(...people)
      world.when(upsert(ids.map(uuid), { patch: shallowMerge({}) }))
      return world.get(uuid('p1'))
    }
    expect(merged('p3', 'p1', 'p2')).toEqual(merged('p1', 'p2', 'p3'))
    expect(merged('p3', 'p2', 'p1').profiles[0]?.properties).toEqual({ from: 'p2' })
  })
  it('gives a new user no more values of a name than its limit either: the first ones', () => {
    const world = given()
    const limits = new Map([['email', 1]])
    expect(world.when(upsert([mail('a@x.y'), mail('b@x.y'), uuid('u')], { limits })).verdict).toMatchObject({
      effect: { userPoint: 'new-1', userPointCreated: true, merged: [] },
      warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED', path: 'identifiers.email' }]
    })
    expect(world.get(uuid('u')).named.map(({ value }) => value)).toEqual(['a@x.y', 'u'])
  })

  it('counts the values of each name by themselves', () => {
    const cy = wholePerson('p3', {
      named: [
        ['email', 'c@x.y'],
        ['uuid', 'c']
      ]
    })
    const world = given(ada, cy)
    const limits = new Map([
      ['email', 1],
      ['card', 1]
    ])
    expect(world.when(upsert([uuid('c'), mail('a@x.y'), named('card', '1')], { limits })).verdict).toMatchObject({
      effect: { userPoint: 'p3' },
      warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED', path: 'identifiers.email' }]
    })
    expect(world.find(named('card', '1'))?.id).toBe('p3')
  })

  it('of users that become one each property has the value of the profile modified last, objects key by key', () => {
    const someone = (id: string, modifiedAt: number, properties: JsonObject) =>
      wholePerson(id, { named: [['uuid', id]], profiles: [profile(key('0'), properties, { modifiedAt })] })
    const world = given(
      someone('p1', 10, { a: 1, b: 1, tags: [1], custom: { x: 1, y: 1 } }),
      someone('p2', 30, { b: 2, custom: { y: 2 } }),
      someone('p3', 20, { b: 3, c: 3, tags: [3] })
    )
    world.when(upsert(['p1', 'p2', 'p3'].map(uuid), { patch: shallowMerge({ d: 4 }) }))
    expect(world.get(uuid('p1')).profiles).toMatchObject([
      profile(key('0'), { a: 1, b: 2, c: 3, d: 4, tags: [3], custom: { x: 1, y: 2 } }, { modifiedAt: now })
    ])
  })

  it('of users that become one none needs to have that profile', () => {
    const someone = (id: string, account: string) =>
      wholePerson(id, { named: [['uuid', id]], profiles: [profile(key('0', account), { of: id })] })
    const world = given(someone('p1', 'a'), someone('p2', 'b'))
    expect(world.when(upsert(['p1', 'p2'].map(uuid))).verdict).toMatchObject({ effect: { profileCreated: true } })
    expect(world.get(uuid('p1')).profiles).toEqual([
      profile(key('0', 'a'), { of: 'p1' }),
      profile(key('0', 'b'), { of: 'p2' }),
      profile(key('0'), { name: 'Ada' }, { createdAt: now, modifiedAt: now })
    ])
  })
})
