import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText, equalsJson, type Json, normaliseJson } from '../../src/domain/json.ts'
import { E } from '../../src/fp.ts'
import { anything, json, nested } from '@userpoint/conformance/arbitraries'
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

const withNegativeZeros = (value: Json): Json =>
  value === 0
    ? -0
    : Array.isArray(value)
      ? value.map(withNegativeZeros)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNegativeZeros(each)]))
        : value

const valueAt = (value: unknown, path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value)

/** Pairs and triples that are often equal, in another order of keys. */
const some = fc
  .tuple(json(), json(), fc.nat(2), fc.nat(2))
  .map(([a, b, second, third]): readonly [Json, Json, Json] => {
    const pick = (which: number): Json => (which === 0 ? b : which === 1 ? a : reordered(a))
    return [a, pick(second), pick(third)]
  })

/** Returns `true` if two values share no array or object. */
const sharesNothing = (a: unknown, b: unknown): boolean =>
  typeof a !== 'object' ||
  a === null ||
  (a !== b && Object.keys(a).every((key) => sharesNothing(Reflect.get(a, key), Reflect.get(b as object, key))))

describe('JSON', () => {
  law(
    '[L-18] [A-49] normalising is idempotent, and shares nothing with the value that it is given',
    anything(),
    (value) => {
      const once = normaliseJson(frozen(value), 8)
      if (E.isLeft(once)) return
      const twice = normaliseJson(once.right, 8)
      return E.isRight(twice) && same(twice.right, once.right) && sharesNothing(twice.right, once.right)
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

  law(
    '[L-18] -0 becomes 0 wherever it stands, and all else stays',
    json().map((value) => [value, 0, value, 0]),
    (value) => {
      const normalised = normaliseJson(frozen(withNegativeZeros(value)), 100)
      return E.isRight(normalised) && same(normalised.right, value)
    }
  )

  law(
    '[L-18] what is at fault stands where the fault says, and nothing before it is at fault',
    anything(),
    (value) => {
      const normalised = normaliseJson(value, 8)
      if (E.isRight(normalised)) return
      const { _tag, code, path } = normalised.left
      if (_tag !== 'JsonFault') return false
      const places = path.map((_, i) => valueAt(value, path.slice(0, i)))
      const key = path.at(-1)
      const culprit = valueAt(value, path)
      return (
        places.every((place) => typeof place === 'object' && place !== null) &&
        (code === 'TOO_DEEP'
          ? path.length === 8 && typeof culprit === 'object' && culprit !== null
          : code === 'BAD_NUMBER'
            ? typeof culprit === 'number' && !Number.isFinite(culprit)
            : code === 'BAD_TEXT'
              ? [key, culprit].some((text) => typeof text === 'string' && (text.includes('\0') || !text.isWellFormed()))
              : !['string', 'number', 'boolean'].includes(typeof culprit) &&
                culprit !== null &&
                !Array.isArray(culprit))
      )
    },
    1_000
  )

  test('[L-18] plain objects of another realm are JSON too, and those of a class are none', () => {
    const foreign: unknown = runInNewContext('({ a: [{ b: 1 }] })')
    expect(normaliseJson(foreign, 8)).toMatchObject({ _tag: 'Right' })
    expect(normaliseJson(Object.assign(Object.create(null), { a: 1 }), 8)).toMatchObject({ _tag: 'Right' })
    class Plain {
      a = 1
    }
    expect(normaliseJson(new Plain(), 8)).toMatchObject({ left: { _tag: 'JsonFault', code: 'NOT_JSON', path: [] } })
  })

  law('[L-18] what is JSON already stays equal', json(), (value) => {
    const normalised = normaliseJson(value, 100)
    return E.isRight(normalised) && same(normalised.right, value)
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
