import { describe, expect, it } from 'vitest'
import type { IdentitySettings } from '../../../src/dialects/insider/settings.ts'
import type { Json } from '../../../src/domain/json.ts'
import { apply } from '../../../src/domain/patch.ts'
import { commandOf, faultOf, warningsOf } from './asking.ts'

const user = (fields: object) => ({ identifiers: { uuid: 'u' }, ...fields })
const fault = (fields: object) => faultOf('upsert', user(fields))

const upserted = (stored: unknown, fields: object, settings: Partial<IdentitySettings> = {}): unknown => {
  const command = commandOf('upsert', user(fields), settings)
  if (command._tag !== 'UpsertUser') throw new Error('not an upsert')
  return apply(command.patch, stored as Json)
}

describe('the attributes of one user', () => {
  it('override, default and custom ones; the others stay', () => {
    const stored = { name: 'Ada', age: 36, custom: { shoe: 44, hat: 1 } }
    const attributes = { name: 'Ava', city: { zip: 1 }, custom: { shoe: { eu: 45 } } }
    expect(upserted(stored, { attributes })).toEqual({
      name: 'Ava',
      age: 36,
      city: { zip: 1 },
      custom: { shoe: { eu: 45 }, hat: 1 }
    })
    expect(upserted({}, { attributes: { a: 1 } })).toEqual({ a: 1 })
    expect(upserted({ custom: 1 }, { attributes: { custom: { a: 1 } } })).toEqual({ custom: { a: 1 } })
    for (const custom of [{}, null]) expect(upserted(stored, { attributes: { custom } })).toEqual(stored)
  })

  it.each<readonly [object, boolean]>([
    [{}, true],
    [{ not_append: false }, true],
    [{ not_append: true }, false],
    [{ append: false }, false],
    [{ append: true }, true],
    [{ append: true, not_append: true }, true],
    [{ append: false, not_append: false }, false],
    [{ append: null, not_append: true }, false]
  ])('arrays under %j append: %j', (flags, appends) => {
    const attributes = { tags: [2], custom: { tags: ['b'] } }
    expect(upserted({ tags: [1], custom: { tags: ['a'] } }, { attributes, ...flags })).toEqual(
      appends ? { tags: [1, 2], custom: { tags: ['a', 'b'] } } : attributes
    )
  })

  it('an array meets what is no array, or nothing', () => {
    expect(upserted({ tags: 'x' }, { attributes: { tags: [1] } })).toEqual({ tags: [1] })
    expect(upserted({}, { attributes: { tags: [] } })).toEqual({ tags: [] })
    expect(upserted({ tags: [1] }, { attributes: { tags: 2 } })).toEqual({ tags: 2 })
  })

  it.each(['true', 1, [], {}])('%j is no flag', (flag) => {
    expect(fault({ attributes: {}, append: flag })).toBe('BAD_FIELD at append')
    expect(fault({ attributes: {}, not_append: flag })).toBe('BAD_FIELD at not_append')
  })

  it('that identify are ignored, with a warning', () => {
    const settings = { identifiers: [{ name: 'uuid' }, { name: 'card', custom: true }] }
    const attributes = { uuid: 'other', card: 1, custom: { card: 'x', uuid: 2 } }
    expect(upserted({}, { attributes }, settings)).toEqual({ card: 1, custom: { uuid: 2 } })
    expect(warningsOf('upsert', user({ attributes }), settings)).toEqual([
      'IGNORED_FIELD at attributes.uuid',
      'IGNORED_FIELD at attributes.custom.card'
    ])
  })

  it('[B-16] list_id and static_segment_id are written under one name', () => {
    expect(upserted({ list_id: [1] }, { attributes: { static_segment_id: [2] } })).toEqual({ list_id: [1, 2] })
    expect(upserted({}, { attributes: { list_id: [1], static_segment_id: [2] } })).toEqual({ list_id: [1, 2] })
    const settings = { listAttribute: 'static_segment_id' } as const
    expect(upserted({}, { attributes: { list_id: [1] } }, settings)).toEqual({ static_segment_id: [1] })
  })

  it('[B-29] are plain data, with any names', () => {
    const attributes = JSON.parse('{"__proto__":{"a":1},"custom":{"constructor":[1],"__proto__":2}}')
    expect(JSON.stringify(upserted({}, { attributes }))).toBe(JSON.stringify(attributes))
  })

  it('are mandatory and an object', () => {
    expect(fault({})).toBe('REQUIRED at attributes')
    expect(fault({ attributes: null, events: [] })).toBe('REQUIRED at attributes')
    for (const value of [1, 'x', [], true]) {
      expect(fault({ attributes: value })).toBe('BAD_FIELD at attributes')
      expect(fault({ attributes: { custom: value } })).toBe('BAD_FIELD at attributes.custom')
    }
    expect(fault({ attributes: {} })).toBe('accepted')
  })

  it('events are refused by name, never dropped in silence', () => {
    for (const events of [[{ event_name: 'x' }], [1], {}, 'x', true]) {
      expect(fault({ attributes: {}, events })).toBe('EVENTS_NOT_SUPPORTED at events')
    }
    for (const events of [[], null]) expect(fault({ attributes: {}, events })).toBe('accepted')
  })

  it('[A-08] a field that nothing reads is a warning', () => {
    const all = { insider_id: 'p1', attributes: {}, events: [], not_append: true, append: false }
    expect(warningsOf('upsert', user({ ...all, skip: 1 }))).toEqual(['UNKNOWN_FIELD at skip'])
  })

  it('limits of names come with the command', () => {
    const identifiers = [{ name: 'uuid', limit: 2 }, { name: 'email' }, { name: 'card', custom: true, limit: 1 }]
    const command = commandOf('upsert', user({ attributes: {} }), { identifiers })
    expect(command).toMatchObject({
      limits: new Map([
        ['uuid', 2],
        ['custom.card', 1]
      ])
    })
  })
})
