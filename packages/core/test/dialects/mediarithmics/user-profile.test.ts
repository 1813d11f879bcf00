import { describe, expect, it } from 'vitest'
import type { Json } from '../../../src/domain/json.ts'
import { apply } from '../../../src/domain/patch.ts'
import { commandOf, faultOf, type Settings, warningsOf } from './decoding.ts'

const type = 'USER_PROFILE'
const upsert = (fields: object = {}) => ({
  operation: 'UPSERT',
  email_hash: 'h1',
  force_replace: false,
  user_profile: {},
  ...fields
})

/** Returns a stored profile after an upsert. */
const upserted = (stored: Json | undefined, fields: object, settings: Settings = {}): Json | undefined => {
  const command = commandOf(type, upsert(fields), settings)
  if (command._tag !== 'UpsertProfile') throw new Error('not an upsert')
  return apply(command.patch, stored)
}

const keyOf = (line: unknown, settings: Settings = {}): unknown => {
  const command = commandOf(type, line, settings)
  if (command._tag === 'UpsertProfile') return command.key
  if (command._tag === 'DeleteProfile') return command.scope._tag === 'Key' ? command.scope.key : 'all'
  throw new Error('not a profile command')
}

describe('operation', () => {
  it.each(['upsert', 'Delete', 'UPDATE', 'UPSERT ', '', 7, true, ['UPSERT'], { op: 'UPSERT' }])(
    '[A-37] %j is unknown',
    (operation) => {
      expect(faultOf(type, upsert({ operation }))).toBe('UNSUPPORTED_OPERATION at operation')
    }
  )

  it('[A-37] is required, and null counts as absent', () => {
    expect(faultOf(type, { email_hash: 'h1' })).toBe('MISSING_FIELD at operation')
    expect(faultOf(type, upsert({ operation: null }))).toBe('MISSING_FIELD at operation')
  })
})

describe('force_replace and merge_objects', () => {
  it.each([
    ['replace', { list: [2] }],
    ['shallow', { old: 1, list: [2] }],
    ['deep', { old: 1, list: [1, 2] }]
  ] as const)(
    '[A-22] defaultStrategy %s is the meaning of an UPSERT without force_replace',
    (defaultStrategy, after) => {
      const stored = { old: 1, list: [1] }
      const line = { force_replace: null, user_profile: { list: [2] } }
      const settings = { defaultStrategy }
      expect(upserted(stored, line, settings)).toEqual(after)
      // A line that says how to merge is not changed by it.
      expect(upserted(stored, { ...line, force_replace: true }, settings)).toEqual({ list: [2] })
      expect(upserted(stored, { ...line, force_replace: false }, settings)).toEqual({ old: 1, list: [2] })
      expect(upserted(stored, { ...line, update_strategy: 'FORCE_REPLACE' }, settings)).toEqual({ list: [2] })
      // One that says half of it is incomplete.
      for (const merge_objects of [true, false]) {
        expect(faultOf(type, upsert({ ...line, merge_objects }), settings)).toBe(
          'MISSING_FORCE_REPLACE at force_replace'
        )
      }
    }
  )

  it('[A-22] force_replace is mandatory on UPSERT', () => {
    expect(faultOf(type, { operation: 'UPSERT', email_hash: 'h1', user_profile: {} })).toBe(
      'MISSING_FORCE_REPLACE at force_replace'
    )
    expect(faultOf(type, upsert({ force_replace: null }))).toBe('MISSING_FORCE_REPLACE at force_replace')
    expect(faultOf(type, upsert({ force_replace: null, merge_objects: true }))).not.toBe('accepted')
    expect(faultOf(type, { operation: 'DELETE', email_hash: 'h1' })).toBe('accepted')
  })

  it.each(['true', 'false', 0, 1, [], {}])('[A-23] %j is no boolean', (value) => {
    expect(faultOf(type, upsert({ force_replace: value }))).toBe('BAD_FIELD at force_replace')
    expect(faultOf(type, upsert({ merge_objects: value }))).toBe('BAD_FIELD at merge_objects')
    expect(faultOf(type, upsert({ force_replace: true, merge_objects: value }))).toBe('BAD_FIELD at merge_objects')
  })

  it('[A-23] merge_objects beside force_replace is ignored, with a warning', () => {
    const both = { force_replace: true, merge_objects: true, user_profile: { a: { y: 2 } } }
    expect(upserted({ a: { x: 1 }, b: 1 }, both)).toEqual({ a: { y: 2 } })
    expect(warningsOf(type, upsert(both))).toEqual(['IGNORED_FIELD at merge_objects'])
    expect(warningsOf(type, upsert({ ...both, merge_objects: false }))).toEqual([])
    expect(warningsOf(type, upsert({ ...both, merge_objects: null }))).toEqual([])
    expect(warningsOf(type, upsert({ ...both, force_replace: false }))).toEqual([])
  })

  it('absent, null and false are one for merge_objects', () => {
    for (const merge_objects of [null, false]) {
      expect(upserted({ a: { x: 1 } }, { merge_objects, user_profile: { a: { y: 2 } } })).toEqual({ a: { y: 2 } })
    }
    expect(upserted({ a: { x: 1 } }, { user_profile: { a: { y: 2 } } })).toEqual({ a: { y: 2 } })
  })
})

