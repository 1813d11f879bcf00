/** Insider's dialect on every store, rule by rule, with people of our own. */
import type { Insider } from '@userpoint/core/insider'
import { describe, expect, it } from 'vitest'
import { nameOf, opener, right, stores } from './insider-stores.ts'
import { importText } from './laws/store.ts'

const ada = { email: 'ada@x.y' }
const bob = { email: 'bob@x.y' }
const user = (identifiers: object, rest: object = {}) => ({ identifiers, ...rest })
const upsert = (identifiers: object, attributes: object = {}, rest: object = {}) => ({
  identifiers,
  attributes,
  ...rest
})
const hash = (email_hash: string, fields: object = {}) =>
  JSON.stringify({ operation: 'UPSERT', email_hash, force_replace: true, user_profile: fields })

describe.each(stores)('%s: the user of a request', (_, create) => {
  const open = opener(create)

  it('[B-01] identifiers of different users reject the user; neither is changed, and never merged', async () => {
    const { upserting, deleting, all } = open()
    await upserting(upsert(ada, { age: 1 }), upsert({ uuid: 'b' }, { age: 2 }))
    const before = await all()
    expect(await deleting(user({ uuid: 'b', ...ada }, { whole: ['age'] }))).toEqual(['IDENTIFIER_CONFLICT'])
    expect(await all()).toEqual(before)
  })

  it('[B-01] or the first in the order of the settings decides, in any order of the keys', async () => {
    for (const identifiers of [
      { uuid: 'b', ...ada },
      { ...ada, uuid: 'b' }
    ]) {
      const { upserting, deleting, shown } = open({ onConflict: 'priority' })
      await upserting(upsert(ada, { age: 1 }), upsert({ uuid: 'b' }, { age: 2 }))
      expect(await deleting(user(identifiers, { whole: ['age'] }))).toEqual(['Applied'])
      expect(await shown(user(ada))).toEqual({ email: 'ada@x.y' })
      expect(await shown(user({ uuid: 'b' }))).toEqual({ age: 2, uuid: 'b' })
    }
  })

  it('[B-02] unknown identifiers are ignored, and a deletion attaches none', async () => {
    const { upserting, deleting, shown } = open()
    await upserting(upsert(ada, { age: 1 }))
    expect(await deleting(user({ ...ada, uuid: 'new' }, { whole: ['age'] }))).toEqual(['Applied'])
    expect(await shown(user({ uuid: 'new' }))).toBeUndefined()
    expect(await shown(user(ada))).toEqual({ email: 'ada@x.y' })
  })

  it('[B-03] identifiers that the settings do not list are ignored; with none left the user is rejected', async () => {
    const { upserting, deleting, report, shown } = open({ identifiers: [{ name: 'uuid' }] })
    expect(await upserting(upsert({ uuid: 'a', ...ada }, { age: 1 }))).toEqual(['Applied'])
    expect(await shown(user({ uuid: 'a' }))).toEqual({ age: 1, uuid: 'a' })
    expect(await deleting(user(ada, { whole: ['age'] }))).toEqual(['NO_VALID_IDENTIFIER'])
    expect((await report('deleteAttributes', [user(ada, { whole: ['age'] })])).fail.errors).toEqual({
      'users.0.identifiers.no_valid_identifier': ['no valid identifier']
    })
    expect(await deleting(user({ ...bob, uuid: 'a' }, { whole: ['age'] }))).toEqual(['Applied'])
  })

  it('[B-04] insider_id is decisive', async () => {
    const { upserting, deleting, idOf, shown, all } = open({ onConflict: 'priority' })
    await upserting(upsert(ada, { age: 1 }), upsert(bob, { age: 2 }))
    const insider_id = await idOf(user(ada))
    const before = await all()
    expect(await deleting({ insider_id, identifiers: bob, whole: ['age'] })).toEqual(['IDENTIFIER_CONFLICT'])
    expect(await deleting({ insider_id: 'nobody', identifiers: bob, whole: ['age'] })).toEqual(['NOT_FOUND'])
    expect(await upserting({ insider_id, identifiers: bob, attributes: { age: 3 } })).toEqual(['IDENTIFIER_CONFLICT'])
    expect(await all()).toEqual(before)
    expect(await deleting({ insider_id, identifiers: { uuid: 'new' }, whole: ['age'] })).toEqual(['Applied'])
    expect(await shown({ insider_id })).toEqual({ email: 'ada@x.y' })
    expect(await shown(user(bob))).toEqual({ age: 2, email: 'bob@x.y' })
  })

  it('[B-04] neither insider_id nor identifiers: the attested pair of errors', async () => {
    const { report } = open()
    for (const call of ['deleteAttributes', 'upsertUsers'] as const) {
      const { verdicts, fail } = await report(call, [{ whole: ['a'], attributes: {} }, user({}, { whole: ['a'] })])
      expect(verdicts.map(nameOf)).toEqual(['MISSING_IDENTITY', 'MISSING_IDENTITY'])
      const message = ['either insider_id or idenifiers must be specified']
      expect(fail).toEqual({
        count: 2,
        errors: {
          'users.0.identifiers.required': message,
          'users.0.insider_id.required': message,
          'users.1.identifiers.required': message,
          'users.1.insider_id.required': message
        }
      })
    }
  })

  it('[B-05] a missing user is a no-op, no user is created, and the others are applied', async () => {
    const { upserting, deleting, report, all } = open()
    await upserting(upsert(ada, { age: 1 }))
    const gone = [user(bob, { whole: ['age'] }), { insider_id: 'nobody', whole: ['age'] }]
    expect(await deleting(...gone, user(ada, { whole: ['age'] }))).toEqual(['NOT_FOUND', 'NOT_FOUND', 'Applied'])
    expect(await report('deleteAttributes', gone)).toMatchObject({ successful: { count: 2 }, fail: { count: 0 } })
    expect(await all()).toHaveLength(1)
  })

  it('[B-18] identifiers are checked by the attested patterns, and compared as they are written', async () => {
    const { upserting, report, shown } = open()
    expect(await upserting(upsert({ email: 'Ada@X.y', phone_number: '+6598765432', uuid: ' U ' }))).toEqual(['Applied'])
    expect(await shown(user({ email: 'ada@x.y' }))).toBeUndefined()
    expect(await shown(user({ uuid: 'U' }))).toBeUndefined()
    const { fail } = await report('deleteAttributes', [
      user({ email: 'nobody' }, { whole: ['a'] }),
      user({ phone_number: '00' }, { whole: ['a'] }),
      user({ uuid: 7 }, { whole: ['a'] }),
      user({ card: 'x' }, { whole: ['a'] })
    ])
    expect(fail).toEqual({
      count: 4,
      errors: {
        'users.0.identifiers.*.regexp(^.+@.+\\..+$)': ['not a valid email address'],
        'users.1.identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)': ['user has an invalid phone number'],
        'users.2.identifiers.*.type(string)': ['uuid must be string'],
        'users.3.identifiers.*.in(defaults_column)': ['key must be one of phone_number(pn), email(em) or uuid']
      }
    })
  })

  it('[B-25] a blocked value is not an identifier', async () => {
    const { upserting, deleting, shown } = open({ blockedValues: ['null', 'anonymous'] })
    expect(await upserting(upsert({ uuid: 'null' }, { age: 1 }))).toEqual(['NO_VALID_IDENTIFIER'])
    expect(await upserting(upsert({ uuid: 'anonymous', ...ada }, { age: 1 }))).toEqual(['Applied'])
    expect(await shown(user(ada))).toEqual({ age: 1, email: 'ada@x.y' })
    expect(await deleting(user({ uuid: 'null' }, { whole: ['age'] }))).toEqual(['NO_VALID_IDENTIFIER'])
    const free = open()
    expect(await free.upserting(upsert({ uuid: 'null' }, { age: 1 }))).toEqual(['Applied'])
  })

  it('[B-28] a custom identifier is text, or a number in its decimal spelling where the settings say so', async () => {
    const identifiers = [{ name: 'card', custom: true }]
    const strict = open({ identifiers })
    expect(await strict.upserting(upsert({ custom: { card: 7 } }))).toEqual(['BAD_FIELD'])
    const lenient = open({ identifiers, numericIdentifiers: 'text' })
    expect(
      await lenient.upserting(upsert({ custom: { card: 7 } }), upsert({ custom: { card: '7' } }, { a: 1 }))
    ).toEqual(['Applied', 'Applied'])
    expect(await lenient.all()).toHaveLength(1)
    expect(await lenient.shown(user({ custom: { card: '7' } }))).toEqual({ a: 1, c_card: '7' })
  })
})

