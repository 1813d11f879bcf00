import { describe, expect, it } from 'vitest'
import type { Check } from '../../../src/command/command.ts'
import type { IdentitySettings } from '../../../src/dialects/insider/settings.ts'
import type { Json } from '../../../src/domain/json.ts'
import { apply, deletion, removeValues, within } from '../../../src/domain/patch.ts'
import { key } from '../../decide/given.ts'
import { commandOf, faultOf, warningsOf } from './asking.ts'

const user = (plan: object) => ({ identifiers: { uuid: 'u' }, ...plan })
const fault = (plan: object, settings: Partial<IdentitySettings> = {}) => faultOf('delete', user(plan), settings)
const protectedBy = (plan: object, settings: Partial<IdentitySettings> = {}) => {
  const command = commandOf('delete', user(plan), settings)
  return command._tag === 'EditProfile' ? command.protected : undefined
}
const warnings = (plan: object) => warningsOf('delete', user(plan))

/** Returns a profile after a plan, before the setting for emptied arrays applies. */
const left = (stored: unknown, plan: object, settings: Partial<IdentitySettings> = {}): unknown => {
  const command = commandOf('delete', user(plan), settings)
  if (command._tag !== 'EditProfile') throw new Error('not an edit')
  return apply(command.patch, stored as Json)
}

