import { describe, expect, it } from 'vitest'
import type { Named } from '../../src/command/command.ts'
import { email, given, userPoint } from './given.ts'
import { named, wholePerson } from './whole-person.ts'

const deletion = (first: Named, ...rest: ReadonlyArray<Named>) =>
  ({ _tag: 'DeleteNamedIdentifiers', identifiers: [first, ...rest], onConflict: 'Reject' }) as const

const ada = wholePerson('p1', {
  emails: ['h1'],
  named: [
    ['email', 'a@x.y'],
    ['email', 'b@x.y'],
    ['uuid', 'u1']
  ]
})
const bob = wholePerson('p2', { emails: ['h2'], named: [['uuid', 'u2']] })

describe('DeleteNamedIdentifiers', () => {
  it('takes those that are named, and nothing else', () => {
    const world = given(ada)
    expect(world.when(deletion(named('email', 'a@x.y'), named('uuid', 'u1'))).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'IdentifiersDeleted', userPoint: 'p1', identifiers: 2 }
    })
    expect(world.get(userPoint('p1'))).toEqual({ ...ada.point, named: [ada.point.named[1]] })
    expect(world.find(named('uuid', 'u1'))).toBeUndefined()
    expect(world.pending()[0]?.release).toEqual(['named:5:email:a@x.y', 'named:4:uuid:u1'])
  })

  it('ignores unknown ones', () => {
    const world = given(ada)
    expect(world.when(deletion(named('uuid', 'nobody'), named('email', 'b@x.y'))).verdict).toMatchObject({
      effect: { identifiers: 1 }
    })
    expect(world.when(deletion(named('uuid', 'nobody'))).verdict).toEqual({ _tag: 'NoOp', reason: 'NOT_FOUND' })
  })

  it('never deletes the last one, alone or with others, even if the user point has other identifiers', () => {
    const world = given(ada, bob)
    const [first, ...rest] = ada.point.named.map(({ name, value }) => named(name, value)) as [Named, ...Named[]]
    for (const command of [deletion(named('uuid', 'u2')), deletion(first, ...rest)]) {
      expect(world.when(command)).toMatchObject({ verdict: { code: 'SOLE_IDENTIFIER' }, changes: [] })
    }
  })

  it('[B-01] identifiers of different user points reject it', () => {
    expect(given(ada, bob).when(deletion(named('uuid', 'u1'), named('uuid', 'u2')))).toMatchObject({
      verdict: { code: 'IDENTIFIER_CONFLICT' },
      changes: []
    })
  })

  it('is not repeatable: the second time it finds nothing', () => {
    const world = given(ada)
    world.when(deletion(named('uuid', 'u1')))
    expect(world.when(deletion(named('uuid', 'u1'))).verdict).toEqual({ _tag: 'NoOp', reason: 'NOT_FOUND' })
    expect(world.get(email('h1')).named).toHaveLength(2)
  })
})
