import { describe, expect, it } from 'vitest'
import type { UpdateSegment } from '../../src/command/command.ts'
import { momentOf } from '../../src/domain/moment.ts'
import { account, agent, device, email, given, now } from './given.ts'
import { byId, byName, segment, wholePerson } from './whole-person.ts'

const update = (fields: Partial<UpdateSegment> = {}): UpdateSegment => ({
  _tag: 'UpdateSegment',
  reference: email('h1'),
  key: byId('vip'),
  expiry: { _tag: 'Never' },
  ...fields
})
const deletion = (fields: object = {}) =>
  ({ _tag: 'DeleteSegment', reference: email('h1'), key: byId('vip'), ...fields }) as const

const ada = wholePerson('p1', { emails: ['h1'], segments: [segment(byId('old')), segment(byName('vip'))] })

describe('UpdateSegment', () => {
  it('makes the user point a member, from now on, and leaves its other memberships', () => {
    const world = given(ada)
    expect(world.when(update({ dataBag: { score: 1 } })).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'SegmentUpdated', userPoint: 'p1', userPointCreated: false, segmentCreated: true }
    })
    expect(world.get(email('h1'))).toEqual({
      ...ada.point,
      segments: [
        ...ada.point.segments,
        { naming: 'Id', segment: 'vip', createdAt: now, modifiedAt: now, dataBag: { score: 1 } }
      ]
    })
  })

  it('says nothing of an end or a data bag that it has not', () => {
    const world = given(wholePerson('p1', { emails: ['h1'] }))
    world.when(update())
    expect(world.get(email('h1')).segments).toStrictEqual([
      { naming: 'Id', segment: 'vip', createdAt: now, modifiedAt: now }
    ])
  })

  it('ends never, at a moment, or so long after now', () => {
    const expiryOf = (expiry: UpdateSegment['expiry']): number | undefined => {
      const world = given(wholePerson('p1', { emails: ['h1'] }))
      world.when(update({ expiry }))
      return world.get(email('h1')).segments[0]?.expiresAt
    }
    expect(expiryOf({ _tag: 'Never' })).toBeUndefined()
    expect(expiryOf({ _tag: 'At', moment: 7 })).toBe(7)
    expect(expiryOf({ _tag: 'After', milliseconds: 60_000 })).toBe(now + 60_000)
  })

  it('changes a membership where it stands: the creation stays, and the data bag unless another one is given', () => {
    const member = segment(byId('vip'), { createdAt: 5, modifiedAt: 6, expiresAt: now + 1, dataBag: { a: 1 } })
    const world = given(wholePerson('p1', { emails: ['h1'], segments: [member, segment(byId('old'))] }))
    expect(world.when(update()).verdict).toMatchObject({ effect: { segmentCreated: false } })
    expect(world.get(email('h1')).segments).toStrictEqual([
      { naming: 'Id', segment: 'vip', createdAt: 5, modifiedAt: now, dataBag: { a: 1 }, dataBagAt: momentOf(6) },
      segment(byId('old'))
    ])
    world.when(update({ dataBag: [2] }))
    expect(world.get(email('h1')).segments[0]).toMatchObject({ createdAt: 5, dataBag: [2] })
  })

  it('an unknown identifier starts a user point; a technical id gets a device point', () => {
    const world = given()
    for (const [reference, id] of [
      [account('1', 'a'), 'new-1'],
      [agent('vec:1'), 'new-2']
    ] as const) {
      expect(world.when(update({ reference })).verdict).toMatchObject({
        effect: { userPoint: id, userPointCreated: true, segmentCreated: true }
      })
      expect(world.find(reference)?.id).toBe(id)
    }
  })

  it('[A-15] an unknown device point starts none', () => {
    const world = given(ada)
    expect(world.when(update({ reference: device('udp:9') }))).toMatchObject({
      verdict: { _tag: 'Rejected', code: 'UNKNOWN_DEVICE_POINT', path: 'user_agent_id' },
      changes: []
    })
  })
})

describe('DeleteSegment', () => {
  it('ends the membership of that segment alone; the user point stays', () => {
    const world = given(ada)
    expect(world.when(deletion({ key: byName('vip') })).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'SegmentDeleted', userPoint: 'p1' }
    })
    expect(world.get(email('h1'))).toEqual({ ...ada.point, segments: [segment(byId('old'))] })
  })

  it('[A-09] warns where a segment of that text is there by its other naming', () => {
    for (const [key, path] of [
      [byId('vip'), 'segment_id'],
      [byName('old'), 'segment_technical_name']
    ] as const) {
      expect(given(ada).when(deletion({ key })).verdict).toEqual({
        _tag: 'NoOp',
        reason: 'NOT_FOUND',
        warnings: [{ code: 'OTHER_NAMESPACE', path }]
      })
    }
  })

  it('[A-09] is a no-op for a segment or a person that is not there, and never creates', () => {
    const world = given(ada)
    for (const command of [
      deletion({ key: byId('none') }),
      deletion({ reference: email('nobody'), key: byId('old') })
    ]) {
      expect(world.when(command)).toEqual({ verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' }, changes: [] })
    }
    expect(world.pending()).toEqual([])
  })
})
