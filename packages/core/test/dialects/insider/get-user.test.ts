import { describe, expect, it } from 'vitest'
import { decodeProfileQuestion, encodeProfile } from '../../../src/dialects/insider/get-user.ts'
import { E } from '../../../src/fp.ts'
import { warningMessages } from '../../../src/command/decoded.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import type { Subject } from '../../../src/domain/user-point.ts'
import { key, profile } from '../../decide/given.ts'
import { wholePerson } from '../../decide/whole-person.ts'

const answer = (subject: Subject, body: object) => {
  const question = decodeProfileQuestion(body as JsonObject)
  if (E.isLeft(question)) throw new Error(question.left.code)
  return encodeProfile(subject, key('0'), question.right)
}
const shown = (subject: Subject) => answer(subject, { attributes: ['*'] })['attributes']
const fault = (body: object): string => {
  const question = decodeProfileQuestion(body as JsonObject)
  return E.isLeft(question) ? `${question.left.code} at ${question.left.path}` : 'accepted'
}
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
      age: 36,
      list: [1],
      c_size: 'S',
      email: 'a@b.c',
      c_card: '1',
      customs: 'x',
      iid: 'p1'
    })
  })

  it('has no attributes without the profile', () => {
    expect(shown(wholePerson('p1', { profiles: [profile(key('1'), { a: 1 })] }))).toEqual({ iid: 'p1' })
  })

  it.each([1, 'x', null, [1]])('an attribute called custom that is %j is one like any other', (custom) => {
    expect(shown(withProperties({ custom }))).toEqual({ custom, iid: 'p1' })
  })

  it('of several values of an identifier the latest is shown, however they stand', () => {
    const { id, point } = wholePerson('p1')
    const at = (createdAt: number, value: string) => ({ name: 'email', value, createdAt })
    for (const named of [
      [at(1, 'old'), at(2, 'new')],
      [at(2, 'new'), at(1, 'old')],
      [at(2, 'first'), at(2, 'new')]
    ]) {
      expect(shown({ id, point: { ...point, named } })).toMatchObject({ email: 'new' })
    }
  })

  it('[B-29] __proto__ is a name like any other', () => {
    const hostile = '{"__proto__":{"a":1},"custom":{"__proto__":2}}'
    expect(JSON.stringify(shown(withProperties(JSON.parse(hostile))))).toBe(
      '{"__proto__":{"a":1},"c___proto__":2,"iid":"p1"}'
    )
    const asked = answer(withProperties(JSON.parse(hostile)), { attributes: ['__proto__', 'constructor'] })
    expect(JSON.stringify(asked['attributes'])).toBe('{"__proto__":{"a":1},"iid":"p1"}')
  })

  it('[B-31] has the attributes that are asked for, and no others but the id', () => {
    const subject = withProperties({ age: 36, city: 'Lyon', custom: { size: 'S', age: 1 } })
    expect(answer(subject, { attributes: ['city', 'c_size', 'none'] })).toEqual({
      attributes: { city: 'Lyon', c_size: 'S', iid: 'p1' },
      events: {}
    })
    expect(answer(subject, { attributes: ['size', 'custom'] })).toEqual({ attributes: { iid: 'p1' }, events: {} })
  })

  it('[B-31] gdpr_optin reads as gdpr, under either name', () => {
    const subject = withProperties({ gdpr_optin: false, gdpr: 'of a document' })
    for (const name of ['gdpr', 'gdpr_optin', '*'])
      expect(answer(subject, { attributes: [name] })['attributes']).toEqual({ gdpr: false, iid: 'p1' })
    expect(shown(withProperties({ gdpr: true }))).toEqual({ gdpr: true, iid: 'p1' })
  })

  it('[B-31] neither attributes nor events: rejected', () => {
    for (const body of [{}, { attributes: [] }, { attributes: null, events: null }])
      expect(fault(body)).toBe('REQUIRED at attributes')
    expect(fault({ attributes: 'name' })).toBe('ARRAY_EXPECTED at attributes')
    expect(fault({ attributes: ['name', 1] })).toBe('BAD_FIELD at attributes[1]')
    expect(fault({ events: [] })).toBe('BAD_FIELD at events')
  })

  it('[B-30, B-33] events are not kept, and the answer says so', () => {
    expect(answer(withProperties({}), { events: { wanted: [] }, colour: 1 })).toEqual({
      attributes: { iid: 'p1' },
      events: {},
      warnings: {
        'colour.unknown_field': [warningMessages.UNKNOWN_FIELD],
        'events.events_not_supported': [warningMessages.EVENTS_NOT_SUPPORTED]
      }
    })
  })

  it('[B-31] the quota stands in the answer if it is asked for', () => {
    for (const quota of [true, 1])
      expect(answer(withProperties({}), { attributes: ['a'], quota })['quota']).toEqual({
        cost: 0,
        used: 0,
        total: 1_000
      })
    for (const quota of [false, 0, null])
      expect(answer(withProperties({}), { attributes: ['a'], quota })).not.toHaveProperty('quota')
  })
})
