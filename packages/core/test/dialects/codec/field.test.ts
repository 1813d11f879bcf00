import fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import {
  booleanField,
  compartmentId,
  decodeWith,
  type Field,
  forceReplace,
  idField,
  identifierText,
  minutes,
  moment,
  objectField,
  objectWith,
  optional
} from '../../../src/dialects/codec/field.ts'
import { rejectionMessages } from '../../../src/command/rejection.ts'
import { E } from '../../../src/fp.ts'
import { anything } from '@userpoint/conformance/arbitraries'
import { law } from '../../laws/law.ts'
import { same } from '../../laws/predicates.ts'

const codecs = {
  booleanField,
  compartmentId,
  forceReplace,
  idField,
  identifierText,
  minutes,
  moment,
  objectField,
  optional: optional(idField)
}

const unkind = fc.oneof(
  anything(),
  fc.constantFrom<unknown>(0, -1, 1.5, 2 ** 53, 525_960_001, '0', '007', 'x'.repeat(512), 'x'.repeat(513), {}, true)
)

/** Returns the code and path of the rejection, or the decoded value. */
const read = <A, W>(codec: Field<A, W>, value: unknown): unknown => {
  const decoded = decodeWith(codec, value, ['within'])
  return E.isRight(decoded) ? decoded.right : `${decoded.left.code} at ${decoded.left.path}`
}

describe('the codec of a field', () => {
  for (const [name, codec] of Object.entries<t.Mixed>(codecs)) {
    law(`holds exactly what it decodes to itself: ${name}`, unkind, (value) => {
      const decoded = codec.decode(value)
      return codec.is(value) === (E.isRight(decoded) && Object.is(decoded.right, value))
    })

    law(`says a code of a rejection where it fails: ${name}`, unkind, (value) => {
      const decoded = codec.decode(value)
      return E.isRight(decoded) || decoded.left.every(({ message }) => Object.hasOwn(rejectionMessages, message ?? ''))
    })
  }

  it('[A-13] that may be absent holds nothing, and no null: that becomes nothing', () => {
    const codec = optional(identifierText)
    expect([undefined, 'x', null, 1].map((value) => codec.is(value))).toEqual([true, true, false, false])
    expect([undefined, 'x', null].map((value) => read(codec, value))).toEqual([undefined, 'x', undefined])
  })

  it('[A-30] of an identifier measures it before it looks at its characters', () => {
    for (const codec of [identifierText, idField]) {
      expect(read(codec, 'x'.repeat(512))).toBe('x'.repeat(512))
      expect(read(codec, '\0'.repeat(512))).toBe('BAD_FIELD at within')
      expect(read(codec, '\0'.repeat(513))).toBe('IDENTIFIER_TOO_LONG at within')
    }
  })

  it('of a moment takes its digits as text', () => {
    for (const value of [0, '0', 1_700_000_000_000, '1700000000000', '0001', 8.64e15, '8640000000000000'])
      expect(read(moment, value)).toBe(Number(value))
    for (const value of ['', ' 1', '1 ', '-1', '1.5', '1e3', '8640000000000001', '9'.repeat(17), '\u0661', true, [1]])
      expect(read(moment, value)).toBe('BAD_FIELD at within')
    expect([undefined, null].map((value) => read(moment, value))).toEqual(Array(2).fill('MISSING_FIELD at within'))
  })
})

describe('the codec of an object', () => {
  const props = { id: idField, when: optional(moment), on: booleanField }
  const members = fc.record({ id: unkind, when: unkind, on: unkind, other: unkind }, { requiredKeys: [] })
  const likely = fc.record({ id: fc.string(), when: fc.option(fc.nat()), on: fc.boolean(), other: unkind })

  law(
    'decodes its fields, and fails first where io-ts does',
    fc.oneof(members, likely, unkind),
    (value) => {
      const codec = objectWith(props)
      const ours = codec.decode(value)
      const theirs = t.type(props).decode(value)
      if (E.isRight(theirs)) {
        const { id, when, on } = theirs.right
        return same(ours, E.right({ id, when, on }))
      }
      const pathOf = ([first]: t.Errors) => first?.context.map(({ key }) => key)
      const codeOf = ([first]: t.Errors) => first?.message ?? 'BAD_FIELD'
      return (
        E.isLeft(ours) && same(pathOf(ours.left), pathOf(theirs.left)) && same(codeOf(ours.left), codeOf(theirs.left))
      )
    },
    2_000
  )

  it('names the place of a failure within objects', () => {
    const codec = objectWith({ inner: objectWith({ on: booleanField }) })
    expect(read(codec, { inner: { on: 'true' } })).toBe('BAD_FIELD at within.inner.on')
    expect(read(codec, { inner: 7 })).toBe('BAD_FIELD at within.inner')
    expect(read(codec, { inner: { on: true, more: 1 }, more: 1 })).toEqual({ inner: { on: true } })
    expect(codec.is({ inner: { on: true } })).toBe(true)
    expect([codec.is({ inner: {} }), codec.is([])]).toEqual([false, false])
  })
})
