import { describe, expect, it } from 'vitest'
import { encodeUser } from '../../../src/dialects/insider/user.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import type { Subject } from '../../../src/domain/user-point.ts'
import { key, profile } from '../../decide/given.ts'
import { wholePerson } from '../../decide/whole-person.ts'

const shown = (subject: Subject) => encodeUser(subject, key('0'))
const withProperties = (properties: JsonObject) => wholePerson('p1', { profiles: [profile(key('0'), properties)] })

describe('a user as the read side shows them', () => {
  it('has its attributes by name, custom ones with a prefix, and its identifiers', () => {
    const subject = wholePerson('p1', {
      named: [
        ['email', 'a@b.c'],
        ['custom.card', '1'],
        ['customs', 'x']
      ],
      profiles: [
        profile(key('1'), { other: 'compartment' }),
        profile(key('0', 'a'), { other: 'account' }),
        profile(key('0'), { age: 36, custom: { size: 'S' }, list: [1] })
      ]
    })
    expect(shown(subject)).toEqual({
      insider_id: 'p1',
      attributes: { age: 36, list: [1], c_size: 'S', email: 'a@b.c', c_card: '1', customs: 'x' }
    })
  })

  it('has no attributes without the profile', () => {
    expect(shown(wholePerson('p1', { profiles: [profile(key('1'), { a: 1 })] }))).toEqual({
      insider_id: 'p1',
      attributes: {}
    })
  })

  it.each([1, 'x', null, [1]])('an attribute called custom that is %j is one like any other', (custom) => {
    expect(shown(withProperties({ custom }))).toEqual({ insider_id: 'p1', attributes: { custom } })
  })

  it('of several values of an identifier the latest is shown, however they stand', () => {
    const { id, point } = wholePerson('p1')
    const at = (createdAt: number, value: string) => ({ name: 'email', value, createdAt })
    for (const named of [
      [at(1, 'old'), at(2, 'new')],
      [at(2, 'new'), at(1, 'old')],
      [at(2, 'first'), at(2, 'new')]
    ]) {
      expect(shown({ id, point: { ...point, named } })).toMatchObject({ attributes: { email: 'new' } })
    }
  })

  it('[B-29] __proto__ is a name like any other', () => {
    const hostile = '{"__proto__":{"a":1},"custom":{"__proto__":2}}'
    expect(JSON.stringify(shown(withProperties(JSON.parse(hostile))))).toBe(
      '{"insider_id":"p1","attributes":{"__proto__":{"a":1},"c___proto__":2}}'
    )
  })
})
