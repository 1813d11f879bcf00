import { describe, expect, it } from 'vitest'
import {
  decodeDeleteIdentifiers,
  decodeDeleteUser,
  decodeUpdateIdentifier
} from '../../../src/dialects/insider/identifiers.ts'
import { defaultIdentitySettings, type IdentitySettings } from '../../../src/dialects/insider/settings.ts'
import { E } from '../../../src/fp.ts'

const decoders = {
  deleteIdentifiers: decodeDeleteIdentifiers,
  updateIdentifier: decodeUpdateIdentifier,
  deleteUser: decodeDeleteUser
}

/** The command, or the code of the rejection with its path. */
const read = (call: keyof typeof decoders, body: object, settings: Partial<IdentitySettings> = {}): unknown => {
  const decoded = decoders[call](body as never, { ...defaultIdentitySettings, ...settings })
  if (E.isRight(decoded)) return decoded.right
  const { code, path } = decoded.left
  return path === undefined ? code : `${code} at ${path}`
}

const named = (name: string, value: string) => ({ _tag: 'Named', name, value })

describe('deleting identifiers', () => {
  it('[B-01] lists them in the order of the settings; a conflict rejects, with any settings', () => {
    const body = { identifiers: { uuid: 'u', email: 'a@b.c' } }
    const command = {
      _tag: 'DeleteNamedIdentifiers',
      identifiers: [named('email', 'a@b.c'), named('uuid', 'u')],
      onConflict: 'Reject'
    }
    expect(read('deleteIdentifiers', body)).toEqual(command)
    expect(read('deleteIdentifiers', body, { onConflict: 'priority' })).toEqual(command)
  })

  it('[B-03, B-04] needs one that counts', () => {
    for (const body of [{}, { identifiers: null }, { identifiers: {} }, { insider_id: 'p1' }]) {
      expect(read('deleteIdentifiers', body)).toBe('MISSING_IDENTITY')
    }
    expect(read('deleteIdentifiers', { identifiers: { custom: { card: '1' } } })).toBe(
      'NO_VALID_IDENTIFIER at identifiers'
    )
    expect(read('deleteIdentifiers', { identifiers: { email: 'x' } })).toBe('INVALID_EMAIL at identifiers.email')
    expect(read('deleteIdentifiers', { identifiers: [] })).toBe('MISSING_IDENTITY')
    expect(read('deleteIdentifiers', { identifiers: [1] })).toBe('BAD_FIELD at identifiers')
  })
})

describe('updating an identifier', () => {
  const change = (old_identifier: unknown, new_identifier: unknown) => ({ old_identifier, new_identifier })

  it('takes one entry in old and new, of one name, with different values', () => {
    expect(read('updateIdentifier', change({ uuid: 'a' }, { uuid: 'b' }))).toEqual({
      _tag: 'ReplaceIdentifier',
      from: named('uuid', 'a'),
      to: named('uuid', 'b')
    })
    const two = { uuid: 'a', email: 'a@b.c' }
    for (const not of [undefined, null, {}, two]) {
      expect(read('updateIdentifier', change(not, { uuid: 'b' }))).toBe('ONE_IDENTIFIER at old_identifier')
      expect(read('updateIdentifier', change({ uuid: 'b' }, not))).toBe('ONE_IDENTIFIER at new_identifier')
    }
    expect(read('updateIdentifier', change({ uuid: 'a' }, { email: 'a@b.c' }))).toBe('ONE_IDENTIFIER at new_identifier')
    expect(read('updateIdentifier', change({ uuid: 'a' }, { uuid: 'a' }))).toBe('SAME_IDENTIFIER at new_identifier')
  })

  it('[B-03, B-18] rejects unlisted and malformed ones', () => {
    const card = { custom: { card: '1' } }
    expect(read('updateIdentifier', change(card, { uuid: 'b' }))).toBe('NO_VALID_IDENTIFIER at old_identifier')
    expect(read('updateIdentifier', change({ uuid: 'b' }, card))).toBe('NO_VALID_IDENTIFIER at new_identifier')
    expect(read('updateIdentifier', change({ email: 'x' }, { email: 'a@b.c' }))).toBe(
      'INVALID_EMAIL at old_identifier.email'
    )
    expect(read('updateIdentifier', change({ email: 'a@b.c' }, { email: 'x' }))).toBe(
      'INVALID_EMAIL at new_identifier.email'
    )
  })
})

describe('deleting a user', () => {
  it('[B-04] means whom an identity means', () => {
    expect(read('deleteUser', { identifiers: { uuid: 'u' } }, { onConflict: 'priority' })).toEqual({
      _tag: 'DeleteUserPoint',
      reference: { _tag: 'AnyOf', references: [named('uuid', 'u')], onConflict: 'First', decisive: false }
    })
    expect(read('deleteUser', { insider_id: 'P1' })).toEqual({
      _tag: 'DeleteUserPoint',
      reference: {
        _tag: 'AnyOf',
        references: [{ _tag: 'UserPoint', id: 'p1' }],
        onConflict: 'Reject',
        decisive: true
      }
    })
    expect(read('deleteUser', {})).toBe('MISSING_IDENTITY')
  })
})
