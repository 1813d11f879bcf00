import { describe, expect, it } from 'vitest'
import type { Claimed } from '../../src/domain/identifier.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { momentOf } from '../../src/domain/moment.ts'
import { deepMerge, put, shallowMerge } from '../../src/domain/patch.ts'
import { claimsOf } from '../../src/domain/claims.ts'
import { agent, device, email, given, key, now, person, profile, userPoint, type World } from './given.ts'
import { byId, choice, segment, wholePerson } from './whole-person.ts'

const associate = (first: Claimed, ...rest: ReadonlyArray<Claimed>) =>
  ({ _tag: 'Associate', references: [first, ...rest] }) as const
const upsert = (hash: string, patch = put({})) =>
  ({ _tag: 'UpsertProfile', reference: email(hash), key: key('0'), patch }) as const
const choose = (hash: string, chosenAt: number, properties: JsonObject, patch = put(properties)) =>
  ({ _tag: 'UpsertChoice', reference: email(hash), processing: '7', chosenAt, patch }) as const
const yes = { $choice_acceptance_value: true }
const no = { $choice_acceptance_value: false }

const propertiesIn = (world: World, hash = 'a'): unknown => world.get(email(hash)).profiles[0]?.properties

describe('profiles that join', () => {
  it('[A-45] the CRM line, the device line and the link give the same in all six orders', () => {
    const crm = upsert('crm', shallowMerge({ first_name: 'Ines', optout: true, city: 'Porto' }))
    const seen = { ...upsert('-', shallowMerge({ last_page: '/home', city: 'Lisboa' })), reference: agent('vec:77') }
    const link = associate(email('crm'), agent('vec:77'))
    const all = { crm, seen, link }
    const orders = [
      ['crm', 'seen', 'link'],
      ['crm', 'link', 'seen'],
      ['link', 'crm', 'seen'],
      ['seen', 'crm', 'link'],
      ['seen', 'link', 'crm'],
      ['link', 'seen', 'crm']
    ] as const
    for (const [i, order] of orders.entries()) {
      const world = given()
      const lost = order.map((each) => world.when(all[each]).lost?.map(({ path }) => path.join('.')) ?? [])
      expect(propertiesIn(world, 'crm')).toEqual({
        first_name: 'Ines',
        optout: true,
        last_page: '/home',
        city: i < 3 ? 'Lisboa' : 'Porto'
      })
      // A city that lost is told where it was known by then.
      expect(lost.flat()).toEqual(order[2] === 'link' ? ['profiles.0.city'] : [])
    }
  })

  it('[A-45] says how many values lost, and which', () => {
    const world = given()
    world.when(upsert('a', put({ name: 'Ines', prefs: { email: true, sms: false }, gdpr_optin: false })))
    world.when(upsert('b', put({ prefs: { email: false, phone: true }, city: 'Porto', gdpr_optin: false })))
    const { verdict, lost } = world.when(associate(email('a'), email('b')))
    expect(verdict).toMatchObject({ effect: { _tag: 'Associated', lost: 1 } })
    expect(lost).toEqual([{ path: ['profiles', 0, 'prefs', 'email'], value: true }])
    expect(propertiesIn(world)).toEqual({
      name: 'Ines',
      prefs: { email: false, sms: false, phone: true },
      gdpr_optin: false,
      city: 'Porto'
    })
  })

  it('[A-45] an object that a shallow merge put is one value, as it is where there is one profile', () => {
    for (const [first, second] of [
      ['a', 'b'],
      ['a', 'a']
    ] as const) {
      const world = given()
      world.when(upsert(first, shallowMerge({ prefs: { email: true, sms: false } })))
      world.when(upsert(second, shallowMerge({ prefs: { phone: true } })))
      world.when(upsert(second, deepMerge({ prefs: { fax: false } }, 'concat')))
      world.when(associate(email('a'), email('b')))
      expect(propertiesIn(world)).toEqual({ prefs: { phone: true, fax: false } })
    }
  })

  it('[A-45] what a replacement, a removal or a DELETE took away is not taken from the other side', () => {
    const removals = [
      upsert('a', put({ own: 1 })),
      { ...upsert('a'), _tag: 'DeleteProfile', scope: { _tag: 'Key', key: key('0') } }
    ] as const
    for (const removal of removals) {
      const world = given()
      world.when(upsert('a', put({ x: 1 })))
      world.when(upsert('b', put({ x: 2 })))
      world.when(removal)
      world.when(associate(email('a'), email('b')))
      expect(propertiesIn(world)).toMatchObject({ x: 2 })
    }
  })

  it('[A-45] a document of before moments were kept is as old as it says', () => {
    const old = person('p1', { emails: ['a'], profiles: [profile(key('0'), { x: 'old', y: 1 }, { modifiedAt: 100 })] })
    const newer = person('p2', { emails: ['b'], profiles: [profile(key('0'), { x: 'newer' }, { modifiedAt: 101 })] })
    const world = given(old, newer)
    world.when(associate(email('a'), email('b')))
    expect(propertiesIn(world)).toEqual({ x: 'newer', y: 1 })
  })

  it('[A-45] a write after a look at what is dated in the future is later all the same', () => {
    const ahead = profile(key('0'), { x: 'ahead' }, { modifiedAt: now + 1_000 })
    const world = given(person('p1', { emails: ['a'], profiles: [ahead] }))
    world.when(upsert('a', shallowMerge({ x: 'later' })))
    expect(world.get(email('a')).profiles).toMatchObject([
      { properties: { x: 'later' }, writtenAt: momentOf(now + 1_000) + 1, modifiedAt: now + 1_000 }
    ])
  })
})

