/** Patches: results of the constructors, any normal form, and the patches of the document types. */
import {
  type ArrayPolicy,
  append,
  concat,
  deepMerge,
  deletion,
  identity,
  merge,
  type Patch,
  put,
  removeValues,
  shallowMerge,
  unite,
  within
} from '@userpoint/core/patch'
import fc from 'fast-check'
import { json, jsonArray, jsonObject, key } from './json.ts'

type Keep = { readonly _tag: 'Keep' }
type Delete = { readonly _tag: 'Delete' }
type Put = Extract<Patch['scalar'], { readonly _tag: 'Put' }>
type Edit = Extract<Patch['array'], { readonly _tag: 'Edit' }>
type Step = Edit['steps'][number]
type PatchRecord = Extract<Patch['object'], { readonly _tag: 'Record' }>

/** Generates the array policy of a deep merge. */
export const arrayPolicy = (): fc.Arbitrary<ArrayPolicy> => fc.constantFrom('concat', 'union')

const recordOf = (inner: fc.Arbitrary<Patch>): fc.Arbitrary<ReadonlyMap<string, Patch>> =>
  fc.array(fc.tuple(key(), inner), { maxLength: 3 }).map((entries) => new Map(entries))

const changesNothing = ({ scalar, array, object }: Patch): boolean =>
  scalar._tag === 'Keep' && array._tag === 'Keep' && object._tag === 'Keep'

const anyKind: fc.Arbitrary<Keep | Delete | Put> = fc.oneof(
  fc.constantFrom<Keep | Delete>({ _tag: 'Keep' }, { _tag: 'Delete' }),
  json().map((value): Put => ({ _tag: 'Put', value }))
)

const step = fc
  .tuple(
    fc.constantFrom<Step['_tag']>('Append', 'Unite', 'Remove'),
    jsonArray().filter((values) => values.length > 0)
  )
  .map(([_tag, values]): Step => ({ _tag, values }))

// In normal form, adjacent steps of one kind are one step.
const alternating = (steps: ReadonlyArray<Step>): ReadonlyArray<Step> =>
  steps.filter((each, i) => each._tag !== steps[i - 1]?._tag)

const edit = fc
  .array(step, { minLength: 1, maxLength: 3 })
  .map((steps): Edit => ({ _tag: 'Edit', steps: alternating(steps) }))

const patches = fc.letrec<{ patch: Patch; constructed: Patch; normalForm: Patch }>((tie) => ({
  patch: fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie('constructed'), tie('normalForm')),
  constructed: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(identity, deletion),
    json().map(put),
    jsonArray().map(append),
    jsonArray().map(unite),
    jsonArray().map(removeValues),
    jsonObject().map(shallowMerge),
    fc.tuple(jsonObject(), arrayPolicy()).map(([body, arrays]) => deepMerge(body, arrays)),
    recordOf(tie('patch')).map(merge),
    recordOf(tie('patch')).map(within),
    fc.tuple(tie('patch'), tie('patch')).map(([first, second]) => concat(first, second))
  ),
  normalForm: fc
    .tuple(
      anyKind,
      fc.oneof<fc.Arbitrary<Patch['array']>[]>(anyKind, edit),
      fc.oneof<fc.Arbitrary<Patch['object']>[]>(
        anyKind,
        recordOf(tie('patch')).map((record): Keep | PatchRecord => {
          const proper = new Map([...record].filter(([, each]) => !changesNothing(each)))
          return proper.size === 0 ? { _tag: 'Keep' } : { _tag: 'Record', record: proper }
        })
      )
    )
    .map(([scalar, array, object]): Patch => ({ scalar, array, object }))
}))

/** Generates patches of core's algebra: any normal form, and results of the constructors. */
export const patch = (): fc.Arbitrary<Patch> => patches.patch

/** Generates patches that only remove: deletions of keys and removals of values, at any depth. */
export const removal = (): fc.Arbitrary<Patch> =>
  fc.letrec<{ removal: Patch; inside: Patch }>((tie) => ({
    removal: recordOf(tie('inside')).map(within),
    inside: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constant(deletion),
      jsonArray().map(removeValues),
      tie('removal')
    )
  })).removal
