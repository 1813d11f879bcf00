import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Difference, differences } from '../../src/domain/difference.ts'
import type { Json } from '../../src/domain/json.ts'
import { json, jsonOrNothing } from '@userpoint/conformance/arbitraries'
import { law } from './law.ts'
import { same } from './predicates.ts'

type Value = Json | undefined

/** Values that often have much in common. */
const pair: fc.Arbitrary<readonly [Value, Value]> = fc.oneof(
  fc.tuple(jsonOrNothing(), jsonOrNothing()),
  fc.tuple(json(), json(), json()).map(
    ([a, b, c]) =>
      [
        { a, b: [a, b] },
        { a, b: [a, c] }
      ] as const
  )
)

const ownValue = (value: unknown, key: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined

/** The value with another one, or nothing, at a place. */
const withAt = (value: unknown, [key, ...rest]: Difference['path'], fresh: unknown): unknown => {
  if (key === undefined) return fresh
  const inner = withAt(ownValue(value, key), rest, fresh)
  if (Array.isArray(value)) return value.map((each, i) => (i === key ? inner : each))
  const others = Object.entries(value as object).filter(([each]) => each !== key)
  return Object.fromEntries(inner === undefined ? others : [...others, [key, inner]])
}

describe('differences', () => {
  law('[L-25] the list is empty exactly if two values are equal', pair, ([a, b]) => {
    return (differences(a, b).length === 0) === same(a, b) && differences(a, structuredClone(a)).length === 0
  })

  law(
    '[L-25] say what was and what is at each place, and one after the other lead from one value to the other',
    pair,
    ([a, b]) => {
      const made = differences(a, b).reduce<unknown>((value, { path, before, after }) => {
        if (!same(path.reduce<unknown>(ownValue, value), before)) throw new Error('it was not so before')
        if (same(before, after)) throw new Error('a difference between equal values')
        return withAt(value, path, after)
      }, a)
      return same(made, b)
    },
    1_000
  )

  law(
    '[L-25] name a place only where what is around it is still of its kind and its length',
    pair,
    ([a, b]) =>
      differences(a, b).every(({ path, before, after }) => {
        const inside = (value: Value) => typeof value === 'object' && value !== null && !Array.isArray(value)
        const alike = (x: Value, y: Value) =>
          (inside(x) && inside(y)) || (Array.isArray(x) && Array.isArray(y) && x.length === y.length)
        return !alike(before, after) && path.every((_, i) => alike(at(a, path.slice(0, i)), at(b, path.slice(0, i))))
      }),
    1_000
  )

  it.each<readonly [Value, Value, ReadonlyArray<Difference>]>([
    [undefined, undefined, []],
    [undefined, null, [{ path: [], after: null }]],
    [{ a: 1 }, undefined, [{ path: [], before: { a: 1 } }]],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, [{ path: ['a', 1, 'b'], before: 2, after: 3 }]],
    [{ a: [1, 2] }, { a: [2] }, [{ path: ['a'], before: [1, 2], after: [2] }]],
    [{ a: {} }, { a: [] }, [{ path: ['a'], before: {}, after: [] }]],
    [{ a: [] }, { a: {} }, [{ path: ['a'], before: [], after: {} }]],
    [
      { gone: 1 },
      { come: 2 },
      [
        { path: ['gone'], before: 1 },
        { path: ['come'], after: 2 }
      ]
    ]
  ])('[L-25] between %j and %j are %j', (before, after, expected) => {
    expect(differences(before, after)).toStrictEqual(expected)
  })
})

const at = (value: Value, path: Difference['path']): Value => path.reduce<unknown>(ownValue, value) as Value
