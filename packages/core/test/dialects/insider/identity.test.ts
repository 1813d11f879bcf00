import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IdentitySettings } from '../../../src/dialects/insider/settings.ts'
import { law } from '../../laws/law.ts'
import { commandOf, countedOf, faultOf } from './asking.ts'

const user = (identifiers: unknown, rest: object = {}) => ({ identifiers, whole: ['name'], attributes: {}, ...rest })
const fault = (identifiers: unknown, settings: Partial<IdentitySettings> = {}): string => {
  const [first, second] = (['delete', 'upsert'] as const).map((call) => faultOf(call, user(identifiers), settings))
  expect(second).toBe(first)
  return first as string
}
const custom: Partial<IdentitySettings> = {
  identifiers: [{ name: 'uuid' }, { name: 'card', custom: true }, { name: 'email' }, { name: 'email', custom: true }]
}

describe('who is meant', () => {
  it.each(['a@b.c', 'A@b.c', ' a @ b . c ', 'é@é.é', 'a@b@c.d', 'a@b..c'])(
    '[B-18] %j is an email, as it is written',
    (email) => {
      expect(countedOf(user({ email }))).toEqual([`email=${email}`])
    }
  )

  it.each(['a', 'a@b', '@b.c', 'a@.c', 'a@b.', '.@', 1, true, [], {}, ['a@b.c'], 'a\n@b.c', 'a\nb@c.d', 'a@b.c\nd'])(
    '[B-18] %j is no email',
    (email) => {
      expect(fault({ email })).toBe('INVALID_EMAIL at identifiers.email')
    }
  )

  law(
    "[B-18] an email is what the vendor's pattern takes, found in linear time",
    fc
      .array(fc.constantFrom('a', '@', '.', '\n', '\u2028', ' ', '@.', 'é'), { maxLength: 9 })
      .map((parts) => parts.join('')),
    // Cubic, so that only short texts are compared with it.
    (email) =>
      email === '' ||
      (/^.+@.+\..+$/.test(email)
        ? countedOf(user({ email }))?.[0] === `email=${email}`
        : fault({ email }) === 'INVALID_EMAIL at identifiers.email'),
    1_000
  )

  it.each(['+1234567', '+123456789012345', '+6598765432'])('[B-18] %j is a phone number', (phone_number) => {
    expect(countedOf(user({ phone_number }))).toEqual([`phone_number=${phone_number}`])
  })

  it.each([
    '6598765432',
    '+0234567',
    '+123456',
    '+1234567890123456',
    '+65 98765432',
    '+6598765432\n',
    '0+6598765432',
    6598765432
  ])('[B-18] %j is no phone number', (phone_number) => {
    expect(fault({ phone_number })).toBe('INVALID_PHONE_NUMBER at identifiers.phone_number')
  })

  it.each([1, true, [], {}])('[B-18] %j is no uuid, which is any text', (uuid) => {
    expect(fault({ uuid })).toBe('INVALID_UUID at identifiers.uuid')
    expect(countedOf(user({ uuid: 'Any Text ' }))).toEqual(['uuid=Any Text '])
  })

  it('[B-18] the default identifiers are three, and no other stands beside them', () => {
    expect(fault({ email: 'a@b.c', card: '1' })).toBe('UNKNOWN_IDENTIFIER at identifiers.card')
    expect(fault(JSON.parse('{"__proto__":"x"}'))).toBe('UNKNOWN_IDENTIFIER at identifiers.__proto__')
    expect(fault({ constructor: 'x' })).toBe('UNKNOWN_IDENTIFIER at identifiers.constructor')
  })

  it('an identifier longer than a store can keep is rejected', () => {
    expect(fault({ uuid: 'x'.repeat(513) })).toBe('IDENTIFIER_TOO_LONG at identifiers.uuid')
    expect(fault({ uuid: 'x'.repeat(512) })).toBe('accepted')
    expect(fault({ uuid: Array(513).fill('x') })).toBe('INVALID_UUID at identifiers.uuid')
    const known = (insider_id: unknown) => faultOf('delete', user(null, { insider_id }))
    expect(known('x'.repeat(513))).toBe('IDENTIFIER_TOO_LONG at insider_id')
    expect(known('x'.repeat(512))).toBe('accepted')
    expect(known(`${'x'.repeat(511)}\0`)).toBe('BAD_FIELD at insider_id')
    expect(known(Array(513).fill('x'))).toBe('BAD_FIELD at insider_id')
  })

  it('[B-01] the order is that of the settings, never that of the request', () => {
    const all = { email: 'a@b.c', custom: { email: 'x', card: '1' }, uuid: 'u' }
    const reversed = Object.fromEntries(Object.entries(all).reverse())
    const expected = ['uuid=u', 'custom.card=1', 'email=a@b.c', 'custom.email=x']
    expect(countedOf(user(all), custom)).toEqual(expected)
    expect(countedOf(user(reversed), custom)).toEqual(expected)
  })

  it('[B-01] a conflict rejects, or goes by priority where the settings say so', () => {
    const references = { email: 'a@b.c', uuid: 'u' }
    expect(commandOf('delete', user(references))).toMatchObject({ reference: { onConflict: 'Reject' } })
    expect(commandOf('delete', user(references), { onConflict: 'priority' })).toMatchObject({
      reference: { onConflict: 'First', references: [{ name: 'email' }, { name: 'uuid' }], decisive: false }
    })
  })

  it('[B-03] what the settings do not list is ignored; where none is left the user is rejected', () => {
    expect(countedOf(user({ uuid: 'u', custom: { shoe: '44' } }))).toEqual(['uuid=u'])
    expect(fault({ custom: { card: '1' } })).toBe('NO_VALID_IDENTIFIER at identifiers')
    expect(fault({ phone_number: '+1234567' }, custom)).toBe('NO_VALID_IDENTIFIER at identifiers')
  })

  it('[B-03] a custom identifier and a default one of the same name are two', () => {
    expect(countedOf(user({ custom: { email: 'no shape' } }), custom)).toEqual(['custom.email=no shape'])
    const identifiers = [{ name: 'uuid' }, { name: 'email', custom: true }]
    expect(countedOf(user({ email: 'a@b.c', custom: { email: 'x' } }), { identifiers })).toEqual(['custom.email=x'])
    expect(fault({ custom: { uuid: 'u' } })).toBe('NO_VALID_IDENTIFIER at identifiers')
  })

  it.each([
    undefined,
    null,
    {},
    [],
    { email: null },
    { email: '', uuid: '', phone_number: '' },
    { custom: {} },
    { custom: [] },
    { custom: { card: null } },
    { custom: { card: '', shoe: '' } }
  ])('[B-04, B-34] %j without insider_id are rejected', (identifiers) => {
    expect(fault(identifiers, custom)).toBe('MISSING_IDENTITY')
  })

  it('[B-04] insider_id alone is enough, and decisive beside identifiers', () => {
    expect(commandOf('delete', user(null, { insider_id: 'p1' }))).toMatchObject({
      reference: { references: [{ _tag: 'UserPoint', id: 'p1' }], decisive: true }
    })
    // No setting overrides it silently.
    const both = user({ uuid: 'u' }, { insider_id: 'p1' })
    expect(commandOf('delete', both, { onConflict: 'priority' })).toMatchObject({
      reference: { references: [{ id: 'p1' }, { name: 'uuid' }], decisive: true, onConflict: 'Reject' }
    })
    expect(faultOf('delete', user({ custom: { shoe: '44' } }, { insider_id: 'p1' }))).toBe('accepted')
    for (const insider_id of [1, true, [], {}]) {
      expect(faultOf('delete', user({ uuid: 'u' }, { insider_id }))).toBe('BAD_FIELD at insider_id')
    }
  })

  it('[B-34] what is empty is absent, and the rest decides', () => {
    expect(countedOf(user({ email: '', uuid: 'u', custom: { card: '' } }, { insider_id: '' }), custom)).toEqual([
      'uuid=u'
    ])
    expect(commandOf('delete', user({ uuid: 'u' }, { insider_id: '' }))).toMatchObject({
      reference: { references: [{ name: 'uuid' }], decisive: false }
    })
    expect(faultOf('delete', user(null, { insider_id: '' }))).toBe('MISSING_IDENTITY')
  })

  it('[B-25] blocked values count as not given; none is blocked by default', () => {
    const blockedValues = ['null', '0', 'a@b.c']
    expect(countedOf(user({ uuid: 'null' }))).toEqual(['uuid=null'])
    expect(countedOf(user({ uuid: 'null', email: 'x@y.z' }), { blockedValues })).toEqual(['email=x@y.z'])
    expect(fault({ uuid: '0', email: 'a@b.c' }, { blockedValues })).toBe('NO_VALID_IDENTIFIER at identifiers')
    expect(fault({ uuid: 'NULL' }, { blockedValues })).toBe('accepted')
    expect(fault({ custom: { card: 0 } }, { ...custom, blockedValues, numericIdentifiers: 'text' })).toBe(
      'NO_VALID_IDENTIFIER at identifiers'
    )
  })

  it('[B-28] a custom identifier is text that is not empty', () => {
    expect(countedOf(user({ custom: { card: ' 00 ' } }), custom)).toEqual(['custom.card= 00 '])
    for (const card of [1, true, [], {}]) {
      expect(fault({ custom: { card } }, custom)).toBe('BAD_FIELD at identifiers.custom.card')
    }
    for (const not of [1, 'x', [1], true])
      expect(fault({ custom: not }, custom)).toBe('BAD_FIELD at identifiers.custom')
  })

  it('[B-28] numbers are taken in their decimal spelling where the settings say so', () => {
    const settings = { ...custom, numericIdentifiers: 'text' } as const
    const cardOf = (card: number) => countedOf(user({ custom: { card } }), settings)
    expect(cardOf(42)).toEqual(['custom.card=42'])
    expect(cardOf(0)).toEqual(['custom.card=0'])
    expect(cardOf(-1)).toEqual(['custom.card=-1'])
    for (const card of [1.5, 1e21]) {
      expect(fault({ custom: { card } }, settings)).toBe('BAD_FIELD at identifiers.custom.card')
    }
    expect(fault({ uuid: 7 }, settings)).toBe('INVALID_UUID at identifiers.uuid')
    expect(fault({ custom: { card: true } }, settings)).toBe('BAD_FIELD at identifiers.custom.card')
  })

  it('[B-03, B-25] an unlisted or blocked identifier is ignored, with any value', () => {
    const settings = { identifiers: [{ name: 'email' }, { name: 'uuid' }], blockedValues: ['null'] }
    expect(countedOf(user({ email: 'null', uuid: 'x' }), settings)).toEqual(['uuid=x'])
    expect(countedOf(user({ phone_number: 'no number', uuid: 'x', custom: { card: [] } }), settings)).toEqual([
      'uuid=x'
    ])
    expect(fault({ phone_number: 'no number' }, settings)).toBe('NO_VALID_IDENTIFIER at identifiers')
  })

  it.each([1, 'x', '', [1], true])('%j are no identifiers', (identifiers) => {
    expect(fault(identifiers)).toBe('BAD_FIELD at identifiers')
  })
})
