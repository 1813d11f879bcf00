import { describe, expect, it } from 'vitest'
import type { IdentitySettings } from '../../../src/dialects/insider/settings.ts'
import type { Json } from '../../../src/domain/json.ts'
import { apply } from '../../../src/domain/patch.ts'
import { commandOf, faultOf, faultsOf, warningsOf } from './asking.ts'

const user = (fields: object) => ({ identifiers: { uuid: 'u' }, ...fields })
const purchase = { event_group_id: 'o1', unit_sale_price: 9.5 }
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

  it('[B-32] that identify are identifiers to attach, and do not say who is meant', () => {
    const settings = { identifiers: [{ name: 'uuid' }, { name: 'card', custom: true }], blockedValues: ['null'] }
    const attributes = { uuid: 'other', card: 1, custom: { card: 'x', uuid: 2 } }
    expect(upserted({}, { attributes }, settings)).toEqual({ card: 1, custom: { uuid: 2 } })
    expect(commandOf('upsert', user({ attributes }), settings)).toMatchObject({
      identifiers: [{ name: 'uuid', value: 'u' }],
      attach: [
        { name: 'uuid', value: 'other' },
        { name: 'custom.card', value: 'x' }
      ]
    })
    expect(warningsOf('upsert', user({ attributes }), settings)).toEqual([])
    for (const empty of ['', null]) {
      const blank = { attributes: { uuid: empty, custom: { card: empty } } }
      expect(commandOf('upsert', user(blank), settings)).toMatchObject({ attach: [] })
      expect(warningsOf('upsert', user(blank), settings)).toEqual([])
    }
    expect(warningsOf('upsert', user({ attributes: { custom: { card: 'null' } } }), settings)).toEqual([
      'IGNORED_FIELD at attributes.custom.card'
    ])
    expect(fault({ attributes: { email: 'no address' } })).toBe('INVALID_EMAIL at attributes.email')
    expect(fault({ attributes: { uuid: 7 } })).toBe('INVALID_UUID at attributes.uuid')
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
    for (const value of [1, 'x', '', [1], true]) {
      expect(fault({ attributes: value })).toBe('BAD_FIELD at attributes')
      expect(fault({ attributes: { custom: value } })).toBe('BAD_FIELD at attributes.custom')
    }
    // [B-34] An empty list is the empty map of some languages.
    for (const empty of [{}, [], { custom: [] }, { custom: null }])
      expect(fault({ attributes: empty })).toBe('accepted')
  })

  it('[B-30] events do not cost the attributes, and a warning says that they are not kept', () => {
    const events = [{ event_name: 'x' }, { event_name: 'purchase', event_params: purchase }]
    expect(upserted({}, { attributes: { city: 'Lyon' }, events })).toEqual({ city: 'Lyon' })
    expect(warningsOf('upsert', user({ attributes: { city: 'Lyon' }, events }))).toEqual([
      'EVENTS_NOT_SUPPORTED at events'
    ])
    for (const none of [[], null]) {
      expect(warningsOf('upsert', user({ attributes: {}, events: none }))).toEqual([])
      expect(fault({ events: none })).toBe('REQUIRED at attributes')
    }
  })

  it('[B-30] a user with nothing but events is rejected: nothing of it would be stored', () => {
    for (const attributes of [undefined, null]) {
      expect(fault({ attributes, events: [{ event_name: 'x' }] })).toBe('EVENTS_NOT_SUPPORTED at events')
    }
    expect(fault({ attributes: {}, events: [{ event_name: 'x' }] })).toBe('accepted')
  })

  it('[B-30] wrong events reject the user, each with its place', () => {
    const without = (name: string) => ({ ...purchase, [name]: undefined })
    const events = [
      { event_name: 'purchase', event_params: without('unit_sale_price') },
      { event_name: 'purchase' },
      { event_name: 'Home view!' },
      { event_name: 'homeView' },
      {},
      1,
      { event_name: 'cart_page_view' },
      { event_name: '0.a_b-c' }
    ]
    const attributes = { city: 'Lyon' }
    expect(faultsOf('upsert', user({ attributes, events }))).toEqual([
      'MISSING_EVENT_PARAMETER at events[0].event_params.unit_sale_price',
      'MISSING_EVENT_PARAMETER at events[1].event_params.event_group_id',
      'MISSING_EVENT_PARAMETER at events[1].event_params.unit_sale_price',
      'INVALID_EVENT_NAME at events[2].event_name',
      'INVALID_EVENT_NAME at events[3].event_name',
      'INVALID_EVENT_NAME at events[4].event_name',
      'BAD_FIELD at events[5]'
    ])
    expect(faultsOf('upsert', { events: events.slice(2, 3) })).toEqual([
      'MISSING_IDENTITY',
      'INVALID_EVENT_NAME at events[0].event_name'
    ])
    for (const value of [{}, 'x', true, 0]) expect(fault({ attributes, events: value })).toBe('BAD_FIELD at events')
  })

  it.each<readonly [object, object, boolean]>([
    [{ not_append: true }, {}, false],
    [{ not_append: false }, {}, true],
    [{ not_append: null }, {}, true],
    [{ not_append: true }, { not_append: false }, true],
    [{ not_append: true }, { append: true }, true],
    [{ not_append: false }, { not_append: true }, false],
    [{ not_append: true }, { append: null, not_append: null }, false],
    [{ append: false }, {}, true]
  ])('[B-36] a request with %j and a user with %j append: %j', (request, flags, appends) => {
    const command = commandOf('upsert', user({ attributes: { tags: [2] }, ...flags }), {}, request)
    if (command._tag !== 'UpsertUser') throw new Error('not an upsert')
    expect(apply(command.patch, { tags: [1] })).toEqual({ tags: appends ? [1, 2] : [2] })
  })

  it('[B-36] a wrong flag of the request rejects the users that do not say otherwise', () => {
    const request = { not_append: 'true' }
    expect(faultOf('upsert', user({ attributes: {} }), {}, request)).toBe('BAD_FIELD at not_append')
    expect(faultOf('upsert', user({ attributes: {}, append: true }), {}, request)).toBe('accepted')
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
