import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText, equalsJson, type Json, normaliseJson } from '../../src/domain/json.ts'
import { E } from '../../src/fp.ts'
import { anything, json, nested } from '../arbitraries/json.ts'
import { law } from './law.ts'
import { frozen, same } from './predicates.ts'

// Copies whose keys stand in another order, so that equal values are not the same text.
const reordered = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(reordered)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, each]) => [key, reordered(each)])
        )
      : value

/** Pairs and triples that are often equal, in another order of keys. */
const some = fc
  .tuple(json(), json(), fc.nat(2), fc.nat(2))
  .map(([a, b, second, third]): readonly [Json, Json, Json] => {
    const pick = (which: number): Json => (which === 0 ? b : which === 1 ? a : reordered(a))
    return [a, pick(second), pick(third)]
  })

describe('JSON', () => {
  law(
    '[L-18] normalising is idempotent, gives the same reference the second time, and changes nothing that it is given',
    anything(),
    (value) => {
      const once = normaliseJson(frozen(value), 8)
      if (E.isLeft(once)) return
      const twice = normaliseJson(once.right, 8)
      return E.isRight(twice) && twice.right === once.right
    },
    1_000
  )

  law(
    '[L-18] what is normalised survives being written and read',
    anything(),
    (value) => {
      const normalised = normaliseJson(value, 8)
      return E.isLeft(normalised) || same(JSON.parse(JSON.stringify(normalised.right)), normalised.right)
    },
    1_000
  )

  law('[L-18] what is JSON already is kept as it is', json(), (value) => {
    const normalised = normaliseJson(value, 100)
    return E.isRight(normalised) && normalised.right === value
  })

  law(
    '[L-18] equality is reflexive, symmetric and transitive, and is that of canonical texts',
    some,
    ([a, b, c]) =>
      equalsJson(a, a) &&
      equalsJson(a, b) === equalsJson(b, a) &&
      (!equalsJson(a, b) || !equalsJson(b, c) || equalsJson(a, c)) &&
      equalsJson(a, b) === (canonicalText(a) === canonicalText(b)) &&
      equalsJson(a, b) === same(a, b),
    1_000
  )

  law(
    '[L-18] a canonical text is JSON for the same value',
    json(),
    (value) => same(JSON.parse(canonicalText(value)), value),
    500
  )

  test('[L-18] depth is counted in arrays and objects', () => {
    expect(E.isRight(normaliseJson(nested(100), 100))).toBe(true)
    expect(normaliseJson(nested(101), 100)).toMatchObject({ left: { code: 'TOO_DEEP' } })
  })
})