describe.each(stores)('%s: deletion of attributes', (_, create) => {
  const open = opener(create)
  /** Deletes from a user with these attributes; returns the remaining attributes and the verdict. */
  const left = async (attributes: object, plan: object, settings: Parameters<typeof open>[0] = {}) => {
    const { upserting, report, shown } = open(settings)
    await upserting(upsert({ uuid: 'u' }, attributes))
    const { verdicts, fail } = await report('deleteAttributes', [user({ uuid: 'u' }, plan)])
    const [verdict] = verdicts
    const { uuid, ...rest } = (await shown(user({ uuid: 'u' }))) as Readonly<Record<string, unknown>>
    expect(uuid).toBe('u')
    return { attributes: rest, verdict: verdict && nameOf(verdict), warnings: verdict?.warnings, errors: fail.errors }
  }

  it('[B-06] a missing attribute is ignored', async () => {
    const nothing = { attributes: { age: 1 }, verdict: 'UNCHANGED', warnings: undefined, errors: {} }
    expect(await left({ age: 1 }, { whole: ['name'], custom: { partial: { tags: [1] } } })).toEqual(nothing)
    expect(await left({ age: 1 }, { whole: ['name', 'age'] })).toEqual({
      ...nothing,
      attributes: {},
      verdict: 'Applied'
    })
  })

  it('[B-07] an attribute that identifies rejects the user, and nothing of it changes', async () => {
    expect(await left({ age: 1 }, { whole: ['age', 'uuid'] })).toEqual({
      attributes: { age: 1 },
      verdict: 'IDENTIFIER_ATTRIBUTE',
      warnings: undefined,
      errors: {
        'users.0.uuid.identifier_attribute': ['the attribute is an identifier; delete it as an identifier']
      }
    })
    const settings = { identifiers: [{ name: 'uuid' }] }
    expect(await left({ age: 1, email: 'x' }, { whole: ['email'] }, settings)).toMatchObject({ attributes: { age: 1 } })
  })

  it('[B-08] an attribute in whole and partial is deleted as a whole', async () => {
    const plan = { partial: { tags: [1] }, whole: ['tags'] }
    expect((await left({ tags: [1, 2], custom: { tags: [1, 2] } }, { ...plan, custom: plan })).attributes).toEqual({})
  })

  it('[B-09] a scalar stays, with a warning, or rejects the user', async () => {
    const plan = { whole: ['age'], partial: { name: ['Ada'] } }
    expect(await left({ name: 'Ada', age: 1 }, plan)).toMatchObject({
      attributes: { name: 'Ada' },
      verdict: 'Applied',
      warnings: [{ code: 'NOT_AN_ARRAY', path: 'name' }]
    })
    expect(await left({ name: 'Ada', age: 1 }, plan, { partialOnScalar: 'reject' })).toMatchObject({
      attributes: { name: 'Ada', age: 1 },
      verdict: 'NOT_AN_ARRAY',
      errors: { 'users.0.name.not_an_array': [expect.any(String)] }
    })
    // What goes whole needs to be no array.
    const both = { whole: ['name'], partial: { name: ['Ada'] } }
    expect((await left({ name: 'Ada' }, both, { partialOnScalar: 'reject' })).attributes).toEqual({})
  })

  it('[B-10] an emptied array stays, or is dropped', async () => {
    const plan = { partial: { tags: [1] }, custom: { partial: { tags: ['a'], none: ['a'] } } }
    const stored = { tags: [1], custom: { tags: ['a'], none: [] } }
    expect((await left(stored, plan)).attributes).toEqual({ tags: [], c_tags: [], c_none: [] })
    expect((await left(stored, plan, { emptiedArray: 'drop' })).attributes).toEqual({ c_none: [] })
  })

  it('[B-11] values are compared as JSON, and every occurrence is removed', async () => {
    const plan = { partial: { tags: [1, { b: 1, a: [1] }] } }
    expect((await left({ tags: [2, 1, '1', 1, { a: [1], b: 1 }] }, plan)).attributes).toEqual({ tags: [2, '1'] })
  })

  it('[B-12] a single value instead of an array rejects the user, or is wrapped', async () => {
    const plan = { whole: ['age'], partial: { list_id: 1 } }
    expect(await left({ age: 1, list_id: [1] }, plan)).toMatchObject({
      attributes: { age: 1, list_id: [1] },
      verdict: 'ARRAY_EXPECTED',
      errors: { 'users.0.partial.list_id.type(array)': ['an array is expected here'] }
    })
    expect((await left({ age: 1, list_id: [1] }, plan, { singleValue: 'wrap' })).attributes).toEqual({ list_id: [] })
  })

  it('[B-13] a user with nothing to delete is rejected', async () => {
    expect(await left({ age: 1 }, { whole: [], custom: {} })).toMatchObject({
      attributes: { age: 1 },
      verdict: 'REQUIRED',
      errors: { 'users.0.whole.required': ['a required field is missing or empty'] }
    })
  })

  it('[B-14] a name that exists only in the other name space gives a warning', async () => {
    const stored = { a: 1, custom: { b: 1, both: 1 }, both: 1 }
    expect(await left(stored, { whole: ['b', 'both'], custom: { whole: ['a'] } })).toEqual({
      attributes: { a: 1, c_b: 1, c_both: 1 },
      verdict: 'Applied',
      warnings: [
        { code: 'OTHER_NAMESPACE', path: 'b' },
        { code: 'OTHER_NAMESPACE', path: 'custom.a' }
      ],
      errors: {}
    })
  })

  it('[B-15] the prefix c_ of the read calls gives a warning', async () => {
    expect(await left({ custom: { x: 1 } }, { custom: { whole: ['c_x'] } })).toMatchObject({
      attributes: { c_x: 1 },
      verdict: 'UNCHANGED',
      warnings: [{ code: 'PREFIXED_NAME', path: 'c_x' }]
    })
  })

  it('[B-09, B-15] warnings about names and about values are both given', async () => {
    expect(await left({ name: 'Ada' }, { whole: ['c_x'], partial: { name: ['Ada'] } })).toMatchObject({
      verdict: 'UNCHANGED',
      warnings: [
        { code: 'PREFIXED_NAME', path: 'c_x' },
        { code: 'NOT_AN_ARRAY', path: 'name' }
      ]
    })
  })

  it('[B-16] the list attribute has two names', async () => {
    expect((await left({ static_segment_id: [1, 2] }, { partial: { list_id: [1] } })).attributes).toEqual({
      list_id: [2]
    })
    const settings = { listAttribute: 'static_segment_id' } as const
    expect((await left({ list_id: [1, 2] }, { partial: { list_id: [1] } }, settings)).attributes).toEqual({
      static_segment_id: [2]
    })
  })

  it('[B-26] consent flags are deleted like any attribute', async () => {
    const stored = { gdpr_optin: false, email_optin: true, language: 'sv' }
    expect((await left(stored, { whole: ['gdpr_optin', 'language'] })).attributes).toEqual({ email_optin: true })
  })

  it('[B-27] the format of a value does not matter', async () => {
    const stored = { birthday: '31/02/1993', age: 'old', country: 1 }
    expect((await left(stored, { whole: ['birthday', 'age', 'country'] })).attributes).toEqual({})
  })

  it('[B-29] __proto__ and constructor are names like any other', async () => {
    const hostile = JSON.parse('{"__proto__":[1,2],"constructor":1,"custom":{"__proto__":{"a":1},"toString":1}}')
    const plan = JSON.parse('{"whole":["constructor"],"partial":{"__proto__":[1]},"custom":{"whole":["toString"]}}')
    const { attributes, verdict } = await left(hostile, plan)
    expect(verdict).toBe('Applied')
    expect(JSON.parse(JSON.stringify(attributes))).toEqual(JSON.parse('{"__proto__":[2],"c___proto__":{"a":1}}'))
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  })
})

