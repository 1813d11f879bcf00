import { describe, expect, it } from 'vitest'
import { given, now } from './given.ts'
import { named, wholePerson } from './whole-person.ts'

const replace = (from: string, to: string) =>
  ({ _tag: 'ReplaceIdentifier', from: named('uuid', from), to: named('uuid', to) }) as const

const ada = wholePerson('p1', {
  emails: ['h1'],
  named: [
    ['uuid', 'u1'],
    ['email', 'a@x.y']
  ]
})

describe('ReplaceIdentifier', () => {
  it('replaces the old one of the user point by the new one', () => {
    const world = given(ada)
    expect(world.when(replace('u1', 'u9')).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'IdentifierReplaced', userPoint: 'p1' }
    })
    expect(world.get(named('uuid', 'u9'))).toEqual({
      ...ada.point,
      named: [ada.point.named[1], { name: 'uuid', value: 'u9', createdAt: now }]
    })
    expect(world.find(named('uuid', 'u1'))).toBeUndefined()
    expect(world.pending()).toMatchObject([{ claim: ['named:4:uuid:u9'], release: ['named:4:uuid:u1'] }])
  })

  it('is a no-op if the old one is unknown, even if the new one is taken', () => {
    const world = given(ada)
    for (const to of ['u1', 'u9']) {
      expect(world.when(replace('nobody', to))).toEqual({
        verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' },
        changes: []
      })
    }
  })

  it('is rejected if any user point has the new one, also the same', () => {
    const bob = wholePerson('p2', { named: [['uuid', 'u2']] })
    const twice = wholePerson('p3', {
      named: [
        ['uuid', 'u3'],
        ['uuid', 'u4']
      ]
    })
    const world = given(ada, bob, twice)
    for (const command of [replace('u1', 'u2'), replace('u3', 'u4')]) {
      expect(world.when(command)).toMatchObject({ verdict: { code: 'IDENTIFIER_TAKEN' }, changes: [] })
    }
  })
})
