import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../../../src/domain/json.ts'
import { apply, structuralRemoval } from '../../../src/domain/patch.ts'
import { json, jsonObject } from '@userpoint/conformance/arbitraries'
import fc from 'fast-check'
import { law } from '../../laws/law.ts'
import { isIdempotent, neverCreates } from '../../laws/predicates.ts'
import { commandOf, faultOf, type Settings, warningsOf } from './decoding.ts'

const type = 'USER_PROFILE'
const upsert = (fields: object = {}) => ({ operation: 'UPSERT', email_hash: 'h1', user_profile: {}, ...fields })

/** Returns a stored profile after an upsert with a strategy. */
const upserted = (strategy: string, stored: Json, user_profile: object, settings: Settings = {}): unknown => {
  const command = commandOf(type, upsert({ update_strategy: strategy, user_profile }), settings)
  if (command._tag !== 'UpsertProfile' && command._tag !== 'EditProfile') throw new Error('no upsert')
  return apply(command.patch, stored)
}

describe('update_strategy', () => {
  it('[A-24] FORCE_REPLACE replaces', () => {
    expect(upserted('FORCE_REPLACE', { a: { x: 1 }, b: 1 }, { a: { y: 2 } })).toEqual({ a: { y: 2 } })
  })

  it('[A-24] PARTIAL_UPDATE merges deeply, arrays by the policy', () => {
    const stored = { a: { x: 1 }, tags: [1], b: 1 }
    const fresh = { a: { y: 2 }, tags: [1, 2] }
    expect(upserted('PARTIAL_UPDATE', stored, fresh)).toEqual({ a: { x: 1, y: 2 }, tags: [1, 1, 2], b: 1 })
    expect(upserted('PARTIAL_UPDATE', stored, fresh, { arrays: 'union' })).toMatchObject({ tags: [1, 2] })
  })

  it.each<readonly [string, JsonObject, JsonObject, JsonObject]>([
    ['an object in an object goes key by key', { a: { x: 1, y: 2 } }, { a: { x: 9 } }, { a: { y: 2 } }],
    ['an empty object in an object takes nothing', { a: { x: 1 } }, { a: {} }, { a: { x: 1 } }],
    ['an array takes equal elements, all of them', { a: [1, 2, 1, '1'] }, { a: [1, 7] }, { a: [2, '1'] }],
    ['elements are compared deeply', { a: [{ x: 1, y: 2 }, { x: 1 }] }, { a: [{ y: 2, x: 1 }] }, { a: [{ x: 1 }] }],
    ['a scalar takes a scalar, equal or not', { a: 1, b: 2 }, { a: 5 }, { b: 2 }],
    ['null takes what it meets', { a: 1, b: { x: 1 } }, { a: null, b: null }, {}],
    ['another kind takes what it meets', { a: { x: 1 }, b: [1], c: 1 }, { a: [1], b: { x: 1 }, c: {} }, {}],
    ['at any depth', { a: { b: { c: [1, 2], d: 1 } } }, { a: { b: { c: [2], d: 0 } } }, { a: { b: { c: [1] } } }],
    ['what is not there stays away', { a: 1 }, { b: 1, c: { d: 1 }, e: [1] }, { a: 1 }],
    ['an emptied array stays', { a: [1] }, { a: [1] }, { a: [] }]
  ])('[A-24] PARTIAL_DELETE: %s', (_, stored, body, left) => {
    expect(upserted('PARTIAL_DELETE', stored, body)).toEqual(left)
  })

  it('[A-24] PARTIAL_DELETE takes __proto__ as a name like any other', () => {
    const stored = JSON.parse('{"__proto__":{"a":1,"b":2},"constructor":[1]}') as Json
    const body = JSON.parse('{"__proto__":{"a":0},"constructor":[1]}') as JsonObject
    expect(JSON.stringify(upserted('PARTIAL_DELETE', stored, body))).toBe('{"__proto__":{"b":2},"constructor":[]}')
  })

  it('[A-24] PARTIAL_DELETE is an edit of what is there, and needs no known compartment', () => {
    const line = upsert({
      update_strategy: 'PARTIAL_DELETE',
      email_hash: null,
      compartment_id: 9,
      user_account_id: 'a',
      user_profile: { $compartment_id: 8, a: 1 }
    })
    expect(commandOf(type, line, { knownCompartments: [] })).toMatchObject({
      _tag: 'EditProfile',
      key: { compartment: '8' },
      checks: [],
      dropEmptied: []
    })
    expect(faultOf(type, { ...line, update_strategy: 'PARTIAL_UPDATE' }, { knownCompartments: [] })).toBe(
      'UNKNOWN_COMPARTMENT at compartment_id'
    )
  })

  it('[A-25] system fields in the body remove nothing', () => {
    const stored = { $creation_ts: 1, $other: 1, a: 1 }
    expect(upserted('PARTIAL_DELETE', stored, { $creation_ts: 1, $compartment_id: 1, $other: 1 })).toEqual({
      $creation_ts: 1,
      a: 1
    })
  })

  const older = [{ force_replace: true }, { force_replace: false }, { merge_objects: true }, { merge_objects: false }]
  it.each(['FORCE_REPLACE', 'PARTIAL_UPDATE', 'PARTIAL_DELETE'])(
    '[A-24] %s beside the older form is rejected',
    (strategy) => {
      for (const fields of [...older, { force_replace: false, merge_objects: true }]) {
        expect(faultOf(type, upsert({ update_strategy: strategy, ...fields }))).toBe(
          'CONFLICTING_FIELDS at update_strategy'
        )
      }
      expect(faultOf(type, upsert({ update_strategy: strategy, force_replace: null, merge_objects: null }))).toBe(
        'accepted'
      )
    }
  )

  it('[A-22] null is no strategy, and then force_replace is mandatory', () => {
    expect(faultOf(type, upsert({ update_strategy: null }))).toBe('MISSING_FORCE_REPLACE at force_replace')
    expect(faultOf(type, upsert({ update_strategy: null, force_replace: true }))).toBe('accepted')
  })

  it.each(['partial_delete', 'MERGE', '', 1, true, ['FORCE_REPLACE'], {}])('[A-24] %j is no strategy', (value) => {
    expect(faultOf(type, upsert({ update_strategy: value }))).toBe('BAD_FIELD at update_strategy')
  })

  it('[A-27] the body is mandatory, with any strategy', () => {
    for (const update_strategy of ['FORCE_REPLACE', 'PARTIAL_UPDATE', 'PARTIAL_DELETE']) {
      expect(faultOf(type, upsert({ update_strategy, user_profile: null }))).toBe('MISSING_FIELD at user_profile')
    }
  })

  it('[A-08] is known, and says nothing wrong on DELETE', () => {
    const deletion = { operation: 'DELETE', email_hash: 'h1', update_strategy: 'anything' }
    expect(warningsOf(type, deletion)).toEqual([])
    expect(warningsOf(type, upsert({ update_strategy: 'PARTIAL_DELETE', strategy: 1 }))).toEqual([
      'UNKNOWN_FIELD at strategy'
    ])
  })

  law(
    '[A-24] PARTIAL_DELETE takes only what is there, and a second one finds nothing',
    fc.tuple(jsonObject(), json()),
    ([body, stored]) => {
      const patch = structuralRemoval(body)
      return neverCreates(patch, stored) && isIdempotent(patch, stored)
    }
  )
})
