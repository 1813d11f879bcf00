import { describe, expect, it } from 'vitest'
import { apply } from '../../../src/domain/patch.ts'
import { commandOf, faultOf, warningsOf } from './decoding.ts'

const type = 'USER_CHOICE'
const body = (fields: object = {}) => ({ $processing_id: 'p1', $choice_ts: 1_000, ...fields })
const upsert = (fields: object = {}) => ({
  operation: 'UPSERT',
  email_hash: 'h1',
  force_replace: false,
  user_choice: body(),
  ...fields
})
const deletion = (fields: object = {}) => ({
  operation: 'DELETE',
  email_hash: 'h1',
  user_choice: { $processing_id: 'p1' },
  ...fields
})

const upserted = (stored: object, force_replace: boolean, choice: object): unknown => {
  const command = commandOf(type, upsert({ force_replace, user_choice: body(choice) }))
  if (command._tag !== 'UpsertChoice') throw new Error('not an upsert')
  return apply(command.patch, stored as never)
}

describe('USER_CHOICE', () => {
  it('UPSERT makes a choice on one processing, DELETE removes it', () => {
    expect(commandOf(type, upsert())).toMatchObject({
      _tag: 'UpsertChoice',
      reference: { _tag: 'EmailHash', hash: 'h1' },
      processing: 'p1',
      chosenAt: 1_000
    })
    expect(commandOf(type, deletion())).toEqual({
      _tag: 'DeleteChoice',
      reference: { _tag: 'EmailHash', hash: 'h1' },
      processing: 'p1'
    })
  })

  it.each(['UPDATE', 'upsert', '', 1])('[A-37] %j is no operation of it', (operation) => {
    expect(faultOf(type, upsert({ operation }))).toBe('UNSUPPORTED_OPERATION at operation')
  })

  it('[A-13] a line names one identifier, for any operation', () => {
    for (const line of [upsert, deletion]) {
      expect(faultOf(type, line({ user_account_id: 'a' }))).toBe('MULTIPLE_IDENTIFIERS')
      expect(faultOf(type, line({ email_hash: null }))).toBe('MISSING_IDENTIFIER')
    }
  })

  it('[A-07] only what would create must be in a known compartment', () => {
    const account = { email_hash: null, compartment_id: 9, user_account_id: 'a' }
    expect(faultOf(type, upsert(account), { knownCompartments: [] })).toBe('UNKNOWN_COMPARTMENT at compartment_id')
    expect(faultOf(type, deletion(account), { knownCompartments: [] })).toBe('accepted')
  })

  it('the body is mandatory, on DELETE too, because it selects', () => {
    for (const line of [upsert, deletion]) {
      expect(faultOf(type, line({ user_choice: null }))).toBe('MISSING_FIELD at user_choice')
      for (const user_choice of [1, 'p1', [], true]) {
        expect(faultOf(type, line({ user_choice }))).toBe('BAD_FIELD at user_choice')
      }
    }
  })

  it('$processing_id is mandatory on both, as text or a number', () => {
    for (const line of [upsert, deletion]) {
      expect(faultOf(type, line({ user_choice: { $choice_ts: 1 } }))).toBe(
        'MISSING_FIELD at user_choice.$processing_id'
      )
      expect(faultOf(type, line({ user_choice: body({ $processing_id: '' }) }))).toBe(
        'BAD_FIELD at user_choice.$processing_id'
      )
      expect(commandOf(type, line({ user_choice: body({ $processing_id: 7 }) }))).toEqual(
        commandOf(type, line({ user_choice: body({ $processing_id: '7' }) }))
      )
    }
  })

  it('$choice_ts is mandatory on UPSERT and not read on DELETE', () => {
    expect(faultOf(type, upsert({ user_choice: { $processing_id: 'p1' } }))).toBe(
      'MISSING_FIELD at user_choice.$choice_ts'
    )
    for (const $choice_ts of ['1.5', '', -1, 1.5, true]) {
      expect(faultOf(type, upsert({ user_choice: body({ $choice_ts }) }))).toBe('BAD_FIELD at user_choice.$choice_ts')
      expect(faultOf(type, deletion({ user_choice: body({ $choice_ts }) }))).toBe('accepted')
    }
    expect(commandOf(type, upsert({ user_choice: body({ $choice_ts: 0 }) }))).toMatchObject({ chosenAt: 0 })
    expect(commandOf(type, upsert({ user_choice: body({ $choice_ts: '1700000000000' }) }))).toMatchObject({
      chosenAt: 1_700_000_000_000
    })
  })

  it('force_replace is mandatory on UPSERT and not read on DELETE', () => {
    expect(faultOf(type, upsert({ force_replace: null }))).toBe('MISSING_FORCE_REPLACE at force_replace')
    expect(faultOf(type, upsert({ force_replace: 'true' }))).toBe('BAD_FIELD at force_replace')
    expect(faultOf(type, deletion({ force_replace: 'true' }))).toBe('accepted')
  })

  it('replaces, or overrides key by key; what selects is no property', () => {
    const stored = { a: { x: 1 }, b: 1 }
    expect(upserted(stored, true, { a: { y: 2 } })).toEqual({ a: { y: 2 } })
    expect(upserted(stored, false, { a: { y: 2 } })).toEqual({ a: { y: 2 }, b: 1 })
    expect(upserted(stored, false, {})).toEqual(stored)
  })

  it('[A-08] any other field is a warning', () => {
    for (const line of [upsert, deletion]) {
      expect(warningsOf(type, line())).toEqual([])
      expect(warningsOf(type, line({ merge_objects: true }))).toEqual(['UNKNOWN_FIELD at merge_objects'])
    }
  })
})
