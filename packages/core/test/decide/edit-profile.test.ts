import { describe, expect, it } from 'vitest'
import type { Check, EditProfile, Who } from '../../src/command/command.ts'
import { deletion, put, removeValues, structuralRemoval, within } from '../../src/domain/patch.ts'
import { email, given, key, now, profile, userPoint } from './given.ts'
import { named, wholePerson } from './whole-person.ts'

const edit = (fields: Partial<EditProfile> = {}): EditProfile => ({
  _tag: 'EditProfile',
  reference: email('h1'),
  key: key('0'),
  patch: within(new Map([['city', deletion]])),
  checks: [],
  dropEmptied: [],
  ...fields
})

const ada = wholePerson('p1', {
  emails: ['h1'],
  named: [['email', 'ada@x.y']],
  profiles: [
    profile(key('0'), { city: 'Lund', tags: [1], none: [], custom: { tags: ['a'], city: 'Oslo' } }),
    profile(key('1'), { city: 'Rome' })
  ]
})
const bob = wholePerson('p2', { named: [['uuid', 'b']], profiles: [profile(key('0'), { city: 'Bath' })] })

const anyOf = (references: Extract<Who, { _tag: 'AnyOf' }>['references'], rest: object = {}): Who => ({
  _tag: 'AnyOf',
  references,
  onConflict: 'Reject',
  decisive: false,
  ...rest
})