describe('choices', () => {
  it('[A-43] the one that was made last stands, even if another came in later', () => {
    const world = given()
    world.when(choose('a', 1_000, yes))
    world.when(choose('a', 2_000, no))
    const before = world.get(email('a'))
    expect(world.when(choose('a', 1_000, yes))).toEqual({
      verdict: { _tag: 'NoOp', reason: 'SUPERSEDED' },
      changes: []
    })
    expect(world.get(email('a'))).toBe(before)
  })

  it('[A-43] of two that were made at one time a refusal stands, else the one that came later', () => {
    const said = (...all: ReadonlyArray<JsonObject>) => {
      const world = given()
      const verdicts = all.map((each) => world.when(choose('a', 1, each)).verdict._tag)
      return [verdicts.at(-1), world.get(email('a')).choices[0]?.properties]
    }
    expect(said(no, yes)).toEqual(['NoOp', no])
    expect(said(yes, no)).toEqual(['Applied', no])
    expect(said(no, { by: 'phone' })).toEqual(['NoOp', no])
    expect(said({ ...yes, n: 1 }, { ...yes, n: 2 })).toEqual(['Applied', { ...yes, n: 2 }])
    expect(said({ ...no, n: 1 }, { ...no, n: 2 })).toEqual(['Applied', { ...no, n: 2 }])
  })

  it('[A-43] the same holds where people become one, and the one that loses is told', () => {
    for (const [ofOld, ofYoung, stands] of [
      [choice('7', no, { chosenAt: 9 }), choice('7', yes, { chosenAt: 8, modifiedAt: 900 }), no],
      [choice('7', no, { chosenAt: 8 }), choice('7', yes, { chosenAt: 9 }), yes],
      [choice('7', yes, { chosenAt: 9, modifiedAt: 900 }), choice('7', no, { chosenAt: 9 }), no],
      [choice('7', { n: 1 }, { modifiedAt: 101 }), choice('7', { n: 2 }, { modifiedAt: 102 }), { n: 2 }]
    ] as const) {
      const world = given(
        wholePerson('p1', { createdAt: 1, emails: ['a'], choices: [ofOld] }),
        wholePerson('p2', { createdAt: 2, emails: ['b'], choices: [ofYoung] })
      )
      const { verdict, lost } = world.when(associate(email('a'), email('b')))
      expect(world.get(email('a')).choices.map((each) => each.properties)).toEqual([stands])
      expect(verdict).toMatchObject({ effect: { lost: 1 } })
      expect(lost).toMatchObject([{ path: ['choices', 0] }])
    }
  })
})

