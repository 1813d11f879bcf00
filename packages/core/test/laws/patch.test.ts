import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Json, jsonEq } from '../../src/domain/json.ts'
import {
  append,
  apply,
  concat,
  deepMerge,
  deletion,
  identity,
  type Patch,
  patchMonoid,
  put,
  removeValues,
  unite,
  within
} from '../../src/domain/patch.ts'
import {
  alikeBodies,
  arrayPolicy,
  json,
  jsonArray,
  jsonObject,
  jsonOrNothing,
  key,
  patch,
  removal
} from '@userpoint/conformance/arbitraries'
import { law } from './law.ts'
import {
  commute,
  deep,
  emptyIsNeutral,
  frozen,
  hasPlainProperties,
  hasPlainPrototypes,
  identityKeeps,
  isAction,
  isAssociative,
  isAssociativeMerge,
  isIdempotent,
  isIdempotentMerge,
  isUnit,
  keepsReferences,
  neverCreates,
  replace,
  same,
  shallow
} from './predicates.ts'

const body = jsonObject()
const under = (name: string, inner: Patch): Patch => within(new Map([[name, inner]]))

describe('patches', () => {
  law('[L-02] the identity changes nothing', jsonOrNothing(), identityKeeps)

  law(
    '[L-03] a concatenation does what its parts do, one after the other',
    fc.tuple(patch(), patch(), jsonOrNothing()),
    ([p, q, x]) => isAction(p, q, x),
    3_000
  )

  law(
    '[L-04] concatenation is associative, in normal form',
    fc.tuple(patch(), patch(), patch()),
    ([p, q, r]) => isAssociative(p, q, r),
    2_000
  )

  law('[L-04] the identity is neutral, in normal form', patch(), isUnit, 500)

  test('[L-04] a patch that does nothing is the identity, as a value', () => {
    const nothing = within(new Map([['a', identity]]))
    for (const p of [removeValues([]), within(new Map()), nothing, within(new Map([['b', nothing]]))]) {
      expect(p).toEqual(identity)
    }
    for (const start of [append, unite]) expect(start([]).array).toEqual(identity.array)
    expect(
      within(
        new Map([
          ['a', identity],
          ['b', deletion]
        ])
      )
    ).toEqual(under('b', deletion))
  })

  law(
    '[L-04] steps of one sort, one after the other, are one step',
    fc.tuple(fc.constantFrom(append, unite, removeValues), jsonArray(), jsonArray()),
    ([step, first, second]) => same(concat(step(first), step(second)).array, step([...first, ...second]).array),
    500
  )

  law(
    '[L-03, L-04] any number of patches are one, by the instance',
    fc.tuple(fc.array(patch(), { maxLength: 4 }), jsonOrNothing()),
    ([all, x]) => {
      const { concat: both, empty } = patchMonoid
      const one = apply(
        all.reduce((p, q) => both(p, q), empty),
        x
      )
      const each = all.reduce<Json | undefined>((y, p) => apply(p, y), x)
      return one === undefined || each === undefined ? one === each : jsonEq.equals(one, each)
    },
    500
  )

  law(
    '[L-05] applying changes neither the patch nor the value',
    fc.tuple(patch(), jsonOrNothing()),
    ([p, x]) => {
      apply(frozen(p), frozen(x))
    },
    1_000
  )

  law(
    '[L-05] what does not change is the same reference, at every path',
    fc.tuple(patch(), jsonOrNothing()),
    ([p, x]) => keepsReferences(p, x),
    3_000
  )
})

describe('hostile keys', () => {
  law(
    '[L-17] the result of a patch has the prototypes of plain data',
    fc.tuple(patch(), jsonOrNothing()),
    ([p, x]) => hasPlainPrototypes(apply(p, x)),
    500
  )

  law(
    '[L-17] and properties that can be changed like any other',
    fc.tuple(patch(), jsonOrNothing()),
    ([p, x]) => hasPlainProperties(apply(p, x)),
    500
  )
})

describe('patches that were counterexamples', () => {
  test('[L-05] steps that undo each other change nothing', () => {
    const x = [1]
    expect(apply(concat(append([0]), removeValues([0])), x)).toBe(x)
    expect(apply(concat(removeValues([1]), append([1])), x)).toBe(x)
  })
})

