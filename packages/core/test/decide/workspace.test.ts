import { describe, expect, it } from 'vitest'
import { put, shallowMerge } from '../../src/domain/patch.ts'
import { claimChanges, claimsOf } from '../../src/domain/claims.ts'
import { account, agent, device, email, given, key, person, profile, userPoint, type World } from './given.ts'
import { wholePerson } from './whole-person.ts'

const upsert = (hash: string) =>
  ({ _tag: 'UpsertProfile', reference: email(hash), key: key('0'), patch: put({ a: 1 }) }) as const

/** Returns the writes in short form: version read, `put` or `delete`, claims taken and released. */
const written = (world: World) =>
  Object.fromEntries(
    world.pending().map(({ id, expected, point, claim, release }) => [
      id,
      {
        expected,
        does: point === undefined ? 'delete' : 'put',
        claim: [...claim].sort(),
        release: [...release].sort()
      }
    ])
  )

describe('a workspace', () => {
  it('finds what was loaded, by every reference', () => {
    const ada = person('p1', { accounts: [['1', 'ada']], emails: ['h1'], devices: { 'udp:1': ['vec:1'] } })
    const world = given(ada)
    for (const reference of [account('1', 'ada'), email('h1'), agent('vec:1'), device('udp:1'), userPoint('p1')]) {
      expect(world.find(reference)).toEqual(ada)
    }
    expect(world.find(userPoint('p2'))).toBeUndefined()
    expect(world.find(email('1:ada'))).toBeUndefined()
    expect(world.find(userPoint('__proto__'))).toBeUndefined()
  })

  it('has nothing to write where nothing changed', () => {
    const world = given(person('p1', { emails: ['h1'] }))
    world.when({ _tag: 'DeleteIdentifier', identifier: email('h9') })
    world.when({ _tag: 'Associate', references: [email('h1')] })
    expect(world.pending()).toEqual([])
  })

  it('writes a changed user point once, with the version it was read at', () => {
    const world = given(person('p1', { emails: ['h1'] }), person('p2', { emails: ['h2'] }))
    world.when(upsert('h1'))
    world.when(upsert('h1'))
    expect(written(world)).toEqual({ p1: { expected: 3, does: 'put', claim: [], release: [] } })
    expect(world.pending()[0]?.point).toEqual(world.get(email('h1')))
  })

  it('[L-13] finds every claim that comes or goes with a list of identifiers', () => {
    const { point } = wholePerson('p1', { accounts: [['1', 'a']], emails: ['h'], devices: { 'udp:1': ['vec:1'] } })
    expect(claimChanges(point, { ...point, profiles: [], segments: [] })).toEqual({ old: [], current: [] })
    for (const list of ['accounts', 'emailHashes', 'devicePoints', 'named'] as const) {
      const without = { ...point, [list]: [] }
      const gone = claimsOf(point).filter((claim) => !claimsOf(without).includes(claim))
      expect(claimChanges(point, without), list).toEqual({ old: gone, current: [] })
      expect(claimChanges(without, point), list).toEqual({ old: [], current: gone })
    }
  })

  it('writes a new user point with no version, and takes each of its claims once', () => {
    const world = given()
    world.when({ _tag: 'Associate', references: [email('h1'), account('1', 'ada'), agent('vec:1')] })
    expect(written(world)).toEqual({
      'new-1': {
        expected: 0,
        does: 'put',
        claim: ['account:1:ada', 'agent:udp:new-1', 'agent:vec:1', 'email_hash:h1'],
        release: []
      }
    })
  })

  it('gives back the claims of a deleted user point, all of them', () => {
    const world = given(person('p1', { accounts: [['1', 'ada']], emails: ['h1'], devices: { 'udp:1': ['vec:1'] } }))
    world.when({ _tag: 'DeleteUserPoint', reference: email('h1') })
    expect(written(world)).toEqual({
      p1: {
        expected: 3,
        does: 'delete',
        claim: [],
        release: ['account:1:ada', 'agent:udp:1', 'agent:vec:1', 'email_hash:h1']
      }
    })
  })

  it('gives back what a deleted user point held when it was read, not what it had since', () => {
    const world = given(person('p1', { emails: ['h1', 'h2'] }))
    world.when({ _tag: 'Associate', references: [email('h1'), email('h3')] })
    world.when({ _tag: 'DeleteIdentifier', identifier: email('h2') })
    world.when({ _tag: 'DeleteUserPoint', reference: email('h3') })
    expect(written(world)).toEqual({
      p1: { expected: 3, does: 'delete', claim: [], release: ['email_hash:h1', 'email_hash:h2'] }
    })
  })

  it('forgets a user point that was created and deleted', () => {
    const world = given()
    world.when(upsert('h1'))
    world.when({ _tag: 'DeleteUserPoint', reference: email('h1') })
    expect(world.pending()).toEqual([])
    expect(world.find(userPoint('new-1'))).toBeUndefined()
  })

  it('moves the claims of a merge to the survivor', () => {
    const world = given(person('p1', { createdAt: 1, emails: ['h1'] }), person('p2', { createdAt: 2, emails: ['h2'] }))
    world.when({ _tag: 'Associate', references: [email('h2'), email('h1')] })
    expect(written(world)).toEqual({
      p1: { expected: 3, does: 'put', claim: ['email_hash:h2', 'user_point:p2'], release: [] },
      p2: { expected: 3, does: 'delete', claim: [], release: ['email_hash:h2'] }
    })
  })

  it('moves them on through a second merge, and leads every reference to the end of it', () => {
    const world = given(
      person('p1', { createdAt: 1, emails: ['h1'] }),
      person('p2', { createdAt: 2, emails: ['h2'] }),
      person('p3', { createdAt: 3, emails: ['h3'] })
    )
    world.when({ _tag: 'Associate', references: [email('h3'), email('h2')] })
    world.when({ _tag: 'Associate', references: [email('h3'), email('h1')] })
    expect(written(world)).toEqual({
      p1: {
        expected: 3,
        does: 'put',
        claim: ['email_hash:h2', 'email_hash:h3', 'user_point:p2', 'user_point:p3'],
        release: []
      },
      p2: { expected: 3, does: 'delete', claim: [], release: ['email_hash:h2'] },
      p3: { expected: 3, does: 'delete', claim: [], release: ['email_hash:h3'] }
    })
    expect(['h1', 'h2', 'h3'].map((hash) => world.find(email(hash))?.id)).toEqual(['p1', 'p1', 'p1'])
  })

  it('a claim that was given back and taken again by another moves in one batch', () => {
    const world = given(person('p1', { emails: ['h1', 'h2'] }))
    world.when({ _tag: 'DeleteIdentifier', identifier: email('h1') })
    world.when(upsert('h1'))
    expect(written(world)).toEqual({
      p1: { expected: 3, does: 'put', claim: [], release: ['email_hash:h1'] },
      'new-1': { expected: 0, does: 'put', claim: ['email_hash:h1'], release: [] }
    })
    expect(world.find(email('h1'))?.id).toBe('new-1')
    expect(world.find(email('h2'))?.id).toBe('p1')
  })

  it('a claim that was given back and taken again by the same is not mentioned', () => {
    const world = given(person('p1', { emails: ['h1', 'h2'] }))
    world.when({ _tag: 'DeleteIdentifier', identifier: email('h1') })
    world.when({ _tag: 'Associate', references: [email('h2'), email('h1')] })
    expect(written(world)).toEqual({ p1: { expected: 3, does: 'put', claim: [], release: [] } })
  })

  it('a user point that was deleted and started anew is two documents', () => {
    const world = given(person('p1', { emails: ['h1'] }))
    world.when({ _tag: 'DeleteUserPoint', reference: email('h1') })
    world.when(upsert('h1'))
    expect(written(world)).toEqual({
      p1: { expected: 3, does: 'delete', claim: [], release: ['email_hash:h1'] },
      'new-1': { expected: 0, does: 'put', claim: ['email_hash:h1'], release: [] }
    })
  })

  it('a new user point that is merged away leaves no trace but its claims', () => {
    const world = given(person('p1', { createdAt: 1, emails: ['h1'] }))
    world.when({ _tag: 'Associate', references: [email('h2'), agent('vec:2')] })
    world.when({ _tag: 'Associate', references: [email('h2'), email('h1')] })
    expect(written(world)).toEqual({
      p1: {
        expected: 3,
        does: 'put',
        claim: ['agent:udp:new-1', 'agent:vec:2', 'email_hash:h2', 'user_point:new-1'],
        release: []
      }
    })
  })

  it('gives back the claims of a deleted device point', () => {
    const world = given(person('p1', { emails: ['h1'], devices: { 'udp:1': ['vec:1', 'vec:2'] } }))
    world.when({ _tag: 'DeleteDevicePoint', device: agent('vec:2') })
    expect(written(world)).toEqual({
      p1: { expected: 3, does: 'put', claim: [], release: ['agent:udp:1', 'agent:vec:1', 'agent:vec:2'] }
    })
  })

  it('[A-42] keeps the claim of a device point that was joined to another, and those of its technical ids', () => {
    const world = given(person('p1', { devices: { 'udp:1': ['vec:1'], 'udp:2': ['vec:2'] } }))
    world.when({ _tag: 'Associate', references: [agent('vec:1'), agent('vec:2')] })
    expect(written(world)).toEqual({ p1: { expected: 3, does: 'put', claim: [], release: [] } })
    world.when({ _tag: 'DeleteDevicePoint', device: device('udp:2') })
    expect(written(world)['p1']?.release).toEqual(['agent:udp:1', 'agent:udp:2', 'agent:vec:1', 'agent:vec:2'])
  })

  it('[A-31] each command sees what those before it did', () => {
    const world = given(person('p1', { emails: ['h1'], profiles: [profile(key('0'), { n: 0 })] }))
    const step = (n: number) =>
      world.when({
        _tag: 'UpsertProfile',
        reference: email('h1'),
        key: key('0'),
        patch: shallowMerge({ [`n${n}`]: n })
      })
    step(1)
    world.when({ _tag: 'DeleteProfile', reference: email('h1'), scope: { _tag: 'Key', key: key('0') } })
    step(2)
    step(3)
    expect(world.get(email('h1')).profiles).toMatchObject([{ properties: { n2: 2, n3: 3 } }])
  })
})
