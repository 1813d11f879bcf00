import { describe, expect, it } from 'vitest'
import { momentOf } from '../../src/domain/moment.ts'
import { deepMerge, deletion, type Patch, put, shallowMerge } from '../../src/domain/patch.ts'
import { account, agent, device, email, given, key, now, person, profile, userPoint } from './given.ts'

const upsert = (
  reference: ReturnType<typeof email | typeof account | typeof agent | typeof device>,
  patch: Patch,
  at = key('0')
) => ({ _tag: 'UpsertProfile', reference, key: at, patch }) as const

const ada = person('p1', {
  accounts: [['1', 'ada']],
  devices: { 'udp:1': ['vec:1'] },
  profiles: [profile(key('0'), { a: 1, kept: { x: 1 } }, { createdAt: 50, modifiedAt: 60 })]
})

describe('UpsertProfile on a profile that is there', () => {
  it.each([account('1', 'ada'), agent('vec:1'), device('udp:1')])('[A-15] is reached by %j', (reference) => {
    const world = given(ada)
    const { verdict } = world.when(upsert(reference, shallowMerge({ a: 2 })))
    expect(verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'ProfileUpserted', userPoint: 'p1', userPointCreated: false, profileCreated: false }
    })
    const [before] = ada.point.profiles
    expect(world.get(userPoint('p1'))).toEqual({
      ...ada.point,
      profiles: [
        {
          ...profile(key('0'), { a: 2, kept: { x: 1 } }, { createdAt: 50, modifiedAt: now }),
          parts: { at: before?.writtenAt, in: { a: momentOf(now) } }
        }
      ]
    })
  })

  it('[A-25] keeps its creation, also under force_replace, and is modified now', () => {
    for (const patch of [put({ b: 1 }), shallowMerge({ b: 1 }), deepMerge({ b: 1 }, 'concat')]) {
      const world = given(ada)
      world.when(upsert(account('1', 'ada'), patch))
      expect(world.get(account('1', 'ada')).profiles).toMatchObject([{ createdAt: 50, modifiedAt: now }])
    }
  })

  it('[A-27] with an empty body: replace empties it, a merge touches the timestamp only', () => {
    const world = given(ada)
    expect(world.when(upsert(account('1', 'ada'), shallowMerge({}))).verdict._tag).toBe('Applied')
    expect(world.get(account('1', 'ada')).profiles).toEqual([
      {
        ...ada.point.profiles[0],
        modifiedAt: now,
        writtenAt: momentOf(now),
        parts: { at: ada.point.profiles[0]?.writtenAt }
      }
    ])
    world.when(upsert(account('1', 'ada'), put({})))
    expect(world.get(account('1', 'ada')).profiles).toMatchObject([{ properties: {} }])
  })

  it('[A-12] changes the profile at its key only', () => {
    const keys = [key('0'), key('0', 'ada'), key('1'), key('1', 'ada')]
    const profiles = keys.map((at, i) => profile(at, { n: i }))
    for (const [i, at] of keys.entries()) {
      const world = given(person('p1', { emails: ['h1'], profiles }))
      world.when(upsert(email('h1'), put({ changed: true }), at))
      const after = world.get(email('h1')).profiles
      expect(after.map((each) => each.properties)).toEqual(
        profiles.map((each, j) => (i === j ? { changed: true } : each.properties))
      )
    }
  })

  it('stays, empty, where the patch leaves nothing', () => {
    const world = given(ada)
    for (const patch of [deletion, put('text'), put([1])]) {
      world.when(upsert(account('1', 'ada'), patch))
      expect(world.get(account('1', 'ada')).profiles).toMatchObject([{ properties: {} }])
    }
  })
})

describe('UpsertProfile without an existing profile', () => {
  it('[A-12] adds a profile at a key of its own to the user point that is there', () => {
    const world = given(ada)
    const { verdict } = world.when(upsert(account('1', 'ada'), shallowMerge({ b: 1 }), key('1', 'crm')))
    expect(verdict).toMatchObject({ effect: { userPointCreated: false, profileCreated: true } })
    expect(world.get(account('1', 'ada')).profiles).toEqual([
      ...ada.point.profiles,
      profile(key('1', 'crm'), { b: 1 }, { createdAt: now, modifiedAt: now })
    ])
    // The profile's account is a key, and no identifier of the user point.
    expect(world.find(account('1', 'crm'))).toBeUndefined()
  })

  it.each([account('1', 'eve'), email('h9')])('[A-14] an unknown %j starts a user point', (reference) => {
    const world = given(ada)
    const { verdict, changes } = world.when(upsert(reference, deepMerge({ tags: [1] }, 'union')))
    expect(verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'ProfileUpserted', userPoint: 'new-1', userPointCreated: true, profileCreated: true }
    })
    expect(changes).toHaveLength(1)
    const { accounts, emailHashes, ...rest } = world.get(reference)
    expect([...accounts, ...emailHashes]).toEqual([
      reference._tag === 'Account'
        ? { compartment: '1', accountId: 'eve', createdAt: now }
        : { hash: 'h9', createdAt: now }
    ])
    expect(rest).toEqual({
      createdAt: now,
      devicePoints: [],
      named: [],
      profiles: [profile(key('0'), { tags: [1] }, { createdAt: now, modifiedAt: now })],
      segments: [],
      scenarios: [],
      choices: [],
      mergedAt: [],
      formerIds: []
    })
  })

  it('[A-14] an unknown technical id starts a user point with a device point', () => {
    const world = given()
    world.when(upsert(agent('vec:7'), put({})))
    expect(world.find(agent('vec:7'))).toMatchObject({
      id: 'new-1',
      point: { devicePoints: [{ id: 'udp:new-1', createdAt: now, agents: [{ id: 'vec:7', createdAt: now }] }] }
    })
    expect(world.find(device('udp:new-1'))?.id).toBe('new-1')
  })

  it('[A-14, A-15] an unknown device point starts nothing, because only the store mints its id', () => {
    const world = given(ada)
    expect(world.when(upsert(device('udp:7'), put({})))).toMatchObject({
      verdict: { _tag: 'Rejected', code: 'UNKNOWN_DEVICE_POINT', path: 'user_agent_id' },
      changes: []
    })
    expect(world.pending()).toEqual([])
  })

  it('[A-31] the next command sees it', () => {
    const world = given()
    world.when(upsert(email('h1'), shallowMerge({ a: 1 })))
    const { verdict } = world.when(upsert(email('h1'), shallowMerge({ b: 2 })))
    expect(verdict).toMatchObject({ effect: { userPoint: 'new-1', userPointCreated: false, profileCreated: false } })
    expect(world.get(email('h1')).profiles).toMatchObject([{ properties: { a: 1, b: 2 } }])
  })
})