describe('memberships', () => {
  const ended = segment(byId('s'), { createdAt: 1, modifiedAt: 900, expiresAt: now, dataBag: 'ended' })
  const current = segment(byId('s'), { createdAt: 50, modifiedAt: 60, expiresAt: now + 1, dataBag: 'current' })

  it('[A-44] a current one stands against one that has ended, however new that is', () => {
    for (const [ofOld, ofYoung] of [
      [ended, current],
      [current, ended]
    ] as const) {
      const world = given(
        wholePerson('p1', { createdAt: 1, emails: ['a'], segments: [ofOld] }),
        wholePerson('p2', { createdAt: 2, emails: ['b'], segments: [ofYoung] })
      )
      expect(world.when(associate(email('a'), email('b'))).verdict).toMatchObject({ effect: { lost: 0 } })
      expect(world.get(email('a')).segments).toEqual([current])
    }
  })

  it('[A-44] an UPDATE of one that has ended begins a new one', () => {
    const world = given(wholePerson('p1', { emails: ['a'], segments: [ended] }))
    const update = { _tag: 'UpdateSegment', reference: email('a'), key: byId('s'), expiry: { _tag: 'Never' } } as const
    expect(world.when(update).verdict).toMatchObject({ effect: { segmentCreated: true } })
    expect(world.get(email('a')).segments).toEqual([{ naming: 'Id', segment: 's', createdAt: now, modifiedAt: now }])
  })

  it('[A-44] a DELETE of one that has ended removes it, since the store still has its data', () => {
    const world = given(wholePerson('p1', { emails: ['a'], segments: [ended, segment(byId('t'))] }))
    const remove = { _tag: 'DeleteSegment', reference: email('a'), key: byId('s') } as const
    expect(world.when(remove).verdict).toMatchObject({ _tag: 'Applied', effect: { _tag: 'SegmentDeleted' } })
    expect(world.get(email('a')).segments).toEqual([segment(byId('t'))])
    expect(world.when(remove).verdict).toMatchObject({ reason: 'NOT_FOUND' })
  })

  it('[A-44] of two current ones the end and the data bag are those that were written last', () => {
    const world = given(
      wholePerson('p1', {
        createdAt: 1,
        emails: ['a'],
        segments: [segment(byId('s'), { dataBag: 'bag', expiresAt: now + 9 })]
      }),
      wholePerson('p2', { createdAt: 2, emails: ['b'], segments: [segment(byId('s'), { modifiedAt: 200 })] })
    )
    const { lost } = world.when(associate(email('a'), email('b')))
    expect(world.get(email('a')).segments).toEqual([
      segment(byId('s'), { modifiedAt: 200, dataBag: 'bag', dataBagAt: momentOf(100) })
    ])
    expect(lost).toEqual([{ path: ['segments', 0, 'expiration_ts'], value: now + 9 }])
  })
})

describe('old ids', () => {
  const old = person('p1', { createdAt: 1, emails: ['a'], devices: { 'udp:1': ['vec:1'] } })
  const young = person('p2', { createdAt: 2, emails: ['b'], devices: { 'udp:2': ['vec:2'] } })
  const third = person('p3', { createdAt: 0, emails: ['c'] })

  it('[A-42] lead on, through several merges, and nowhere after an erasure', () => {
    const world = given(old, young, third)
    world.when(associate(email('a'), email('b'), agent('vec:1'), agent('vec:2')))
    world.when(associate(email('a'), email('c')))
    for (const each of [userPoint('p1'), userPoint('p2'), device('udp:1'), device('udp:2')]) {
      expect(world.find(each)?.id).toBe('p3')
    }
    const { point } = world.find(userPoint('p2')) ?? {}
    expect(point && claimsOf(point)).toEqual(expect.arrayContaining(['user_point:p1', 'user_point:p2', 'agent:udp:2']))
    expect(world.when({ _tag: 'DeleteUserPoint', reference: userPoint('p2') }).verdict).toMatchObject({
      effect: { _tag: 'UserPointDeleted', userPoint: 'p3', identifiers: 5 }
    })
    for (const each of [userPoint('p1'), userPoint('p2'), userPoint('p3'), device('udp:2')]) {
      expect(world.find(each)).toBeUndefined()
    }
  })

  it('[A-42] an absorbed device point is the one that absorbed it, in every command', () => {
    const world = given(old, young)
    world.when(associate(email('a'), email('b'), agent('vec:1'), agent('vec:2')))
    world.when({ ...upsert('-', put({ of: 'udp:2' })), reference: device('udp:2') })
    expect(propertiesIn(world)).toEqual({ of: 'udp:2' })
    expect(world.when(associate(device('udp:2'), device('udp:1'))).verdict).toMatchObject({ _tag: 'NoOp' })
    expect(world.when({ _tag: 'DeleteDevicePoint', device: device('udp:2') }).verdict).toMatchObject({
      effect: { technicalIds: 2 }
    })
    for (const each of [device('udp:1'), device('udp:2'), agent('vec:2')]) expect(world.find(each)).toBeUndefined()
  })
})
