import { describe, expect, it } from 'vitest'
import type { UserPointId } from '../../src/domain/identifier.ts'
import { device, email, given, key, now, profile, userPoint } from './given.ts'
import { byId, choice, named, scenario, segment, wholePerson } from './whole-person.ts'

const collect = (id: string) => ({ _tag: 'CollectUserPoint', id: id as UserPointId }) as const

const kept = { verdict: { _tag: 'NoOp', reason: 'STILL_NEEDED' }, changes: [] }

describe('CollectUserPoint', () => {
  it('[A-16] removes one without a profile and a segment, with all its other data and identifiers', () => {
    const world = given(
      wholePerson('p1', {
        emails: ['h1'],
        accounts: [['1', 'a']],
        devices: { 'udp:1': ['vec:1'] },
        named: [['email', 'a@b.c']],
        scenarios: [scenario('welcome')],
        choices: [choice('ads')]
      })
    )
    expect(world.when(collect('p1'))).toEqual({
      verdict: { _tag: 'Applied', effect: { _tag: 'UserPointCollected', userPoint: 'p1' } },
      changes: [{ id: 'p1', point: undefined }]
    })
    for (const reference of [email('h1'), device('udp:1'), named('email', 'a@b.c'), userPoint('p1')]) {
      expect(world.find(reference)).toBeUndefined()
    }
  })

  it('[A-16] keeps one without identifiers that has a profile or a segment', () => {
    const world = given(
      wholePerson('p1', { profiles: [profile(key('0'), {})] }),
      wholePerson('p2', { segments: [segment(byId('vip'))] })
    )
    expect(world.when(collect('p1'))).toEqual(kept)
    expect(world.when(collect('p2'))).toEqual(kept)
  })

  it.each([
    [now - 1, false],
    [now, false],
    [now + 1, true]
  ])('[A-16] a segment that ends at %i keeps it: %j', (expiresAt, keeps) => {
    const world = given(wholePerson('p1', { emails: ['h1'], segments: [segment(byId('vip'), { expiresAt })] }))
    expect(world.when(collect('p1')).verdict._tag).toBe(keeps ? 'NoOp' : 'Applied')
  })

  it('[A-16] one segment that goes on is enough beside those that have ended', () => {
    const segments = [segment(byId('a'), { expiresAt: 1 }), segment(byId('b'), { expiresAt: now + 1 })]
    expect(given(wholePerson('p1', { segments })).when(collect('p1'))).toEqual(kept)
  })

  it('[A-17] one whose last profile was deleted stays until it is collected', () => {
    const world = given(wholePerson('p1', { emails: ['h1'], profiles: [profile(key('0'), {})] }))
    world.when({ _tag: 'DeleteProfile', reference: email('h1'), scope: { _tag: 'All' } })
    expect(world.get(email('h1')).profiles).toEqual([])
    expect(world.when(collect('p1')).verdict._tag).toBe('Applied')
    expect(world.find(email('h1'))).toBeUndefined()
  })

  it('[A-18] of one that stays, device points without technical ids go', () => {
    const devices = { 'udp:1': [], 'udp:2': ['vec:2'], 'udp:3': [] }
    const world = given(wholePerson('p1', { devices, profiles: [profile(key('0'), {})] }))
    expect(world.when(collect('p1')).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'DevicePointsCollected', userPoint: 'p1', devicePoints: 2 }
    })
    expect(world.get(userPoint('p1')).devicePoints.map(({ id }) => id)).toEqual(['udp:2'])
    expect(world.find(device('udp:1'))).toBeUndefined()
    expect(world.pending()[0]?.release).toEqual(['agent:udp:1', 'agent:udp:3'])
  })

  it('[A-18] a device point whose last technical id was deleted stays until then', () => {
    const world = given(wholePerson('p1', { devices: { 'udp:1': ['vec:1'] }, profiles: [profile(key('0'), {})] }))
    world.when({ _tag: 'DeleteIdentifier', identifier: { _tag: 'Agent', id: 'vec:1' as never } })
    expect(world.find(device('udp:1'))?.id).toBe('p1')
    world.when(collect('p1'))
    expect(world.find(device('udp:1'))).toBeUndefined()
  })

  it('a second time it finds nothing to do', () => {
    const world = given(
      wholePerson('p1', { emails: ['h1'] }),
      wholePerson('p2', { devices: { 'udp:1': [] }, profiles: [profile(key('0'), {})] })
    )
    for (const id of ['p1', 'p2']) world.when(collect(id))
    expect(world.when(collect('p1')).verdict).toEqual({ _tag: 'NoOp', reason: 'NOT_FOUND' })
    expect(world.when(collect('p2'))).toEqual(kept)
  })
})
