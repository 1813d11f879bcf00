import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Claimed } from '../../src/domain/identifier.ts'
import { claimsOf } from '../../src/domain/claims.ts'
import { law } from '../laws/law.ts'
import { same } from '../laws/predicates.ts'
import { account, agent, email, given, key, now, profile, userPoint } from './given.ts'
import { byId, byName, choice, named, scenario, segment, wholePerson } from './whole-person.ts'

const associate = (first: Claimed, ...rest: ReadonlyArray<Claimed>) =>
  ({ _tag: 'Associate', references: [first, ...rest] }) as const

describe('merging', () => {
  const old = wholePerson('p1', {
    createdAt: 10,
    emails: ['h1'],
    named: [['email', 'a@x.y']],
    segments: [
      segment(byId('vip'), { createdAt: 30, modifiedAt: 30, dataBag: 'old' }),
      segment(byId('mine'), { expiresAt: now + 1 }),
      segment(byId('ended'), { expiresAt: now })
    ],
    scenarios: [scenario('welcome', { createdAt: 30, modifiedAt: 30 }), scenario('mine')],
    choices: [choice('ads', { from: 'old' }, { createdAt: 20, modifiedAt: 90 }), choice('mine')],
    mergedAt: [1]
  })
  const young = wholePerson('p2', {
    createdAt: 20,
    accounts: [['1', 'a']],
    devices: { 'udp:1': ['vec:1'] },
    named: [['uuid', 'u']],
    segments: [segment(byName('vip')), segment(byId('vip'), { createdAt: 40, modifiedAt: 41, dataBag: 'young' })],
    scenarios: [scenario('welcome', { createdAt: 20, modifiedAt: 20 }), scenario('theirs')],
    choices: [choice('ads', { from: 'young' }, { createdAt: 10, modifiedAt: 80 }), choice('theirs')],
    mergedAt: [2]
  })

  it('[A-38] everything of all is the survivor’s, and all that led to the others leads to it', () => {
    const world = given(old, young)
    expect(world.when(associate(email('h1'), account('1', 'a'))).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'Associated', userPoint: 'p1', userPointCreated: false, merged: ['p2'], lost: 2 }
    })
    const point = world.get(userPoint('p1'))
    expect(point.named.map(({ name, value }) => [name, value])).toEqual([
      ['email', 'a@x.y'],
      ['uuid', 'u']
    ])
    expect(point.segments.map(({ naming, segment: name }) => [naming, name])).toEqual([
      ['Id', 'vip'],
      ['Id', 'mine'],
      ['TechnicalName', 'vip']
    ])
    expect(point.scenarios.map((each) => each.scenario)).toEqual(['welcome', 'mine', 'theirs'])
    expect(point.choices.map((each) => each.processing)).toEqual(['ads', 'mine', 'theirs'])
    expect(point.mergedAt.toSorted((a, b) => a - b)).toEqual([1, 2, now])
    expect(world.find(userPoint('p2'))?.id, '[A-42]').toBe('p1')
    for (const each of [email('h1'), account('1', 'a'), agent('vec:1'), named('email', 'a@x.y'), named('uuid', 'u')]) {
      expect(world.find(each)?.id).toBe('p1')
    }
    const writes = world.pending()
    expect(writes.find(({ id }) => id === 'p1')?.claim.toSorted()).toEqual(
      [...claimsOf(young.point), 'user_point:p2'].toSorted()
    )
    expect(writes.find(({ id }) => id === 'p2')?.release.toSorted()).toEqual(claimsOf(young.point).toSorted())
  })

  it('[A-38, A-43, A-44] of two at one key the one that was written or made last stands, and the earlier creation is kept', () => {
    const world = given(old, young)
    world.when(associate(email('h1'), account('1', 'a')))
    const point = world.get(userPoint('p1'))
    expect(point.segments[0]).toEqual({
      naming: 'Id',
      segment: 'vip',
      createdAt: 30,
      modifiedAt: 41,
      dataBag: 'young'
    })
    expect(point.scenarios[0]).toEqual({ scenario: 'welcome', createdAt: 20, modifiedAt: 30 })
    expect(point.choices[0]).toEqual({
      processing: 'ads',
      chosenAt: 50,
      createdAt: 10,
      modifiedAt: 90,
      properties: { from: 'old' }
    })
  })

  // Times from a small range, so that there are ties.
  const time = fc.integer({ min: 1, max: 3 })
  const someone = (n: number) =>
    fc.tuple(time, time, time, time, time).map(([createdAt, profiled, segmented, entered, chose]) =>
      wholePerson(`p${n}`, {
        createdAt,
        emails: [`h${n}`],
        named: [['uuid', `u${n}`]],
        profiles: [profile(key('0'), { from: n }, { modifiedAt: profiled })],
        segments: [segment(byId('vip'), { modifiedAt: segmented, dataBag: n })],
        scenarios: [scenario('welcome', { createdAt: entered, modifiedAt: entered })],
        choices: [choice('ads', { from: n }, { modifiedAt: chose })]
      })
    )
  const people = fc.tuple(...[1, 2, 3, 4].map(someone))

  law(
    '[A-38] what becomes of several depends neither on the order in which a line names them nor on that of the store',
    fc.tuple(
      people,
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 })
    ),
    ([some, stored, asked]) => {
      const outcome = (storeOrder: ReadonlyArray<number>, lineOrder: ReadonlyArray<number>) => {
        const world = given(...storeOrder.flatMap((n) => some[n] ?? []))
        const [first, ...rest] = lineOrder.map((n) => email(`h${n + 1}`))
        if (first === undefined) throw new Error('nobody')
        const { verdict } = world.when(associate(first, ...rest))
        return { verdict, point: world.get(email('h1')) }
      }
      return same(outcome([0, 1, 2, 3], [0, 1, 2, 3]), outcome(stored, asked))
    }
  )
})

describe('DeleteUserPoint', () => {
  it('[A-19] counts what went: identifiers, device points, profiles, segments, scenarios and choices', () => {
    const world = given(
      wholePerson('p1', {
        accounts: [['1', 'a']],
        emails: ['h1', 'h2'],
        devices: { 'udp:1': ['vec:1', 'vec:2'], 'udp:2': [] },
        named: [['uuid', 'u']],
        profiles: [profile(key('0'), {})],
        segments: [segment(byId('a')), segment(byId('b'), { expiresAt: 1 })],
        scenarios: [scenario('a'), scenario('b'), scenario('c')],
        choices: [choice('a'), choice('b'), choice('c'), choice('d')]
      })
    )
    expect(world.when({ _tag: 'DeleteUserPoint', reference: named('uuid', 'u') }).verdict).toEqual({
      _tag: 'Applied',
      effect: {
        _tag: 'UserPointDeleted',
        userPoint: 'p1',
        identifiers: 6,
        devicePoints: 2,
        profiles: 1,
        segments: 1,
        scenarios: 3,
        choices: 4
      }
    })
    expect(world.pending()[0]?.release).toHaveLength(8)
    for (const each of [email('h1'), agent('vec:2'), named('uuid', 'u'), userPoint('p1')]) {
      expect(world.find(each)).toBeUndefined()
    }
  })
})