describe.each(stores)('%s: batches', (_, create) => {
  const open = opener(create)

  it('[B-17] a user that occurs twice is applied in order, with two verdicts', async () => {
    const { upserting, deleting, report, shown } = open()
    expect(await upserting(upsert(ada, { age: 1, tags: [1] }), upsert(ada, { age: 2, tags: [2] }))).toEqual([
      'Applied',
      'Applied'
    ])
    expect(await shown(user(ada))).toEqual({ age: 2, tags: [1, 2], email: 'ada@x.y' })
    const twice = user(ada, { whole: ['age'] })
    const { verdicts, successful } = await report('deleteAttributes', [twice, twice])
    expect(verdicts.map(nameOf)).toEqual(['Applied', 'UNCHANGED'])
    expect(successful.count).toBe(2)
    expect(await deleting(user(ada, { partial: { tags: [1] } }), user(ada, { whole: ['tags'] }))).toEqual([
      'Applied',
      'Applied'
    ])
  })

  it('[B-20] a failing user does not stop the others, and changes nothing', async () => {
    const { upserting, deleting, report, shown } = open()
    await upserting(upsert(ada, { age: 1, name: 'Ada' }), upsert(bob, { age: 2 }))
    const failing = [
      null,
      user(ada, { whole: ['name', 'email'] }),
      user(ada, { whole: ['name'], partial: { age: 1 } }),
      user(ada, { whole: ['name'], custom: [1] })
    ]
    expect(await deleting(...(failing as object[]), user(bob, { whole: ['age'] }))).toEqual([
      'NOT_AN_OBJECT',
      'IDENTIFIER_ATTRIBUTE',
      'ARRAY_EXPECTED',
      'BAD_FIELD',
      'Applied'
    ])
    expect(await report('deleteAttributes', failing)).toMatchObject({ successful: { count: 0 }, fail: { count: 4 } })
    expect(await shown(user(ada))).toEqual({ age: 1, name: 'Ada', email: 'ada@x.y' })
    expect(await shown(user(bob))).toEqual({ email: 'bob@x.y' })
  })

  it('[B-20] an upsert that fails attaches no identifier and writes no attribute', async () => {
    const { upserting, shown, all } = open()
    await upserting(upsert(ada, { age: 1 }))
    const events = [{ event_name: 'no name' }]
    expect(
      await upserting(upsert({ ...ada, uuid: 'u' }, { age: 2 }, { events }), upsert(bob, {}, { append: 1 }))
    ).toEqual(['INVALID_EVENT_NAME', 'BAD_FIELD'])
    expect(await shown(user(ada))).toEqual({ age: 1, email: 'ada@x.y' })
    expect(await all()).toHaveLength(1)
  })

  it('a body of bytes is the same as its value', async () => {
    const { insider, shown } = open()
    const body = new TextEncoder().encode(JSON.stringify({ users: [upsert(ada, { age: 1 })] }))
    expect(right(await insider.upsertUsers(body)).successful.count).toBe(1)
    expect(await shown(user(ada))).toEqual({ age: 1, email: 'ada@x.y' })
  })
})

