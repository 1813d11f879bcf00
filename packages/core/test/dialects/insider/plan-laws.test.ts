import fc from 'fast-check'
import { describe } from 'vitest'
import type { Json, JsonObject } from '../../../src/domain/json.ts'
import { json, jsonArray, jsonObject, key as jsonKey } from '@userpoint/conformance/arbitraries'
import { given, key, profile } from '../../decide/given.ts'
import { named, wholePerson } from '../../decide/whole-person.ts'
import { law } from '../../laws/law.ts'
import { same } from '../../laws/predicates.ts'
import { commandOf } from './asking.ts'

interface Plan {
  readonly whole: ReadonlyArray<string>
  readonly partial: ReadonlyArray<readonly [string, ReadonlyArray<Json>]>
  readonly custom: Omit<Plan, 'custom'>
}

const name = fc.oneof({ weight: 4, arbitrary: jsonKey() }, fc.constantFrom('list_id', 'static_segment_id', 'custom'))
const part = fc.record({
  whole: fc.array(name, { maxLength: 2 }),
  partial: fc.array(fc.tuple(name, jsonArray()), { maxLength: 3 })
})
const plan: fc.Arbitrary<Plan> = fc.tuple(part, part).map(([own, custom]) => ({ ...own, custom }))

/** Values of the same name in one object, so that none is lost where a plan says it twice. */
const collected = (entries: Plan['partial']): JsonObject => {
  const values = new Map<string, ReadonlyArray<Json>>()
  for (const [each, some] of entries) values.set(each, [...(values.get(each) ?? []), ...some])
  return Object.fromEntries(values)
}

const body = ({ whole, partial, custom }: Plan): object => ({
  identifiers: { uuid: 'u' },
  // So that there is always something to delete.
  whole: [...whole, 'nothing'],
  partial: collected(partial),
  custom: { whole: custom.whole, partial: collected(custom.partial) }
})

const union = (a: Plan, b: Plan): Plan => ({
  whole: [...a.whole, ...b.whole],
  partial: [...a.partial, ...b.partial],
  custom: { whole: [...a.custom.whole, ...b.custom.whole], partial: [...a.custom.partial, ...b.custom.partial] }
})

const properties: fc.Arbitrary<JsonObject> = fc
  .tuple(jsonObject(), jsonArray(), fc.oneof({ weight: 4, arbitrary: jsonObject() }, json()))
  .map(([own, list, custom]) => ({ ...own, list_id: list, custom }))

describe('Insider plans', () => {
  for (const emptiedArray of ['keep', 'drop'] as const) {
    /** The user after these plans, and the verdict on the last. */
    const after = (stored: JsonObject, ...plans: ReadonlyArray<Plan>) => {
      const world = given(
        wholePerson('p1', { named: [['uuid', 'u']], profiles: [profile(key('0'), stored), profile(key('1'), stored)] })
      )
      const verdicts = plans.map((each) => world.when(commandOf('delete', body(each), { emptiedArray })).verdict)
      return { point: world.get(named('uuid', 'u')), last: verdicts.at(-1) }
    }
    const cases = fc.tuple(properties, plan, plan)

    law(`[L-24] commute, where emptied arrays are said to ${emptiedArray}`, cases, ([stored, p, q]) =>
      same(after(stored, p, q).point, after(stored, q, p).point)
    )

    law(`[L-24] are idempotent, where emptied arrays are said to ${emptiedArray}`, cases, ([stored, p]) => {
      const { point, last } = after(stored, p, p)
      return same(point, after(stored, p).point) && last?._tag === 'NoOp' && last.reason === 'UNCHANGED'
    })

    law(
      `[L-24] do one after the other what their union does, where emptied arrays are said to ${emptiedArray}`,
      cases,
      ([stored, p, q]) => same(after(stored, p, q).point, after(stored, union(p, q)).point)
    )
  }
})
