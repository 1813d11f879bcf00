import fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import {
  booleanField,
  compartmentId,
  decodeWith,
  Field,
  forceReplace,
  idField,
  identifierText,
  minutes,
  moment,
  objectField,
  optional
} from '../../../src/dialects/codec/field.ts'
import { rejectionMessages } from '../../../src/command/rejection.ts'
import { E } from '../../../src/fp.ts'
import { anything } from '@userpoint/conformance/arbitraries'
import { law } from '../../laws/law.ts'

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
const read = <A>(codec: Field<A>, value: unknown): unknown => {
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

  it('that fails without a code of ours is a BAD_FIELD, and what it says is not shown', () => {
    const failing = (errors: (value: unknown, context: t.Context) => t.Errors) =>
      new Field<unknown>(
        'failing',
        t.unknown.is,
        (value, context) => t.failures(errors(value, context)),
        identifierText.parse
      )
    for (const codec of [
      failing(() => []),
      failing((value, context) => [{ value, context }]),
      failing((value, context) => [{ value, context, message: 'S3CR3T' }]),
      failing((value, context) => [{ value, context, message: 'toString' }])
    ]) {
      expect(read(codec, 1)).toBe('BAD_FIELD at within')
    }
  })
})