describe.each(stores)('%s: upsert', (_, create) => {
  const open = opener(create)

  it('creates or changes a user: attributes override, arrays append by default', async () => {
    const { upserting, shown } = open()
    const first = { name: 'Ada', tags: [1], custom: { hat: 1, tags: ['a'] } }
    await upserting(upsert(ada, first), upsert(ada, { tags: [2], custom: { tags: ['b'] } }))
    expect(await shown(user(ada))).toEqual({
      name: 'Ada',
      tags: [1, 2],
      c_hat: 1,
      c_tags: ['a', 'b'],
      email: 'ada@x.y'
    })
    for (const [flags, tags] of [
      [{ not_append: true }, [3]],
      [{ append: true, not_append: true }, [3, 3]],
      [{ append: false }, [3]]
    ] as const) {
      await upserting(upsert(ada, { tags: [3] }, flags))
      expect(await shown(user(ada))).toMatchObject({ tags })
    }
  })

  it('[B-32] attributes that identify are attached, and do not say who is meant', async () => {
    const { report, shown, all } = open()
    const { verdicts } = await report('upsertUsers', [
      upsert(ada, { uuid: 'u', age: 1 }),
      upsert(bob, { uuid: 'u', age: 2 })
    ])
    expect(verdicts).toMatchObject([
      { _tag: 'Applied' },
      { _tag: 'Applied', warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED', path: 'attributes.uuid' }] }
    ])
    expect(await shown(user({ uuid: 'u' }))).toEqual({ age: 1, email: 'ada@x.y', uuid: 'u' })
    expect(await shown(user(bob))).toEqual({ age: 2, email: 'bob@x.y' })
    expect(await all()).toHaveLength(2)
  })

  it('[A-38] makes one of the users that its identifiers lead to; it has the attributes of all, each with its latest value', async () => {
    const { upserting, shown, all } = open()
    await upserting(
      upsert({ ...ada, phone_number: '+1234567' }, { age: 1, name: 'B', custom: { x: 1, y: 1 } }),
      upsert({ uuid: 'u' }, { name: 'A', custom: { x: 2, z: 2 } }),
      upsert({ uuid: 'u' }, { tags: [1] })
    )
    expect(await upserting(upsert({ ...ada, uuid: 'u' }, { city: 'Lund' }))).toEqual(['Applied'])
    expect(await all()).toHaveLength(1)
    expect(await shown(user({ phone_number: '+1234567' }))).toEqual({
      age: 1,
      name: 'A',
      tags: [1],
      city: 'Lund',
      c_x: 2,
      c_y: 1,
      c_z: 2,
      email: 'ada@x.y',
      uuid: 'u',
      phone_number: '+1234567'
    })
  })

  it('does not merge users beyond the limits; the first identifier decides, with a warning', async () => {
    const { upserting, report, shown, all } = open({
      identifiers: [
        { name: 'email', limit: 1 },
        { name: 'uuid', limit: 1 }
      ]
    })
    await upserting(upsert({ ...ada, uuid: 'a' }, { n: 1 }), upsert({ ...bob, uuid: 'b' }, { n: 2 }))
    const { verdicts } = await report('upsertUsers', [upsert({ uuid: 'b', ...ada }, { n: 3 })])
    expect(verdicts).toMatchObject([
      { _tag: 'Applied', warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED', path: 'identifiers.uuid' }] }
    ])
    expect(await all()).toHaveLength(2)
    expect(await shown(user(ada))).toMatchObject({ n: 3, uuid: 'a' })
    expect(await shown(user(bob))).toMatchObject({ n: 2, uuid: 'b' })
  })
})

describe.each(stores)('%s: identifiers and whole users', (_, create) => {
  const open = opener(create)
  const identifiers = [{ name: 'email' }, { name: 'uuid' }, { name: 'card', custom: true }]
  type Outcome = Awaited<ReturnType<Insider['deleteUser']>>
  const verdict = (outcome: Outcome): string => nameOf(right(outcome))

  it('deleteIdentifiers deletes the given ones, but not the last one', async () => {
    const { insider, upserting, shown } = open({ identifiers })
    await upserting(upsert({ ...ada, uuid: 'u', custom: { card: '1' } }, { age: 1 }))
    const deleting = async (some: unknown) => verdict(await insider.deleteIdentifiers({ value: { identifiers: some } }))
    expect(await deleting({ ...ada, uuid: 'u', custom: { card: '1' } })).toBe('SOLE_IDENTIFIER')
    expect(await deleting({ custom: { card: '1' }, uuid: 'nobody' })).toBe('Applied')
    expect(await shown(user({ custom: { card: '1' } }))).toBeUndefined()
    expect(await deleting({ uuid: 'u' })).toBe('Applied')
    expect(await deleting({ uuid: 'u' })).toBe('NOT_FOUND')
    expect(await deleting(ada)).toBe('SOLE_IDENTIFIER')
    expect(await shown(user(ada))).toEqual({ age: 1, email: 'ada@x.y' })
    expect(await deleting({})).toBe('MISSING_IDENTITY')
    expect(await deleting({ phone_number: '+1234567' })).toBe('NO_VALID_IDENTIFIER')
    expect(await deleting({ email: 'x' })).toBe('INVALID_EMAIL')
    expect(await deleting([])).toBe('MISSING_IDENTITY')
    expect(await deleting([1])).toBe('BAD_FIELD')
  })

  it('deleteIdentifiers rejects in the vendor’s words', async () => {
    const { insider, upserting } = open()
    await upserting(upsert(ada))
    expect(right(await insider.deleteIdentifiers({ value: { identifiers: ada } }))).toMatchObject({
      message: 'you cannot delete the sole identifier specified for a user'
    })
  })

  it('[B-01] deleteIdentifiers rejects identifiers of different users, with any settings', async () => {
    const { insider, upserting, all } = open({ identifiers, onConflict: 'priority' })
    await upserting(upsert({ ...ada, uuid: 'u' }), upsert({ ...bob, uuid: 'v' }))
    const before = await all()
    const outcome = await insider.deleteIdentifiers({ value: { identifiers: { ...ada, uuid: 'v' } } })
    expect(verdict(outcome)).toBe('IDENTIFIER_CONFLICT')
    expect(await all()).toEqual(before)
  })

  it('updateIdentifier replaces the value of one name of a user', async () => {
    const { insider, upserting, shown } = open({ identifiers })
    await upserting(upsert({ ...ada, uuid: 'u', custom: { card: '1' } }, { age: 1 }), upsert({ uuid: 'taken' }))
    const updating = async (old_identifier: unknown, new_identifier: unknown) =>
      verdict(await insider.updateIdentifier({ value: { old_identifier, new_identifier } }))
    expect(await updating({ uuid: 'u' }, { uuid: 'u' })).toBe('SAME_IDENTIFIER')
    expect(await updating({ uuid: 'u' }, { uuid: 'taken' })).toBe('IDENTIFIER_TAKEN')
    for (const [from, to] of [
      [{ uuid: 'u', ...ada }, { uuid: 'w' }],
      [{ uuid: 'u' }, { uuid: 'w', ...bob }],
      [{ uuid: 'u' }, {}],
      [null, { uuid: 'w' }],
      [{ uuid: 'u' }, bob],
      // A name that does not identify counts as an entry all the same.
      [{ uuid: 'u', phone_number: '+1234567' }, { uuid: 'w' }]
    ]) {
      expect(await updating(from, to)).toBe('ONE_IDENTIFIER')
    }
    expect(await updating({ phone_number: '+1234567' }, { phone_number: '+7654321' })).toBe('NO_VALID_IDENTIFIER')
    expect(await updating({ uuid: 'nobody' }, { uuid: 'w' })).toBe('NOT_FOUND')
    expect(await updating({ uuid: 'u' }, { uuid: 'w' })).toBe('Applied')
    expect(await updating({ custom: { card: '1' } }, { custom: { card: '2' } })).toBe('Applied')
    expect(await shown(user({ uuid: 'u' }))).toBeUndefined()
    expect(await shown(user({ uuid: 'w' }))).toEqual({ age: 1, email: 'ada@x.y', uuid: 'w', c_card: '2' })
    // What was given back is free.
    expect(await upserting(upsert({ uuid: 'u' }, { age: 9 }))).toEqual(['Applied'])
    expect(await shown(user({ uuid: 'u' }))).toEqual({ age: 9, uuid: 'u' })
  })

  it('updateIdentifier rejects in the vendor’s words', async () => {
    const { insider, upserting } = open()
    await upserting(upsert({ uuid: 'u' }), upsert({ uuid: 'taken' }))
    const message = async (to: object) =>
      right(await insider.updateIdentifier({ value: { old_identifier: { uuid: 'u' }, new_identifier: to } }))
    expect(await message({ uuid: 'taken' })).toMatchObject({
      message: 'new identifier already has a user assigned to it'
    })
    expect(await message({ uuid: 'u' })).toMatchObject({ message: 'identifier values are the same' })
    expect(await message({})).toMatchObject({
      message: 'there must be exactly 1 entry for both new and old identifiers'
    })
  })

  it('deleteUser deletes the user with all attached data, and frees each identifier', async () => {
    const { insider, upserting, shown, idOf, all } = open({ identifiers })
    await upserting(upsert({ ...ada, uuid: 'u' }, { age: 1 }), upsert(bob, { age: 2 }))
    const insider_id = await idOf(user({ uuid: 'u' }))
    expect(right(await insider.deleteUser({ value: user(ada) }))).toMatchObject({
      _tag: 'Applied',
      effect: { _tag: 'UserPointDeleted', userPoint: insider_id, identifiers: 2, profiles: 1 }
    })
    for (const identity of [user(ada), user({ uuid: 'u' }), { insider_id }]) {
      expect(await shown(identity)).toBeUndefined()
    }
    expect(verdict(await insider.deleteUser({ value: { insider_id } }))).toBe('NOT_FOUND')
    expect(verdict(await insider.deleteUser({ value: {} }))).toBe('MISSING_IDENTITY')
    expect(await all()).toHaveLength(1)
    await upserting(upsert(ada))
    expect(await idOf(user(ada))).not.toBe(insider_id)
  })

  it('getUser shows c_ names, and the latest value of an identifier', async () => {
    const { insider, upserting, idOf } = open({ identifiers })
    await upserting(
      upsert({ ...ada, uuid: 'u' }, { age: 1, custom: { hat: 1, card: '1' } }),
      upsert({ uuid: 'u', email: 'new@x.y' })
    )
    expect(right(await insider.getUser({ value: user(ada, { attributes: ['*'] }) }))).toEqual({
      attributes: {
        age: 1,
        c_hat: 1,
        email: 'new@x.y',
        uuid: 'u',
        c_card: '1',
        iid: await idOf(user({ uuid: 'u' }))
      },
      events: {}
    })
  })

  it('getUser shows the latest value after a merge, from either user', async () => {
    const { upserting, shown } = open({ identifiers })
    await upserting(upsert({ uuid: 'u', email: 'first@x.y' }), upsert({ custom: { card: '1' }, email: 'second@x.y' }))
    await upserting(upsert({ uuid: 'u', email: 'third@x.y' }))
    await upserting(upsert({ uuid: 'u', custom: { card: '1' } }))
    expect(await shown(user({ uuid: 'u' }))).toMatchObject({ email: 'third@x.y' })
  })

  it('getUser returns nothing for a missing user, and rejects an ambiguous one', async () => {
    const { insider, upserting } = open({ identifiers })
    await upserting(upsert(ada), upsert(bob), upsert({ uuid: 'u' }))
    const all = { attributes: ['*'] }
    expect(await insider.getUser({ value: user({ uuid: 'nobody' }, all) })).toEqual({ _tag: 'Right', right: undefined })
    expect(await insider.getUser({ value: user({ ...ada, uuid: 'u' }, all) })).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'Rejected', code: 'IDENTIFIER_CONFLICT' }
    })
    expect(await insider.getUser({ value: {} })).toMatchObject({ left: { code: 'MISSING_IDENTITY' } })
    expect(await insider.getUser({ value: 1 })).toMatchObject({ left: { code: 'NOT_AN_OBJECT' } })
  })

  it('getUser reads through the profile at the default key, and no other', async () => {
    const { engine, shown, all } = open()
    await importText(
      engine,
      'USER_PROFILE',
      [hash('h1', { a: 1, custom: { b: 2 } }), hash('h2', { $compartment_id: 9 })].join('\n')
    )
    const [first, second] = (await all()).map((point) => point['user_point_id'])
    expect(await shown({ insider_id: first })).toEqual({ a: 1, c_b: 2 })
    expect(await shown({ insider_id: second })).toEqual({})
  })
})
