/** Compares the fast path of decoding with the slow one: a line whose text proves that it is normal with the same line normalised. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLine, documentTypes, mediarithmics } from '../../../src/dialects/mediarithmics/document.ts'
import { defaultPolicies, type Policies } from '../../../src/command/policies.ts'
import { isNoDeeper, type Json, type JsonObject, normaliseJson } from '../../../src/domain/json.ts'
import { readJson } from '../../../src/domain/json-text.ts'
import { E } from '../../../src/fp.ts'
import { documentText, json, nested } from '@userpoint/conformance/arbitraries'
import { seed, times } from '../../laws/law.ts'

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