describe('merges', () => {
  law('[L-06] {} is neutral for a shallow merge, on either side', body, (a) => emptyIsNeutral(shallow, a))

  law('[L-06] {} is neutral for a deep merge, on either side', fc.tuple(arrayPolicy(), body), ([arrays, a]) =>
    emptyIsNeutral(deep(arrays), a)
  )

  test('[L-06] exception: {} is an object, and overrides any other kind', () => {
    expect(shallow({ a: 1 }, { a: {} })).toEqual({ a: {} })
    expect(deep('concat')({ a: 1 }, { a: {} })).toEqual({ a: {} })
    expect(deep('union')({ a: [1] }, { a: {} })).toEqual({ a: {} })
    expect(apply(deepMerge({}, 'concat'), undefined)).toEqual({})
  })

  test('[L-06] exception: {} empties what it replaces', () => {
    expect(replace({ a: 1 }, {})).toEqual({})
  })

  law(
    '[L-07] replace is idempotent and associative',
    fc.tuple(body, body, body),
    ([a, b, c]) => isIdempotentMerge(replace, a, b) && isAssociativeMerge(replace, a, b, c)
  )

  law(
    '[L-07] a shallow merge is idempotent and associative',
    fc.tuple(body, body, body),
    ([a, b, c]) => isIdempotentMerge(shallow, a, b) && isAssociativeMerge(shallow, a, b, c),
    500
  )

  test('[L-07] neither commutes', () => {
    expect(replace({ a: 1 }, { a: 2 })).not.toEqual(replace({ a: 2 }, { a: 1 }))
    expect(shallow({ a: 1 }, { a: 2 })).not.toEqual(shallow({ a: 2 }, { a: 1 }))
  })

  law(
    '[L-08] a deep merge of bodies is associative where every path keeps its kind',
    fc.tuple(arrayPolicy(), alikeBodies()),
    ([arrays, [a, b, c]]) => isAssociativeMerge(deep(arrays), a, b, c),
    1_000
  )

  law(
    '[L-08] a deep merge with union is idempotent',
    fc.tuple(body, body),
    ([a, b]) => isIdempotentMerge(deep('union'), a, b),
    1_000
  )

  law(
    '[L-08] a deep merge with concat is idempotent where the incoming body has no arrays with elements',
    fc.tuple(body, body.map(withoutArrays)),
    ([a, b]) => isIdempotentMerge(deep('concat'), a, b)
  )

  law(
    '[L-08] deep merges one after the other are always one patch',
    fc.tuple(arrayPolicy(), body, body, body),
    ([arrays, a, b, c]) => isAction(deepMerge(b, arrays), deepMerge(c, arrays), a)
  )

  test('[L-08] exception: a scalar between two objects makes the merge of bodies depend on the order', () => {
    for (const arrays of ['concat', 'union'] as const) {
      const merge = deep(arrays)
      expect(merge(merge({ a: { x: 1 } }, { a: 1 }), { a: { y: 2 } })).toEqual({ a: { y: 2 } })
      expect(merge({ a: { x: 1 } }, merge({ a: 1 }, { a: { y: 2 } }))).toEqual({ a: { x: 1, y: 2 } })
      const patches = concat(deepMerge({ a: 1 }, arrays), deepMerge({ a: { y: 2 } }, arrays))
      expect(apply(patches, { a: { x: 1 } })).toEqual({ a: { y: 2 } })
    }
  })

  test('[L-08] exception: a scalar between two arrays does so too', () => {
    const merge = deep('concat')
    expect(merge(merge({ a: [1] }, { a: null }), { a: [2] })).toEqual({ a: [2] })
    expect(merge({ a: [1] }, merge({ a: null }, { a: [2] }))).toEqual({ a: [1, 2] })
  })

  test('[L-08] exception: concat doubles arrays when it is replayed', () => {
    const merge = deep('concat')
    expect(merge(merge({}, { a: [1] }), { a: [1] })).toEqual({ a: [1, 1] })
  })
})

const withoutArrays = (value: Readonly<Record<string, unknown>>): ReturnType<typeof JSON.parse> =>
  JSON.parse(JSON.stringify(value), (_, each: unknown) => (Array.isArray(each) ? null : each))

describe('removals', () => {
  law(
    '[L-09] removals commute',
    fc.tuple(removal(), removal(), json()),
    ([p, q, x]) => commute(p, q, x) && same(apply(concat(p, q), x), apply(concat(q, p), x)),
    2_000
  )

  law('[L-09] a removal is idempotent', fc.tuple(removal(), jsonOrNothing()), ([p, x]) => isIdempotent(p, x), 1_000)

  law(
    '[L-09] a removal never creates, and never adds',
    fc.tuple(removal(), jsonOrNothing()),
    ([p, x]) => neverCreates(p, x),
    1_000
  )

  law(
    '[L-09] the deletion of a key absorbs the removal of values at it',
    fc.tuple(key(), jsonArray(), jsonOrNothing()),
    ([name, values, x]) => {
      const [whole, partial] = [under(name, deletion), under(name, removeValues(values))]
      return [concat(whole, partial), concat(partial, whole)].every((both) => same(apply(both, x), apply(whole, x)))
    }
  )

  law(
    '[L-09] removals of values are one removal of all of them',
    fc.tuple(jsonArray(), jsonArray(), jsonOrNothing()),
    ([first, second, x]) =>
      same(apply(concat(removeValues(first), removeValues(second)), x), apply(removeValues([...first, ...second]), x))
  )

  test('[L-09] not promised: a removal does not commute with a merge', () => {
    const [remove, add] = [under('a', deletion), put({ a: 1 })]
    expect(apply(concat(remove, add), {})).toEqual({ a: 1 })
    expect(apply(concat(add, remove), {})).toEqual({})
  })
})
