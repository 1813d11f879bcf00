/**
 * Compares the fast paths of decoding with the slow ones: a codec's parser with the codec itself, and a line whose text proves
 * that it is normal with the same line normalised.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as field from '../../../src/dialects/codec/field.ts'
import { decodeLine, documentTypes, mediarithmics } from '../../../src/dialects/mediarithmics/document.ts'
import { defaultPolicies, type Policies } from '../../../src/command/policies.ts'
import { isNoDeeper, type Json, type JsonObject, normaliseJson } from '../../../src/domain/json.ts'
import { readJson } from '../../../src/domain/json-text.ts'
import { E } from '../../../src/fp.ts'
import { anything, documentText, json, nested } from '@userpoint/conformance/arbitraries'
import { seed, times } from '../../laws/law.ts'

const leaves = {
  identifierText: field.identifierText,
  compartmentId: field.compartmentId,
  booleanField: field.booleanField,
  forceReplace: field.forceReplace,
  objectField: field.objectField,
  idField: field.idField,
  moment: field.moment,
  minutes: field.minutes,
  oneOf: field.oneOf('A', 'B')
}

const hostile = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', '0', 'A', 'B', '007', '9'.repeat(41), 'x'.repeat(513), '\ud800', 'a\0'),
  fc.constantFrom<unknown>(-0, 0, 1, -1, 1.5, 2 ** 53, 525_960_000, 525_960_001, 8.64e15, NaN, true, false, {}, []),
  json(),
  anything()
)

/** Returns the parser's result in the form of the codec. */
const parsedBy = (codec: { readonly parse: (value: unknown) => unknown }, value: unknown): unknown => {
  const parsed = codec.parse(value)
  return typeof parsed === 'symbol' ? 'no' : { yes: parsed }
}

const explainedBy = (codec: { readonly decode: (value: unknown) => E.Either<unknown, unknown> }, value: unknown) => {
  const decoded = codec.decode(value)
  return E.isRight(decoded) ? { yes: decoded.right } : 'no'
}

describe('the parser of a codec', () => {
  it.each(Object.entries(leaves))('%s gives what the codec gives', (_name, codec) => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(parsedBy(codec, value)).toEqual(explainedBy(codec, value))
        const maybe = field.optional<unknown>(codec as unknown as field.Field<unknown>)
        expect(parsedBy(maybe, value)).toEqual(explainedBy(maybe, value))
      }),
      { numRuns: times(300), seed }
    )
  })

  it('of an object gives the fields that the codec gives', () => {
    const codec = field.objectWith({ id: field.idField, when: field.optional(field.moment), on: field.booleanField })
    const members = fc.record({ id: hostile, when: hostile, on: hostile, other: hostile }, { requiredKeys: [] })
    const likely = fc.record({ id: fc.string(), when: fc.option(fc.nat()), on: fc.boolean(), other: hostile })
    fc.assert(
      fc.property(fc.oneof(members, likely, hostile), (value) => {
        const decoded = codec.decode(value)
        const parsed = codec.parse(value)
        if (E.isLeft(decoded)) expect(typeof parsed).toBe('symbol')
        else expect(parsed).toEqual({ id: decoded.right.id, when: decoded.right.when, on: decoded.right.on })
      }),
      { numRuns: times(2_000), seed }
    )
  })
})

const strictPolicies: Policies = { ...defaultPolicies, defaultCompartment: undefined, userAgentIds: 'strict' }

describe('a line whose text proves that it is normal', () => {
  it('is decoded as it is when nothing is known of it', () => {
    let proven = 0
    const lines = fc
      .constantFrom(...documentTypes)
      .chain((type) => documentText(type, { maxLength: 4 }).map((text) => ({ type, lines: text.split('\n') })))
    fc.assert(
      fc.property(lines, fc.constantFrom(defaultPolicies, strictPolicies), ({ type, lines: texts }, policies) => {
        for (const text of texts) {
          const read = readJson(text)
          if (read._tag === 'Fault' || !read.isNormal) continue
          const { value } = read
          proven++
          expect(mediarithmics.documents[type].decode(value as JsonObject, policies)).toEqual(
            decodeLine(type, value, policies)
          )
        }
      }),
      { numRuns: times(2_000), seed }
    )
    expect(proven).toBeGreaterThan(times(300))
  })
})

describe('how deeply a value is nested', () => {
  it('is what normalising finds', () => {
    fc.assert(
      fc.property(fc.oneof(json(), fc.nat(8).map(nested)), fc.nat(8), (value: Json, depth) => {
        expect(isNoDeeper(value, depth)).toBe(E.isRight(normaliseJson(value, depth)))
      }),
      { numRuns: times(1_000), seed }
    )
  })
})
