import { describe, expect, it } from 'vitest'
import type { Claimed } from '../../src/domain/identifier.ts'
import { account, agent, device, email, given, givenUnder, key, now, person, profile, userPoint } from './given.ts'

const associate = (first: Claimed, ...rest: ReadonlyArray<Claimed>) =>
  ({ _tag: 'Associate', references: [first, ...rest] }) as const

describe('Associate of unknown identifiers', () => {
  it('creates one user point that has them all', () => {
    const world = given()
    const { verdict } = world.when(associate(email('h1'), account('1', 'ada'), agent('vec:1'), agent('net:9:a')))
    expect(verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'Associated', userPoint: 'new-1', userPointCreated: true, merged: [], lost: 0 }
    })
    expect(world.get(userPoint('new-1'))).toEqual({
      createdAt: now,
      accounts: [{ compartment: '1', accountId: 'ada', createdAt: now }],
      emailHashes: [{ hash: 'h1', createdAt: now }],
      devicePoints: [
        {
          id: 'udp:new-1',
          createdAt: now,
          agents: [
            { id: 'vec:1', createdAt: now },
            { id: 'net:9:a', createdAt: now }
          ]
        }
      ],
      named: [],
      profiles: [],
      segments: [],
      scenarios: [],
      choices: [],
      mergedAt: [],
      formerIds: []
    })
  })

  it('takes one that is named twice once', () => {
    const world = given()
    world.when(associate(email('h1'), agent('vec:1'), email('h1'), agent('vec:1')))
    expect(world.get(email('h1'))).toMatchObject({
      emailHashes: [{ hash: 'h1' }],
      devicePoints: [{ agents: [{ id: 'vec:1' }] }]
    })
  })

  it('[A-15] an unknown device point is rejected, with its place', () => {
    const world = given(person('p1', { emails: ['h1'] }))
    expect(world.when(associate(email('h1'), agent('vec:1'), device('udp:9')))).toMatchObject({
      verdict: { _tag: 'Rejected', code: 'UNKNOWN_DEVICE_POINT', path: 'identifiers[2].user_agent_id' },
      changes: []
    })
    expect(world.pending()).toEqual([])
  })
})

describe('Associate with one user point', () => {
  const ada = person('p1', { accounts: [['1', 'ada']], devices: { 'udp:1': ['vec:1'], 'udp:2': ['vec:2'] } })

  it('gives it what it has not yet, and keeps the rest', () => {
    const world = given(ada)
    const { verdict } = world.when(associate(email('h1'), account('1', 'ada'), account('2', 'ada')))
    expect(verdict).toMatchObject({ effect: { userPoint: 'p1', userPointCreated: false, merged: [] } })
    expect(world.get(userPoint('p1'))).toEqual({
      ...ada.point,
      accounts: [...ada.point.accounts, { compartment: '2', accountId: 'ada', createdAt: now }],
      emailHashes: [{ hash: 'h1', createdAt: now }]
    })
  })

  it('gives a new technical id a device point of its own, beside those that the line does not name', () => {
    const world = given(ada)
    world.when(associate(account('1', 'ada'), agent('vec:3')))
    expect(world.get(agent('vec:3')).devicePoints.map((each) => each.agents.map((a) => a.id))).toEqual([
      ['vec:1'],
      ['vec:2'],
      ['vec:3']
    ])
  })

  it('joins a new technical id to the device point that the line names too', () => {
    for (const known of [agent('vec:1'), device('udp:1')]) {
      const world = given(ada)
      world.when(associate(agent('vec:3'), known))
      expect(world.get(userPoint('p1')).devicePoints).toEqual([
        {
          id: 'udp:1',
          createdAt: 100,
          agents: [
            { id: 'vec:1', createdAt: 100 },
            { id: 'vec:3', createdAt: now }
          ]
        },
        ada.point.devicePoints[1]
      ])
    }
  })

  it('makes one of the device points it names; the oldest stays, ties going to the smaller id', () => {
    const world = given(ada)
    world.when(associate(agent('vec:2'), agent('vec:1')))
    expect(world.get(userPoint('p1')).devicePoints).toMatchObject([
      { id: 'udp:1', agents: [{ id: 'vec:1' }, { id: 'vec:2' }] }
    ])
    expect(world.find(device('udp:2'))?.id, '[A-42] its id leads on').toBe('p1')

    const younger = person('p1', {
      devices: { 'udp:1': ['vec:1'], 'udp:2': ['vec:2'] },
      deviceCreatedAt: { 'udp:1': 200, 'udp:2': 150 }
    })
    const other = given(younger)
    other.when(associate(agent('vec:1'), agent('vec:2')))
    expect(other.get(userPoint('p1')).devicePoints).toMatchObject([{ id: 'udp:2', createdAt: 150 }])
    expect(other.find(agent('vec:1'))?.id).toBe('p1')
  })

  it('is a no-op where it has them all in this way already', () => {
    const world = given(ada)
    const done = { verdict: { _tag: 'NoOp', reason: 'ALREADY_ASSOCIATED' }, changes: [] }
    expect(world.when(associate(account('1', 'ada'), agent('vec:1')))).toEqual(done)
    expect(world.when(associate(device('udp:1'), agent('vec:1'), account('1', 'ada')))).toEqual(done)
    expect(world.when(associate(account('1', 'ada')))).toEqual(done)
  })
})