describe('the plan of one user', () => {
  it('drops attributes, and takes values from arrays, in two name spaces', () => {
    const stored = { name: 'Ada', age: 36, tags: [1, 2], custom: { shoe: 44, tags: ['a', 'b'], hat: 1 } }
    const plan = {
      whole: ['name'],
      partial: { tags: [2] },
      custom: { whole: ['shoe'], partial: { tags: ['a'] } }
    }
    expect(left(stored, plan)).toEqual({ age: 36, tags: [1], custom: { tags: ['b'], hat: 1 } })
  })

  it('[B-06] leaves what is not there, and starts nothing', () => {
    for (const stored of [{}, { custom: {} }, { custom: 1 }, { custom: [1] }]) {
      const plan = { whole: ['a'], partial: { b: [1] }, custom: { whole: ['a'], partial: { b: [1] } } }
      expect(left(stored, plan)).toBe(stored)
    }
  })

  it.each(['email', 'phone_number', 'uuid'])('[B-07] %s identifies, and is no attribute to delete', (name) => {
    const one = [{ path: [name], identifierName: name }]
    expect(protectedBy({ whole: ['age', name] })).toEqual(one)
    expect(protectedBy({ whole: ['age', name], partial: { [name]: ['x'] } })).toEqual(one)
    expect(protectedBy({ partial: { [name]: ['x'] } })).toEqual(one)
    // Among custom attributes it is a name like any other, and where it does not identify.
    expect(protectedBy({ custom: { whole: [name] } })).toEqual([])
    const identifiers = [{ name: 'uuid', custom: true }, { name: 'nothing' }]
    expect(commandOf('delete', { insider_id: 'p1', whole: [name] }, { identifiers })).toMatchObject({ protected: [] })
  })

  it('[B-07] a custom identifier is no custom attribute to delete', () => {
    const identifiers = [{ name: 'uuid' }, { name: 'card', custom: true }]
    const one = [{ path: ['custom', 'card'], identifierName: 'custom.card' }]
    expect(protectedBy({ custom: { whole: ['card'] } }, { identifiers })).toEqual(one)
    expect(protectedBy({ custom: { partial: { card: [1] } } }, { identifiers })).toEqual(one)
    expect(protectedBy({ whole: ['card'] }, { identifiers })).toEqual([])
  })

  it('[B-08] whole beats partial on one name, in any order', () => {
    const stored = { tags: [1, 2], custom: { tags: [1, 2] } }
    for (const plan of [
      { whole: ['tags'], partial: { tags: [1] } },
      { partial: { tags: [1] }, whole: ['tags'] }
    ]) {
      expect(left(stored, { ...plan, custom: plan })).toEqual({ custom: {} })
    }
  })

  it('[B-11] values are compared as JSON, every occurrence goes, and the rest keeps its order', () => {
    const tags = [3, 1, '1', 1, null, { x: 1, y: [2] }, true]
    expect(left({ tags }, { partial: { tags: [1, { y: [2], x: 1 }, 9] } })).toEqual({ tags: [3, '1', null, true] })
    expect(left({ tags }, { partial: { tags: ['3', 'true', false, 0] } })).toEqual({ tags })
  })

  it('[B-12] a value where an array of values should be rejects the user, or is wrapped', () => {
    for (const value of [1, 'x', true, {}, null]) {
      expect(fault({ partial: { list_id: value } })).toBe('ARRAY_EXPECTED at partial.list_id')
      expect(fault({ custom: { partial: { tags: value } } })).toBe('ARRAY_EXPECTED at custom.partial.tags')
    }
    expect(left({ list_id: [1, 2] }, { partial: { list_id: 1 } }, { singleValue: 'wrap' })).toEqual({ list_id: [2] })
    expect(left({ list_id: [[1], 1] }, { partial: { list_id: [1] } }, { singleValue: 'wrap' })).toEqual({
      list_id: [[1]]
    })
  })

  it('[B-12] an empty list of values removes nothing, and is something to delete', () => {
    expect(left({ tags: [1] }, { partial: { tags: [] } })).toEqual({ tags: [1] })
  })

  it.each<object>([
    {},
    { whole: [] },
    { whole: null, partial: null, custom: null },
    { partial: {} },
    { whole: [], partial: {}, custom: {} },
    { custom: { whole: [], partial: {} } }
  ])('[B-13] %j is nothing to delete', (plan) => {
    expect(fault(plan)).toBe('REQUIRED at whole')
  })

  it('plans of the wrong shape are rejected', () => {
    for (const value of [1, 'name', true, {}, ['a', 1], [null], [['a']]]) {
      expect(fault({ whole: value })).toBe('ARRAY_EXPECTED at whole')
      expect(fault({ custom: { whole: value } })).toBe('ARRAY_EXPECTED at custom.whole')
    }
    for (const value of [1, 'name', true, [1]]) {
      expect(fault({ partial: value })).toBe('BAD_FIELD at partial')
      expect(fault({ custom: value })).toBe('BAD_FIELD at custom')
      expect(fault({ custom: { partial: value } })).toBe('BAD_FIELD at custom.partial')
    }
  })

  it('[B-14] custom is the other name space, not an attribute of the default one', () => {
    const stored = { name: 'Ada', custom: { a: 1 } }
    expect(left(stored, { whole: ['custom', 'name'], custom: { whole: ['b'] } })).toEqual({ custom: { a: 1 } })
    expect(left(stored, { partial: { custom: [1] }, custom: { whole: ['a'] } })).toEqual({ name: 'Ada', custom: {} })
    expect(commandOf('delete', user({ whole: ['custom'], partial: { custom: [1] } }))).toMatchObject({
      checks: [{ _tag: 'Namespace', path: ['custom'] }]
    })
  })

  it('[B-07] custom is an attribute like any other if it is no object', () => {
    for (const custom of [[1, 2], 1, null, 'x']) {
      expect(left({ name: 'Ada', custom }, { whole: ['custom'] })).toEqual({ name: 'Ada' })
    }
    expect(left({ custom: [1, 2] }, { partial: { custom: [1] } })).toEqual({ custom: [2] })
    expect(left({ custom: [1, 2] }, { whole: ['custom'], partial: { custom: [1] } })).toEqual({})
    const dropping = { emptiedArray: 'drop', partialOnScalar: 'reject' } as const
    expect(commandOf('delete', user({ partial: { custom: [1] } }), dropping)).toMatchObject({
      checks: [
        { _tag: 'Namespace', path: ['custom'] },
        { _tag: 'ArrayExpected', path: ['custom'], strict: true, orObject: true }
      ],
      dropEmptied: [['custom']]
    })
  })

  it('[B-14] a default attribute and a custom one of the same name are two', () => {
    const stored = { tags: [1], custom: { tags: [1] } }
    expect(left(stored, { partial: { tags: [1] } })).toEqual({ tags: [], custom: { tags: [1] } })
    expect(left(stored, { custom: { partial: { tags: [1] } } })).toEqual({ tags: [1], custom: { tags: [] } })
  })

  it('[B-15] c_x is another name than x, and a warning says so', () => {
    const stored = { c_x: 1, x: 1, custom: { x: 1, c_x: 1 } }
    expect(left(stored, { custom: { whole: ['c_x'] } })).toEqual({ c_x: 1, x: 1, custom: { x: 1 } })
    expect(warnings({ whole: ['c_a', 'c_b'], custom: { whole: ['c_a', 'x'], partial: { c_d: [1] } } })).toEqual([
      'PREFIXED_NAME at c_a',
      'PREFIXED_NAME at c_b',
      'PREFIXED_NAME at c_d'
    ])
  })

  it('[B-16] list_id and static_segment_id are one attribute, kept under the configured name', () => {
    for (const name of ['list_id', 'static_segment_id']) {
      expect(left({ list_id: [1, 2] }, { partial: { [name]: [1] } })).toEqual({ list_id: [2] })
      expect(left({ static_segment_id: [1] }, { whole: [name] }, { listAttribute: 'static_segment_id' })).toEqual({})
    }
    const both = { partial: { list_id: [1], static_segment_id: [2] } }
    expect(left({ list_id: [1, 2, 3] }, both)).toEqual({ list_id: [3] })
    expect(left({ list_id: [1, 2, 3] }, { ...both, whole: ['static_segment_id'] })).toEqual({})
    // Among custom attributes they are two.
    expect(left({ custom: { list_id: [1] } }, { custom: { whole: ['static_segment_id'] } })).toEqual({
      custom: { list_id: [1] }
    })
  })

  it('[B-26, B-27] consent flags and dates are attributes like any other', () => {
    const stored = { gdpr_optin: false, language: 'sv', birthday: 'no date at all', age: null }
    expect(left(stored, { whole: ['gdpr_optin', 'birthday', 'language', 'age'] })).toEqual({})
  })

  it('[B-29] __proto__ and constructor are names like any other', () => {
    const stored = JSON.parse('{"__proto__":[1,2],"constructor":1,"custom":{"__proto__":1,"toString":[1]}}')
    const plan = JSON.parse(
      '{"whole":["constructor","hasOwnProperty"],"partial":{"__proto__":[1]},"custom":{"whole":["__proto__"],"partial":{"toString":[1]}}}'
    )
    expect(JSON.stringify(left(stored, plan))).toBe('{"__proto__":[2],"custom":{"toString":[]}}')
    expect(left({}, plan)).toEqual({})
  })
  const plan = {
    whole: ['name', 'list_id', 'both'],
    partial: { tags: [1, 2], both: [3], static_segment_id: [4], c: [] },
    custom: { whole: ['shoe'], partial: { hat: ['a'], shoe: ['b'] } }
  }
  const asks = (name: string, custom: boolean, names: ReadonlyArray<string> = [name]): Check => ({
    _tag: 'Elsewhere',
    path: custom ? ['custom', name] : [name],
    places: names.map((each) => (custom ? ['custom', each] : [each])),
    other: custom ? [name] : ['custom', name]
  })
  const expects = (strict: boolean, ...path: readonly [string, ...string[]]): Check => ({
    _tag: 'ArrayExpected',
    path,
    strict
  })

  it('[B-09, B-10, B-14, B-16] is one command, with what is to be looked at', () => {
    const custom = within(
      new Map([
        ['hat', removeValues(['a'])],
        ['shoe', deletion]
      ])
    )
    const command = {
      _tag: 'EditProfile',
      reference: {
        _tag: 'AnyOf',
        references: [{ _tag: 'Named', name: 'uuid', value: 'u' }],
        onConflict: 'Reject',
        decisive: false
      },
      key: key('0'),
      patch: within(
        new Map([
          ['tags', removeValues([1, 2])],
          ['both', deletion],
          ['name', deletion],
          ['list_id', deletion],
          ['static_segment_id', deletion],
          ['custom', custom]
        ])
      ),
      checks: expect.anything(),
      protected: [],
      dropEmptied: []
    }
    expect(commandOf('delete', user(plan))).toStrictEqual(command)
    const dropEmptied = [
      ['tags'],
      ['both'],
      ['list_id'],
      ['static_segment_id'],
      ['c'],
      ['custom', 'hat'],
      ['custom', 'shoe']
    ]
    expect(commandOf('delete', user(plan), { emptiedArray: 'drop' })).toStrictEqual({ ...command, dropEmptied })
  })

  it.each(['warn', 'reject'] as const)(
    '[B-09, B-14, B-16] looks at every name once, and where arrays should be: %s',
    (partialOnScalar) => {
      const command = commandOf('delete', user(plan), { partialOnScalar })
      if (command._tag !== 'EditProfile') throw new Error('not an edit')
      const strict = partialOnScalar === 'reject'
      const names = ['name', 'both', 'tags', 'c']
      expect(new Set(command.checks)).toEqual(
        new Set([
          expects(strict, 'tags'),
          expects(strict, 'c'),
          expects(strict, 'custom', 'hat'),
          ...names.map((name) => asks(name, false)),
          asks('list_id', false, ['list_id', 'static_segment_id']),
          ...['shoe', 'hat'].map((name) => asks(name, true))
        ])
      )
      expect(command.checks).toHaveLength(3 + names.length + 1 + 2)
    }
  )

  it('[B-14] a custom attribute called custom is one like any other, and not looked for in the other name space', () => {
    expect(commandOf('delete', user({ custom: { whole: ['custom'], partial: { custom: [1] } } }))).toMatchObject({
      checks: []
    })
    expect(left({ custom: { custom: 1 } }, { custom: { whole: ['custom'] } })).toEqual({ custom: {} })
  })
})