describe('EditProfile', () => {
  it('patches the profile at the key, and only that; the creation stays', () => {
    const world = given(ada)
    expect(world.when(edit()).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'ProfileEdited', userPoint: 'p1' }
    })
    const [first, second] = ada.point.profiles
    const { city, ...rest } = first?.properties ?? {}
    expect(city).toBe('Lund')
    expect(world.get(email('h1'))).toEqual({
      ...ada.point,
      profiles: [{ ...first, modifiedAt: now, properties: rest }, second]
    })
  })

  it('is a no-op where nothing changes: not even the time', () => {
    expect(given(ada).when(edit({ patch: within(new Map([['street', deletion]])) }))).toEqual({
      verdict: { _tag: 'NoOp', reason: 'UNCHANGED' },
      changes: []
    })
  })

  it('[A-24, B-05] never creates: neither a user point nor a profile', () => {
    const world = given(ada)
    for (const fields of [{ reference: email('nobody') }, { reference: userPoint('p9') }]) {
      for (const patch of [edit().patch, structuralRemoval({ a: { b: 1 } })]) {
        expect(world.when(edit({ ...fields, patch }))).toEqual({
          verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' },
          changes: []
        })
      }
    }
    expect(world.when(edit({ key: key('7') })), '[A-12] others are there').toEqual({
      verdict: {
        _tag: 'NoOp',
        reason: 'NOT_FOUND',
        warnings: [{ code: 'OTHER_PROFILES', path: 'user_profile' }]
      },
      changes: []
    })
    expect(world.pending()).toEqual([])
  })

  it('a patch that leaves no object leaves an empty profile', () => {
    const world = given(ada)
    world.when(edit({ patch: deletion }))
    expect(world.get(email('h1')).profiles[0]?.properties).toEqual({})
  })

  it('[B-01] identifiers of different user points reject it, or the first decides', () => {
    const references = [named('uuid', 'b'), email('h1')] as const
    const world = given(ada, bob)
    expect(world.when(edit({ reference: anyOf(references) }))).toMatchObject({
      verdict: { code: 'IDENTIFIER_CONFLICT' },
      changes: []
    })
    expect(world.when(edit({ reference: anyOf(references, { onConflict: 'First' }) })).verdict).toMatchObject({
      effect: { userPoint: 'p2' }
    })
  })

  it('[B-02] unknown references are ignored', () => {
    const reference = anyOf([named('uuid', 'nobody'), named('email', 'ada@x.y'), email('h1')])
    expect(given(ada, bob).when(edit({ reference })).verdict).toMatchObject({ effect: { userPoint: 'p1' } })
  })

  it('[B-04] an unknown decisive first reference means no user point', () => {
    const reference = anyOf([userPoint('p9'), email('h1')], { decisive: true })
    expect(given(ada).when(edit({ reference })).verdict).toEqual({
      _tag: 'NoOp',
      reason: 'NOT_FOUND',
      warnings: [{ code: 'OTHER_USER', path: 'identifiers' }]
    })
    const nobody = anyOf([userPoint('p9'), email('nobody')], { decisive: true })
    expect(given(ada).when(edit({ reference: nobody })).verdict).toEqual({ _tag: 'NoOp', reason: 'NOT_FOUND' })
    const both = anyOf([userPoint('p1'), named('uuid', 'b')], { decisive: true })
    expect(given(ada, bob).when(edit({ reference: both })).verdict).toMatchObject({ code: 'IDENTIFIER_CONFLICT' })
  })

  it('[B-07] an identifier of the user point protects its attribute, with or without a profile', () => {
    const protectedBy = (identifierName: string) => [{ path: ['city'] as const, identifierName }]
    expect(given(bob).when(edit({ reference: named('uuid', 'b'), protected: protectedBy('uuid') }))).toMatchObject({
      verdict: { code: 'IDENTIFIER_ATTRIBUTE', path: 'city' },
      changes: []
    })
    const bare = wholePerson('p3', { named: [['uuid', 'c']] })
    expect(given(bare).when(edit({ reference: named('uuid', 'c'), protected: protectedBy('uuid') }))).toMatchObject({
      verdict: { code: 'IDENTIFIER_ATTRIBUTE' }
    })
    expect(given(ada).when(edit({ protected: protectedBy('uuid') })).verdict._tag).toBe('Applied')
    expect(given().when(edit({ protected: protectedBy('uuid') })).verdict).toMatchObject({ reason: 'NOT_FOUND' })
  })

  it('[B-14] a namespace that is named as an attribute is a warning; what is no object is an attribute', () => {
    const checks = [
      { _tag: 'Namespace', path: ['custom'] },
      { _tag: 'ArrayExpected', path: ['custom'], strict: true, orObject: true }
    ] as const
    const patch = within(new Map([['absent', deletion]]))
    expect(given(ada).when(edit({ patch, checks })).verdict).toMatchObject({
      reason: 'UNCHANGED',
      warnings: [{ code: 'OTHER_NAMESPACE', path: 'custom' }]
    })
    const scalar = wholePerson('p1', { emails: ['h1'], profiles: [profile(key('0'), { custom: 1 })] })
    expect(given(scalar).when(edit({ patch, checks })).verdict).toMatchObject({ code: 'NOT_AN_ARRAY', path: 'custom' })
  })

  const array = (name: string, strict = false): Check => ({ _tag: 'ArrayExpected', path: [name], strict })

  it('[B-09] a value that is no array is a warning, or rejects the whole edit', () => {
    const patch = within(
      new Map([
        ['city', removeValues(['Lund'])],
        ['tags', removeValues([1])]
      ])
    )
    expect(given(ada).when(edit({ patch, checks: [array('city'), array('tags'), array('street')] })).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'ProfileEdited', userPoint: 'p1' },
      warnings: [{ code: 'NOT_AN_ARRAY', path: 'city' }]
    })
    expect(given(ada).when(edit({ patch, checks: [array('tags', true), array('city', true)] }))).toMatchObject({
      verdict: { _tag: 'Rejected', code: 'NOT_AN_ARRAY', path: 'city' },
      changes: []
    })
  })

  it('[B-14] a name that only the other name space has is a warning, on a no-op too', () => {
    const elsewhere = (path: readonly [string, ...string[]], other: readonly [string, ...string[]]): Check => ({
      _tag: 'Elsewhere',
      path,
      places: [path],
      other
    })
    const patch = within(new Map([['hobby', deletion]]))
    const checks = [
      elsewhere(['none'], ['custom', 'none']),
      elsewhere(['custom', 'none'], ['none']),
      elsewhere(['hobby'], ['custom', 'hobby']),
      elsewhere(['tags'], ['custom', 'tags'])
    ]
    expect(given(ada).when(edit({ patch, checks })).verdict).toEqual({
      _tag: 'NoOp',
      reason: 'UNCHANGED',
      warnings: [{ code: 'OTHER_NAMESPACE', path: 'custom.none' }]
    })
  })

  it('[B-14, B-16] a property of two names is only elsewhere where it is under neither', () => {
    const warnings = (...places: ReadonlyArray<readonly [string]>) => {
      const check: Check = { _tag: 'Elsewhere', path: ['hobby'], places, other: ['custom', 'city'] }
      return given(ada).when(edit({ patch: within(new Map()), checks: [check] })).verdict.warnings
    }
    expect(warnings(['hobby'], ['pastime'])).toEqual([{ code: 'OTHER_NAMESPACE', path: 'hobby' }])
    expect(warnings(['hobby'], ['tags'])).toBeUndefined()
    expect(warnings(['tags'], ['hobby'])).toBeUndefined()
  })

  it('[B-10] drops arrays that it emptied where it is asked to, never one that was empty before', () => {
    const patch = within(
      new Map([
        ['tags', removeValues([1])],
        ['none', removeValues([1])],
        ['custom', within(new Map([['tags', removeValues(['a'])]]))]
      ])
    )
    const propertiesAfter = (dropEmptied: EditProfile['dropEmptied']) => {
      const world = given(ada)
      world.when(edit({ patch, dropEmptied }))
      return world.get(email('h1')).profiles[0]?.properties
    }
    expect(propertiesAfter([])).toEqual({ city: 'Lund', tags: [], none: [], custom: { tags: [], city: 'Oslo' } })
    expect(propertiesAfter([['tags'], ['none'], ['custom', 'tags']])).toEqual({
      city: 'Lund',
      none: [],
      custom: { city: 'Oslo' }
    })
  })

  it('[B-10] drops nothing that is not empty, nor what is no array before and after', () => {
    const dropEmptied = [['tags'], ['city'], ['custom', 'tags']] as const
    const propertiesAfter = (patch: EditProfile['patch']) => {
      const world = given(ada)
      world.when(edit({ patch, dropEmptied }))
      return world.get(email('h1')).profiles[0]?.properties
    }
    const { properties } = ada.point.profiles[0] ?? {}
    expect(propertiesAfter(within(new Map([['none', deletion]])))).toMatchObject({ tags: [1], city: 'Lund' })
    expect(propertiesAfter(within(new Map([['tags', put('')]])))).toEqual({ ...properties, tags: '' })
    expect(propertiesAfter(within(new Map([['tags', put({})]])))).toEqual({ ...properties, tags: {} })
    expect(propertiesAfter(within(new Map([['city', put([])]])))).toEqual({ ...properties, city: [] })
    expect(propertiesAfter(within(new Map([['tags', put([2])]])))).toEqual({ ...properties, tags: [2] })
  })
})