describe('Associate with several user points', () => {
  it('[A-38] the oldest survives and has everything of all', () => {
    const old = person('p9', { createdAt: 10, emails: ['h1'], devices: { 'udp:1': ['vec:1'] } })
    const young = person('p1', {
      createdAt: 20,
      accounts: [['1', 'ada']],
      devices: { 'udp:2': ['vec:2'] },
      profiles: [profile(key('0'), { a: 1 })]
    })
    const world = given(young, old)
    const { verdict, changes } = world.when(associate(account('1', 'ada'), email('h1'), email('h2')))
    expect(verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'Associated', userPoint: 'p9', userPointCreated: false, merged: ['p1'], lost: 0 }
    })
    expect(changes.map(({ id, point }) => [id, point !== undefined])).toEqual([
      ['p9', true],
      ['p1', false]
    ])
    expect(world.get(userPoint('p9'))).toEqual({
      createdAt: 10,
      accounts: young.point.accounts,
      emailHashes: [...old.point.emailHashes, { hash: 'h2', createdAt: now }],
      devicePoints: [...old.point.devicePoints, ...young.point.devicePoints],
      named: [],
      profiles: young.point.profiles,
      segments: [],
      scenarios: [],
      choices: [],
      mergedAt: [now],
      formerIds: ['p1']
    })
    // The id of the absorbed leads on.
    for (const each of [
      userPoint('p1'),
      account('1', 'ada'),
      email('h1'),
      email('h2'),
      agent('vec:1'),
      agent('vec:2'),
      device('udp:2')
    ]) {
      expect(world.find(each)?.id).toBe('p9')
    }
  })

  it('[A-38] of two equally old ones, the one with the smaller id survives, in any order of the line', () => {
    const subjects = [
      person('p2', { emails: ['h2'] }),
      person('p1', { emails: ['h1'] }),
      person('p3', { emails: ['h3'] })
    ]
    for (const hashes of [
      ['h1', 'h2', 'h3'],
      ['h3', 'h2', 'h1'],
      ['h2', 'h3', 'h1']
    ] as const) {
      const [first, ...rest] = hashes.map(email)
      const world = given(...subjects)
      const { verdict } = world.when(associate(first as Claimed, ...rest))
      expect(verdict).toMatchObject({ effect: { userPoint: 'p1' } })
      expect(new Set(hashes.map((hash) => world.find(email(hash))?.id))).toEqual(new Set(['p1']))
    }
  })

  it('[A-38] by policy the profile that was modified last wins whole; the earliest creation is kept', () => {
    const at = key('0')
    const older = profile(at, { from: 'older', onlyOlder: 1 }, { createdAt: 5, modifiedAt: 50 })
    const newer = profile(at, { from: 'newer' }, { createdAt: 30, modifiedAt: 60 })
    for (const [ofSurvivor, ofOther] of [
      [older, newer],
      [newer, older]
    ] as const) {
      const survivor = person('p1', {
        createdAt: 1,
        emails: ['h1'],
        profiles: [ofSurvivor, profile(key('1'), { s: 1 })]
      })
      const other = person('p2', { createdAt: 2, emails: ['h2'], profiles: [profile(key('2'), { o: 1 }), ofOther] })
      const world = givenUnder({ profileMerge: 'newestWhole' }, survivor, other)
      const decision = world.when(associate(email('h2'), email('h1')))
      expect(decision.verdict).toMatchObject({ effect: { lost: 2 } })
      expect(decision.lost?.map(({ path }) => path.at(-1))).toEqual(['from', 'onlyOlder'])
      const { profiles } = world.get(email('h1'))
      expect(profiles).toHaveLength(3)
      expect(profiles).toContainEqual(profile(at, { from: 'newer' }, { createdAt: 5, modifiedAt: 60 }))
      expect(profiles).toContainEqual(profile(key('1'), { s: 1 }))
      expect(profiles).toContainEqual(profile(key('2'), { o: 1 }))
    }
  })

  it("[A-38] of two profiles that were modified in one moment, the survivor's wins", () => {
    const survivor = person('p1', { createdAt: 1, emails: ['h1'], profiles: [profile(key('0'), { of: 'survivor' })] })
    const other = person('p2', { createdAt: 2, emails: ['h2'], profiles: [profile(key('0'), { of: 'other' })] })
    const world = given(survivor, other)
    world.when(associate(email('h2'), email('h1')))
    expect(world.get(email('h1')).profiles).toMatchObject([{ properties: { of: 'survivor' } }])
  })

  it('[A-38] profiles of one compartment with and without an account do not clash', () => {
    const one = person('p1', { emails: ['h1'], profiles: [profile(key('0'), { a: 1 })] })
    const two = person('p2', { emails: ['h2'], profiles: [profile(key('0', 'ada'), { a: 2 })] })
    const world = given(one, two)
    world.when(associate(email('h1'), email('h2')))
    expect(world.get(email('h1')).profiles).toHaveLength(2)
  })

  it('joins device points of several user points that the line names by their technical ids', () => {
    const one = person('p1', { createdAt: 20, devices: { 'udp:1': ['vec:1'] } })
    const two = person('p2', { createdAt: 10, devices: { 'udp:2': ['vec:2'], 'udp:3': ['vec:3'] } })
    const world = given(one, two)
    world.when(associate(agent('vec:1'), agent('vec:2'), agent('vec:4')))
    expect(world.find(agent('vec:4'))).toMatchObject({
      id: 'p2',
      point: {
        devicePoints: [
          { id: 'udp:2', agents: [{ id: 'vec:2' }, { id: 'vec:1' }, { id: 'vec:4' }] },
          { id: 'udp:3', agents: [{ id: 'vec:3' }] }
        ]
      }
    })
    expect(world.find(device('udp:1'))?.id, '[A-42] its id leads on').toBe('p2')
  })
})
