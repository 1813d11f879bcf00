import { describe, expect, it } from 'vitest'
import { put, shallowMerge } from '../../src/domain/patch.ts'
import { agent, device, email, given, now } from './given.ts'
import { choice, wholePerson } from './whole-person.ts'

const upsert = (fields: object = {}) =>
  ({
    _tag: 'UpsertChoice',
    reference: email('h1'),
    processing: 'ads',
    chosenAt: 77,
    patch: shallowMerge({ accepted: true }),
    ...fields
  }) as const
const deletion = (fields: object = {}) =>
  ({ _tag: 'DeleteChoice', reference: email('h1'), processing: 'ads', ...fields }) as const

const ada = wholePerson('p1', {
  emails: ['h1'],
  choices: [choice('ads', { accepted: false, from: 'web' }, { createdAt: 5 }), choice('mail', { accepted: true })]
})

describe('UpsertChoice', () => {
  it('changes the choice on that processing where it stands; the creation stays', () => {
    const world = given(ada)
    expect(world.when(upsert()).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'ChoiceUpserted', userPoint: 'p1', userPointCreated: false, choiceCreated: false }
    })
    expect(world.get(email('h1'))).toEqual({
      ...ada.point,
      choices: [
        {
          processing: 'ads',
          chosenAt: 77,
          createdAt: 5,
          modifiedAt: now,
          properties: { accepted: true, from: 'web' }
        },
        choice('mail', { accepted: true })
      ]
    })
  })

  it('replaces where it is asked to', () => {
    const world = given(ada)
    world.when(upsert({ patch: put({ accepted: true }) }))
    expect(world.get(email('h1')).choices[0]?.properties).toEqual({ accepted: true })
  })

  it('creates a missing choice, and a missing user point', () => {
    const world = given(ada)
    expect(world.when(upsert({ processing: 'calls' })).verdict).toMatchObject({
      effect: { userPoint: 'p1', userPointCreated: false, choiceCreated: true }
    })
    expect(world.when(upsert({ reference: agent('vec:1') })).verdict).toMatchObject({
      effect: { userPoint: 'new-1', userPointCreated: true, choiceCreated: true }
    })
    expect(world.get(agent('vec:1')).choices).toMatchObject([
      { processing: 'ads', chosenAt: 77, createdAt: now, modifiedAt: now, properties: { accepted: true } }
    ])
  })

  it('[A-15] an unknown device point creates no user point', () => {
    expect(given(ada).when(upsert({ reference: device('udp:9') }))).toMatchObject({
      verdict: { code: 'UNKNOWN_DEVICE_POINT' },
      changes: []
    })
  })
})

describe('DeleteChoice', () => {
  it('removes the choice on that processing alone; the user point stays', () => {
    const world = given(ada)
    expect(world.when(deletion()).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'ChoiceDeleted', userPoint: 'p1' }
    })
    expect(world.get(email('h1'))).toEqual({ ...ada.point, choices: [choice('mail', { accepted: true })] })
  })

  it('[A-09] is a no-op for what is not there, and never creates', () => {
    const world = given(ada)
    for (const command of [deletion({ processing: 'calls' }), deletion({ reference: email('nobody') })]) {
      expect(world.when(command)).toEqual({ verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' }, changes: [] })
    }
    expect(world.pending()).toEqual([])
  })
})