describe('the three modes', () => {
  const stored = { kept: 1, scalar: 'old', list: ['old'], record: { kept: 1, inner: { a: [1] } } }
  const body = { scalar: 'new', list: ['new'], record: { inner: { a: [2], b: 1 } }, fresh: true }

  it('replace leaves exactly the new object', () => {
    expect(upserted(stored, { force_replace: true, user_profile: body })).toEqual(body)
    expect(upserted(undefined, { force_replace: true, user_profile: body })).toEqual(body)
  })

  it('a shallow merge overrides key by key', () => {
    expect(upserted(stored, { user_profile: body })).toEqual({ kept: 1, ...body })
  })

  it('[A-11] a deep merge recurses, and adds arrays at the end, duplicates kept', () => {
    expect(upserted(stored, { merge_objects: true, user_profile: body })).toEqual({
      kept: 1,
      scalar: 'new',
      list: ['old', 'new'],
      record: { kept: 1, inner: { a: [1, 2], b: 1 } },
      fresh: true
    })
    const again = { merge_objects: true, user_profile: { list: ['old', 'old', { a: 1 }] } }
    expect(upserted({ list: ['old', { a: 1 }] }, again)).toEqual({ list: ['old', { a: 1 }, 'old', 'old', { a: 1 }] })
  })

  it('[A-11] with union, elements that are there already are not added again', () => {
    const again = { merge_objects: true, user_profile: { list: ['old', 'new', { b: 2, a: 1 }, 1] } }
    expect(upserted({ list: ['old', { a: 1, b: 2 }, '1'] }, again, { arrays: 'union' })).toEqual({
      list: ['old', { a: 1, b: 2 }, '1', 'new', 1]
    })
    const twice = { merge_objects: true, user_profile: { list: ['new', 'new'] } }
    expect(upserted({ list: ['old', 'old'] }, twice, { arrays: 'union' })).toEqual({ list: ['old', 'old', 'new'] })
    // Only a deep merge joins arrays at all.
    expect(upserted({ list: ['old'] }, { user_profile: { list: ['new'] } }, { arrays: 'union' })).toEqual({
      list: ['new']
    })
  })

  it('[A-20] where the kinds differ the new value replaces the old one, at any depth', () => {
    const values: ReadonlyArray<Json> = [1, 'text', [1], { x: 1 }]
    for (const old of values) {
      for (const fresh of values) {
        if (Array.isArray(old) === Array.isArray(fresh) && typeof old === typeof fresh) continue
        const line = { merge_objects: true, user_profile: { at: { depth: fresh } } }
        expect(upserted({ at: { depth: old, kept: 1 } }, line)).toEqual({ at: { depth: fresh, kept: 1 } })
      }
    }
  })

  it('[A-21] null is a value that overrides and is overridden, and never deletes', () => {
    for (const fields of [{}, { merge_objects: true }, { force_replace: true }]) {
      expect(upserted({ a: { x: 1 } }, { ...fields, user_profile: { a: null } })).toEqual({ a: null })
      expect(upserted({ a: null }, { ...fields, user_profile: { a: { x: 1 } } })).toEqual({ a: { x: 1 } })
      expect(upserted({ a: null }, { ...fields, user_profile: { a: [1] } })).toEqual({ a: [1] })
    }
    expect(upserted({ a: null }, { user_profile: {} })).toEqual({ a: null })
  })

  it('__proto__, constructor and the empty name are plain keys in each', () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"":[3]}') as Json
    for (const fields of [{}, { merge_objects: true }, { force_replace: true }]) {
      for (const old of [{}, { a: 1 }, hostile]) {
        const result = upserted(old, { ...fields, user_profile: hostile }, { arrays: 'union' })
        expect(JSON.parse(JSON.stringify(result))).toMatchObject(hostile as object)
        expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
        expect(Object.hasOwn(result as object, '__proto__')).toBe(true)
      }
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('user_profile', () => {
  it('[A-27] is mandatory on UPSERT, and an object', () => {
    expect(faultOf(type, upsert({ user_profile: null }))).toBe('MISSING_FIELD at user_profile')
    expect(faultOf(type, { operation: 'UPSERT', email_hash: 'h1', force_replace: true })).toBe(
      'MISSING_FIELD at user_profile'
    )
    for (const none of ['', 'x', 1, true, [], [{}]]) {
      expect(faultOf(type, upsert({ user_profile: none }))).toBe('BAD_FIELD at user_profile')
      expect(faultOf(type, { operation: 'DELETE', email_hash: 'h1', user_profile: none })).toBe(
        'BAD_FIELD at user_profile'
      )
    }
  })

  it('[A-27] may be empty: replace empties, merge keeps', () => {
    expect(upserted({ a: 1 }, { force_replace: true })).toEqual({})
    expect(upserted({ a: 1 }, {})).toEqual({ a: 1 })
    expect(upserted({ a: 1 }, { merge_objects: true })).toEqual({ a: 1 })
    expect(upserted(undefined, {})).toEqual({})
  })

  it('[A-25] the timestamps of the system are ignored; other names with $ are data', () => {
    const user_profile = {
      $creation_ts: 1,
      $last_modified_ts: 'yesterday',
      $expiration_ts: null,
      $other: 2,
      $: 3,
      inner: { $creation_ts: 4 }
    }
    for (const fields of [{}, { merge_objects: true }, { force_replace: true }]) {
      expect(upserted({}, { ...fields, user_profile })).toEqual({ $other: 2, $: 3, inner: { $creation_ts: 4 } })
    }
  })

  it('[A-26] compartment and account select the profile and are no data', () => {
    const user_profile = { $compartment_id: '07', $user_account_id: 'crm-1', city: 'Lund' }
    expect(keyOf(upsert({ user_profile }))).toEqual({ compartment: '7', accountId: 'crm-1' })
    expect(upserted({}, { user_profile })).toEqual({ city: 'Lund' })
    expect(upserted({}, { force_replace: true, user_profile })).toEqual({ city: 'Lund' })
  })

  it('[A-12] the key is that of the body, never inherited from the identifier', () => {
    expect(keyOf(upsert({ email_hash: null, compartment_id: 3, user_account_id: 'ada' }))).toEqual({ compartment: '0' })
    expect(keyOf(upsert({ user_profile: { $compartment_id: 4 } }))).toEqual({ compartment: '4' })
    expect(keyOf(upsert({ user_profile: { $user_account_id: 'ada' } }))).toEqual({ compartment: '0', accountId: 'ada' })
    expect(keyOf(upsert({ user_profile: { $compartment_id: null, $user_account_id: null } }))).toEqual({
      compartment: '0'
    })
  })

  it('[A-12] a wrong selector is a line error, with its place', () => {
    expect(faultOf(type, upsert({ user_profile: { $user_account_id: 7 } }))).toBe(
      'BAD_FIELD at user_profile.$user_account_id'
    )
    expect(faultOf(type, upsert({ user_profile: { $user_account_id: '' } }))).toBe(
      'BAD_FIELD at user_profile.$user_account_id'
    )
    expect(faultOf(type, { operation: 'DELETE', email_hash: 'h1', user_profile: { $compartment_id: 'x' } })).toBe(
      'BAD_COMPARTMENT_ID at user_profile.$compartment_id'
    )
  })
})

describe('DELETE', () => {
  const remove = (fields: object = {}) => ({ operation: 'DELETE', email_hash: 'h1', ...fields })

  it('[A-12] reads the key from the body as UPSERT does, so that it undoes it', () => {
    expect(keyOf(remove())).toEqual(keyOf(upsert()))
    expect(keyOf(remove({ user_profile: null }))).toEqual({ compartment: '0' })
    expect(keyOf(remove({ user_profile: {} }))).toEqual({ compartment: '0' })
    const user_profile = { $compartment_id: '5', $user_account_id: 'ada' }
    expect(keyOf(remove({ user_profile }))).toEqual(keyOf(upsert({ user_profile })))
  })

  it('[A-12] a body that holds anything but the key is a line error, under every scope', () => {
    for (const name of ['city', '$creation_ts', '', '__proto__']) {
      const user_profile = JSON.parse(`{"$compartment_id":5,${JSON.stringify(name)}:null}`)
      for (const profileDeleteScope of ['key', 'all'] as const) {
        expect(faultOf(type, remove({ user_profile }), { profileDeleteScope })).toMatch(
          /^UNEXPECTED_PROPERTIES at user_profile/
        )
      }
    }
  })

  it('[A-12] with the scope `all` it means every profile', () => {
    expect(keyOf(remove({ user_profile: { $compartment_id: 5 } }), { profileDeleteScope: 'all' })).toBe('all')
    expect(keyOf(remove(), { profileDeleteScope: 'all' })).toBe('all')
    expect(keyOf(remove(), { profileDeleteScope: 'key' })).toStrictEqual({ compartment: '0' })
    expect(commandOf(type, remove(), { profileDeleteScope: 'all' })).toMatchObject({ scope: { _tag: 'All' } })
    expect(faultOf(type, remove(), { profileDeleteScope: 'all', defaultCompartment: undefined })).toBe('accepted')
    expect(faultOf(type, remove(), { defaultCompartment: undefined })).toBe(
      'NO_DEFAULT_COMPARTMENT at user_profile.$compartment_id'
    )
  })

  it('[A-08] says nothing of force_replace and merge_objects, and warns of what is unknown', () => {
    expect(warningsOf(type, remove({ force_replace: 'x', merge_objects: 1, user_profile: {} }))).toEqual([])
    expect(warningsOf(type, remove({ reason: 'gdpr' }))).toEqual(['UNKNOWN_FIELD at reason'])
  })
})
