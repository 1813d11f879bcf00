import { describe, expect, it } from 'vitest'
import { parseCompartmentId } from '../../../src/domain/compartment.ts'
import { claimOf } from '../../../src/domain/identifier.ts'
import { commandOf, compartment, decodedOf, faultOf, nested, type Settings, warningsOf } from './decoding.ts'

const remove = 'USER_POINTS_DELETION'
const account = (compartment_id: unknown, user_account_id: unknown = 'ada') => ({
  type: 'USER_ACCOUNT',
  compartment_id,
  user_account_id
})
const upsert = (fields: object) => ({ operation: 'UPSERT', force_replace: true, user_profile: {}, ...fields })

const claimed = (line: unknown, settings?: Settings): string => {
  const command = commandOf(remove, line, settings)
  if (command._tag !== 'DeleteUserPoint') throw new Error('not a deletion')
  const { reference } = command
  if (reference._tag === 'UserPoint' || reference._tag === 'AnyOf') throw new Error('not an identifier')
  return claimOf(reference)
}

describe('compartment ids', () => {
  it.each([1000, '1000', '01000', '0001000', 1e3])('[A-01] 1000 is spelled %j too', (id) => {
    expect(claimed(account(id))).toBe(claimed(account(1000)))
    expect(parseCompartmentId(id)).toBe('1000')
  })

  it.each([0, '0', '000', -0])('[A-01] 0 is spelled %j too', (id) => {
    expect(parseCompartmentId(id)).toBe('0')
  })

  it('[A-01] text of digits may be longer than a safe integer, up to 40 digits', () => {
    expect(parseCompartmentId('9'.repeat(40))).toBe('9'.repeat(40))
    expect(parseCompartmentId('9'.repeat(41))).toBeUndefined()
    expect(parseCompartmentId(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991')
  })

  it.each([-1, 1.5, 1e21, 2 ** 53, '', ' 1', '1 ', '-1', '+1', '1.0', '0x10', '1e3', '\u0661', true, [1], { id: 1 }])(
    '[A-01] %j is invalid',
    (id) => {
      expect(faultOf(remove, account(id))).toBe('BAD_COMPARTMENT_ID at compartment_id')
      expect(faultOf('USER_PROFILE', upsert(account(id)))).toBe('BAD_COMPARTMENT_ID at compartment_id')
      expect(faultOf('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers: [account(1), account(id)] })).toBe(
        'BAD_COMPARTMENT_ID at identifiers[1].compartment_id'
      )
      expect(faultOf('USER_PROFILE', upsert({ email_hash: 'h', user_profile: { $compartment_id: id } }))).toBe(
        'BAD_COMPARTMENT_ID at user_profile.$compartment_id'
      )
    }
  )

  it('[A-02] the default compartment, absent and null are one', () => {
    const settings = { defaultCompartment: compartment(1000) }
    const explicit = claimed(account('1000'), settings)
    expect(claimed({ type: 'USER_ACCOUNT', user_account_id: 'ada' }, settings)).toBe(explicit)
    expect(claimed(account(null), settings)).toBe(explicit)
    expect(claimed(account(1001), settings)).not.toBe(explicit)
    expect(claimed(account(null))).toBe(claimed(account(0)))
  })

  it('[A-02] without a default, a line that names no compartment is rejected', () => {
    const settings = { defaultCompartment: undefined }
    expect(faultOf(remove, { type: 'USER_ACCOUNT', user_account_id: 'ada' }, settings)).toBe(
      'NO_DEFAULT_COMPARTMENT at compartment_id'
    )
    expect(faultOf(remove, account(null), settings)).toBe('NO_DEFAULT_COMPARTMENT at compartment_id')
    expect(faultOf(remove, account(7), settings)).toBe('accepted')
    expect(faultOf(remove, { type: 'USER_EMAIL', hash: 'h1' }, settings)).toBe('accepted')
    expect(faultOf('USER_PROFILE', upsert({ user_account_id: 'ada' }), settings)).toBe(
      'NO_DEFAULT_COMPARTMENT at compartment_id'
    )
    expect(faultOf('USER_PROFILE', upsert({ email_hash: 'h1' }), settings)).toBe(
      'NO_DEFAULT_COMPARTMENT at user_profile.$compartment_id'
    )
    expect(
      faultOf('USER_PROFILE', upsert({ email_hash: 'h1', user_profile: { $compartment_id: '4' } }), settings)
    ).toBe('accepted')
  })

  it('[A-03] a compartment without an account is incomplete', () => {
    const line = upsert({ compartment_id: '1000' })
    expect(faultOf('USER_PROFILE', line)).toBe('INCOMPLETE_IDENTIFIER at compartment_id')
    expect(faultOf('USER_PROFILE', { ...line, user_account_id: null })).toBe('INCOMPLETE_IDENTIFIER at compartment_id')
    expect(faultOf('USER_PROFILE', { ...line, email_hash: 'h1' })).toBe('INCOMPLETE_IDENTIFIER at compartment_id')
    expect(faultOf('USER_PROFILE', { operation: 'DELETE', compartment_id: 3 })).toBe(
      'INCOMPLETE_IDENTIFIER at compartment_id'
    )
    expect(faultOf('USER_PROFILE', { ...line, compartment_id: null, email_hash: 'h1' })).toBe('accepted')
  })

  it('[A-07] where they are known, only lines that may create are held to them', () => {
    const settings = { knownCompartments: [compartment(0), compartment(7)] }
    expect(faultOf('USER_PROFILE', upsert({ compartment_id: '07', user_account_id: 'ada' }), settings)).toBe('accepted')
    expect(faultOf('USER_PROFILE', upsert({ compartment_id: 8, user_account_id: 'ada' }), settings)).toBe(
      'UNKNOWN_COMPARTMENT at compartment_id'
    )
    expect(faultOf('USER_PROFILE', upsert({ email_hash: 'h1', user_profile: { $compartment_id: 8 } }), settings)).toBe(
      'UNKNOWN_COMPARTMENT at user_profile.$compartment_id'
    )
    expect(faultOf('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers: [account(8)] }, settings)).toBe(
      'UNKNOWN_COMPARTMENT at identifiers[0].compartment_id'
    )
    // A deletion finds nothing there, and says so in its verdict.
    for (const type of [remove, 'USER_IDENTIFIERS_DELETION'] as const) {
      expect(faultOf(type, account(8), settings)).toBe('accepted')
    }
    expect(faultOf('USER_PROFILE', { operation: 'DELETE', compartment_id: 8, user_account_id: 'ada' }, settings)).toBe(
      'accepted'
    )
    expect(faultOf('USER_PROFILE', upsert({ compartment_id: 8, user_account_id: 'ada' }))).toBe('accepted')
  })

  it('[A-07] the default compartment is held to them too', () => {
    expect(faultOf('USER_PROFILE', upsert({ user_account_id: 'ada' }), { knownCompartments: [compartment(7)] })).toBe(
      'UNKNOWN_COMPARTMENT at compartment_id'
    )
  })

  it('[A-07] registries likewise', () => {
    const settings = { knownRegistries: ['9'] }
    expect(faultOf('USER_PROFILE', upsert({ user_agent_id: 'net:9:a' }), settings)).toBe('accepted')
    expect(faultOf('USER_PROFILE', upsert({ user_agent_id: 'vec:1' }), settings)).toBe('accepted')
    expect(faultOf('USER_PROFILE', upsert({ user_agent_id: 'net:8:a' }), settings)).toBe(
      'UNKNOWN_REGISTRY at user_agent_id'
    )
    const device = { type: 'USER_AGENT', user_agent_id: 'ins:8:a' }
    expect(faultOf('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers: [device] }, settings)).toBe(
      'UNKNOWN_REGISTRY at identifiers[0].user_agent_id'
    )
    for (const type of [remove, 'USER_IDENTIFIERS_DELETION', 'USER_DEVICE_POINTS_DELETION'] as const) {
      expect(faultOf(type, device, settings)).toBe('accepted')
    }
    expect(faultOf('USER_PROFILE', upsert({ user_agent_id: 'net:8:a' }))).toBe('accepted')
  })
})

describe('typed identifiers', () => {
  it.each(['user_email', 'EMAIL', 'USER_EMAIL ', '', 'constructor', '__proto__', 7, true, ['USER_EMAIL'], {}])(
    '[A-08] %j is no type',
    (type) => {
      expect(faultOf(remove, { type, hash: 'h1' })).toBe('UNSUPPORTED_TYPE at type')
    }
  )

  it('[A-08] a missing type or field is a line error, and null counts as missing', () => {
    expect(faultOf(remove, {})).toBe('MISSING_FIELD at type')
    expect(faultOf(remove, { type: null, hash: 'h1' })).toBe('MISSING_FIELD at type')
    expect(faultOf(remove, { type: 'USER_EMAIL' })).toBe('MISSING_FIELD at hash')
    expect(faultOf(remove, { type: 'USER_EMAIL', hash: null })).toBe('MISSING_FIELD at hash')
    expect(faultOf(remove, { type: 'USER_EMAIL', email_hash: 'h1' })).toBe('MISSING_FIELD at hash')
    expect(faultOf(remove, { type: 'USER_ACCOUNT', compartment_id: 1 })).toBe('MISSING_FIELD at user_account_id')
    expect(faultOf(remove, { type: 'USER_AGENT' })).toBe('MISSING_FIELD at user_agent_id')
    expect(faultOf(remove, { type: 'USER_POINT' })).toBe('MISSING_FIELD at user_point_id')
  })

  it('[A-08] a key that only a prototype has is missing', () => {
    const inherited: unknown = Object.setPrototypeOf({ type: 'USER_EMAIL' }, { hash: 'h1' })
    expect(faultOf(remove, inherited)).not.toBe('accepted')
    expect(faultOf(remove, JSON.parse('{"__proto__":{"type":"USER_EMAIL","hash":"h1"}}'))).toBe('MISSING_FIELD at type')
    expect(faultOf(remove, JSON.parse('{"type":"USER_EMAIL","__proto__":{"hash":"h1"}}'))).toBe('MISSING_FIELD at hash')
  })

  it.each(['', 7, false, [], {}, ['h1'], nested(3)])('[A-08] %j identifies nothing', (value) => {
    expect(faultOf(remove, { type: 'USER_EMAIL', hash: value })).toBe('BAD_FIELD at hash')
    expect(faultOf(remove, account(1, value))).toBe('BAD_FIELD at user_account_id')
    expect(faultOf(remove, { type: 'USER_AGENT', user_agent_id: value })).toBe('BAD_FIELD at user_agent_id')
    expect(faultOf(remove, { type: 'USER_POINT', user_point_id: value })).toBe('BAD_FIELD at user_point_id')
    expect(faultOf('USER_PROFILE', upsert({ email_hash: value }))).toBe('BAD_FIELD at email_hash')
    expect(faultOf('USER_PROFILE', upsert({ user_account_id: value }))).toBe('BAD_FIELD at user_account_id')
    expect(faultOf('USER_PROFILE', upsert({ user_agent_id: value }))).toBe('BAD_FIELD at user_agent_id')
  })

  it('[A-08] fields that nothing reads are warned of, each with its place', () => {
    expect(warningsOf(remove, { type: 'USER_EMAIL', hash: 'h1', note: 1, Hash: 2 })).toEqual([
      'UNKNOWN_FIELD at note',
      'UNKNOWN_FIELD at Hash'
    ])
    expect(warningsOf(remove, { type: 'USER_EMAIL', hash: 'h1', user_account_id: 'x' })).toEqual([
      'UNKNOWN_FIELD at user_account_id'
    ])
    expect(warningsOf(remove, JSON.parse('{"type":"USER_EMAIL","hash":"h1","__proto__":1,"":2}'))).toEqual([
      'UNKNOWN_FIELD at __proto__',
      'UNKNOWN_FIELD at *'
    ])
    expect(warningsOf(remove, { type: 'USER_EMAIL', hash: 'h1' })).toEqual([])
    expect(warningsOf(remove, account(1))).toEqual([])
    expect(warningsOf(remove, { type: 'USER_AGENT', user_agent_id: 'vec:1' })).toEqual([])
    expect(warningsOf(remove, { type: 'USER_POINT', user_point_id: 'p1' })).toEqual([])
    expect(warningsOf('USER_PROFILE', upsert({ email_hash: 'h1', priority: 1 }))).toEqual(['UNKNOWN_FIELD at priority'])
    const identifiers = [
      { type: 'USER_EMAIL', hash: 'h1', email: 'a@example.org' },
      { ...account(1), label: '' }
    ]
    expect(warningsOf('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers, source: 'crm' })).toEqual([
      'UNKNOWN_FIELD at source',
      'UNKNOWN_FIELD at identifiers[1].label'
    ])
  })

  it('[A-08] the name of such a field is shown only if it is one word: it may be an address', () => {
    const pathOf = (name: string) => decodedOf(remove, { type: 'USER_EMAIL', hash: 'h1', [name]: 1 }).warnings[0]?.path
    for (const name of ['email-hash', 'Hash', 'prénom', '$ts', 'n'.repeat(64)]) expect(pathOf(name)).toBe(name)
    for (const name of ['ada@example.org', '+33 6', 'a b', '', 'n'.repeat(65)]) expect(pathOf(name)).toBe('*')
  })

  it('[A-29] a hash is any text, compared exactly', () => {
    const hashes = ['not hex, 3 words', 'ABCDEF', 'abcdef', ' abcdef', 'a:b', 'é', 'e\u0301']
    const claims = new Set(hashes.map((hash) => claimed({ type: 'USER_EMAIL', hash })))
    expect(claims.size).toBe(hashes.length)
  })

  it('[A-30] account ids and user agent ids are neither trimmed nor folded', () => {
    const ids = ['Ada', 'ada', ' ada', 'ada ', '\tada', '0', '00']
    expect(new Set(ids.map((id) => claimed(account(1, id)))).size).toBe(ids.length)
    const agents = ['vec:A', 'vec:a', 'vec: a', 'vec:a ']
    expect(new Set(agents.map((id) => claimed({ type: 'USER_AGENT', user_agent_id: id }))).size).toBe(agents.length)
  })

  it('[A-30] identifiers have up to 512 characters', () => {
    const longest = 'x'.repeat(512)
    expect(faultOf(remove, account(1, longest))).toBe('accepted')
    expect(faultOf(remove, account(1, `${longest}x`))).toBe('IDENTIFIER_TOO_LONG at user_account_id')
    expect(faultOf(remove, { type: 'USER_EMAIL', hash: `${longest}x` })).toBe('IDENTIFIER_TOO_LONG at hash')
    expect(faultOf(remove, { type: 'USER_AGENT', user_agent_id: `vec:${longest.slice(4)}` })).toBe('accepted')
    expect(faultOf(remove, { type: 'USER_AGENT', user_agent_id: `vec:${longest.slice(3)}` })).toBe(
      'IDENTIFIER_TOO_LONG at user_agent_id'
    )
    expect(faultOf('USER_PROFILE', upsert({ email_hash: longest }))).toBe('accepted')
    expect(faultOf('USER_PROFILE', upsert({ email_hash: `${longest}x` }))).toBe('IDENTIFIER_TOO_LONG at email_hash')
    expect(
      faultOf('USER_PROFILE', upsert({ email_hash: 'h1', user_profile: { $user_account_id: `${longest}x` } }))
    ).toBe('IDENTIFIER_TOO_LONG at user_profile.$user_account_id')
  })

  it('[A-30] the id of a user point is folded to lower case, ASCII letters only', () => {
    const id = (user_point_id: string) => commandOf(remove, { type: 'USER_POINT', user_point_id })
    expect(id('0C5E9D4A-1111-4222-8333-ABCDEFABCDEF')).toEqual({
      _tag: 'DeleteUserPoint',
      reference: { _tag: 'UserPoint', id: '0c5e9d4a-1111-4222-8333-abcdefabcdef' }
    })
    // The Kelvin sign is no K.
    expect(id('\u212a')).toEqual({ _tag: 'DeleteUserPoint', reference: { _tag: 'UserPoint', id: '\u212a' } })
  })

  it.each([
    'x',
    '0c5e9d4a11114222833abcdefabcdef',
    ' 0c5e9d4a-1111-4222-8333-abcdefabcdef',
    '0c5e9d4a-1111-4222-8333-abcdefabcdeg',
    '0c5e9d4a-1111-4222-8333-abcdefabcdef0'
  ])('[A-30] the id %j of a user point is fine by default, and none where UUIDs are asked for', (user_point_id) => {
    expect(faultOf(remove, { type: 'USER_POINT', user_point_id })).toBe('accepted')
    expect(faultOf(remove, { type: 'USER_POINT', user_point_id }, { userPointIds: 'uuid' })).toBe(
      'BAD_FIELD at user_point_id'
    )
  })

  it('[A-30] a UUID in upper case is fine where UUIDs are asked for', () => {
    const user_point_id = '0C5E9D4A-1111-4222-8333-ABCDEFABCDEF'
    expect(faultOf(remove, { type: 'USER_POINT', user_point_id }, { userPointIds: 'uuid' })).toBe('accepted')
  })
})

describe('flat identifiers', () => {
  it('[A-13] more than one identifier on a profile line is rejected, even if all lead to one person', () => {
    const both = { email_hash: 'h1', user_agent_id: 'vec:1' }
    expect(faultOf('USER_PROFILE', upsert(both))).toBe('MULTIPLE_IDENTIFIERS')
    expect(faultOf('USER_PROFILE', { operation: 'DELETE', ...both })).toBe('MULTIPLE_IDENTIFIERS')
    expect(faultOf('USER_PROFILE', upsert({ user_account_id: 'a', email_hash: 'h1' }))).toBe('MULTIPLE_IDENTIFIERS')
    expect(faultOf('USER_PROFILE', upsert({ compartment_id: 1, user_account_id: 'a', user_agent_id: 'vec:1' }))).toBe(
      'MULTIPLE_IDENTIFIERS'
    )
    expect(faultOf('USER_PROFILE', upsert({ ...both, compartment_id: 1, user_account_id: 'a' }))).toBe(
      'MULTIPLE_IDENTIFIERS'
    )
  })

  it('[A-13] compartment and account are one identifier', () => {
    expect(commandOf('USER_PROFILE', upsert({ compartment_id: '7', user_account_id: 'ada' }))).toMatchObject({
      reference: { _tag: 'Account', compartment: '7', accountId: 'ada' }
    })
  })

  it('[A-13] a profile line without an identifier is rejected', () => {
    expect(faultOf('USER_PROFILE', upsert({}))).toBe('MISSING_IDENTIFIER')
    expect(faultOf('USER_PROFILE', { operation: 'DELETE' })).toBe('MISSING_IDENTIFIER')
    expect(faultOf('USER_PROFILE', upsert({ user_account_id: null, email_hash: null, user_agent_id: null }))).toBe(
      'MISSING_IDENTIFIER'
    )
  })

  it('[A-13] null counts as absent', () => {
    const line = upsert({ compartment_id: null, user_account_id: null, email_hash: 'h1', user_agent_id: null })
    expect(commandOf('USER_PROFILE', line)).toMatchObject({ reference: { _tag: 'EmailHash', hash: 'h1' } })
  })

  it('[A-15] udp: on a profile line refers to a device point', () => {
    expect(commandOf('USER_PROFILE', upsert({ user_agent_id: 'udp:55' }))).toMatchObject({
      reference: { _tag: 'DevicePoint', id: 'udp:55' }
    })
    expect(commandOf('USER_PROFILE', { operation: 'DELETE', user_agent_id: 'udp:55' })).toMatchObject({
      reference: { _tag: 'DevicePoint', id: 'udp:55' }
    })
  })
})
