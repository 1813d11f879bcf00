/**
 * Patches: the closed algebra of changes to JSON, or to nothing (`undefined`).
 *
 * The effect of a patch depends on the kind of value that it meets, so that its normal form has one branch for each kind:
 *
 *     meets               may
 *     nothing, a scalar   keep, delete, put
 *     an array            keep, delete, put, edit (a list of steps)
 *     an object           keep, delete, put, record (one patch a key), merge (a record that is not written out)
 *
 * Patches form a monoid (`concat`, `identity`), and `apply` is its action:
 *
 *     apply(identity, x) = x
 *     apply(concat(p, q), x) = apply(q, apply(p, x))
 */
import type { Monoid } from '../fp.ts'
import {
  canonicalText,
  defineKey,
  equalsJson,
  getKey,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject
} from './json.ts'

type Keep = { readonly _tag: 'Keep' }
type Delete = { readonly _tag: 'Delete' }
type Put = { readonly _tag: 'Put'; readonly value: Json }

/** One step of an edit of an array. */
export type Step = {
  readonly _tag: 'Append' | 'Unite' | 'Remove'
  readonly values: ReadonlyArray<Json>
}
type Edit = { readonly _tag: 'Edit'; readonly steps: ReadonlyArray<Step> }
type PatchRecord = { readonly _tag: 'Record'; readonly record: ReadonlyMap<string, Patch> }

/** `Shallow`: each key is put. `Overlay`: objects merge. `Concat` and `Union`: objects merge, and arrays join. */
export type MergeMode = 'Shallow' | 'Overlay' | 'Concat' | 'Union'

// Most patches are merges, created for one line and applied once: writing them out as records would cost more than the merge.
type Merge = { readonly _tag: 'Merge'; readonly mode: MergeMode; readonly source: JsonObject }

export type Patch = {
  readonly scalar: Keep | Delete | Put
  readonly array: Keep | Delete | Put | Edit
  readonly object: Keep | Delete | Put | PatchRecord | Merge
}

const keep: Keep = { _tag: 'Keep' }
const drop: Delete = { _tag: 'Delete' }

/** The neutral patch: keeps every value. */
export const identity: Patch = { scalar: keep, array: keep, object: keep }

/** Deletes every value. */
export const deletion: Patch = { scalar: drop, array: drop, object: drop }

/** Returns a patch that replaces every value with this one. */
export const put = (value: Json): Patch => {
  const op: Put = { _tag: 'Put', value }
  return { scalar: op, array: op, object: op }
}

const startingArray = (step: Step): Patch => {
  const start: Put = { _tag: 'Put', value: step.values }
  return { scalar: start, array: step.values.length === 0 ? keep : { _tag: 'Edit', steps: [step] }, object: start }
}

/** Returns a patch that adds values at an array's end; it replaces anything but an array with a new array of them. */
export const append = (values: ReadonlyArray<Json>): Patch => startingArray({ _tag: 'Append', values })

/** Returns a patch that adds the missing values to an array; it replaces anything but an array with a new array of them. */
export const unite = (values: ReadonlyArray<Json>): Patch => startingArray({ _tag: 'Unite', values })

/** Returns a patch that removes every occurrence of the values from an array, and keeps anything but an array. */
export const removeValues = (values: ReadonlyArray<Json>): Patch => ({
  scalar: keep,
  array: values.length === 0 ? keep : { _tag: 'Edit', steps: [{ _tag: 'Remove', values }] },
  object: keep
})

/** Returns a patch that changes an object key by key, and keeps anything but an object: a removal never creates. */
export const within = (record: ReadonlyMap<string, Patch>): Patch => ({
  scalar: keep,
  array: keep,
  object: recordOf(record)
})

/** Returns a patch that changes an object key by key, and deletes anything but an object. */
export const withinOrDelete = (record: ReadonlyMap<string, Patch>): Patch => ({
  scalar: drop,
  array: drop,
  object: recordOf(record)
})

/** Returns a patch that changes an object key by key, and treats anything but an object as `{}`. */
export const merge = (record: ReadonlyMap<string, Patch>): Patch => {
  const start: Put = { _tag: 'Put', value: applyRecord(record, {}) }
  return { scalar: start, array: start, object: recordOf(record) }
}

const isIdentity = (patch: Patch): boolean =>
  [patch.scalar, patch.array, patch.object].every((op) => op._tag === 'Keep')

const recordOf = (record: ReadonlyMap<string, Patch>): Keep | PatchRecord => {
  let proper = record
  for (const [, patch] of record) {
    if (isIdentity(patch)) {
      proper = new Map([...record].filter(([, each]) => !isIdentity(each)))
      break
    }
  }
  return proper.size === 0 ? keep : { _tag: 'Record', record: proper }
}

// Sets of canonical texts: a line may hold a hundred thousand elements, and comparing each with each would take hours.
const unitedWith = (array: ReadonlyArray<Json>, values: ReadonlyArray<Json>): ReadonlyArray<Json> => {
  const present = new Set(array.map(canonicalText))
  const added = values.filter((value) => {
    const text = canonicalText(value)
    return !present.has(text) && present.add(text)
  })
  return added.length === 0 ? array : [...array, ...added]
}

const without = (array: ReadonlyArray<Json>, values: ReadonlyArray<Json>): ReadonlyArray<Json> => {
  const removed = new Set(values.map(canonicalText))
  const rest = array.filter((element) => !removed.has(canonicalText(element)))
  return rest.length === array.length ? array : rest
}

const applyStep = (array: ReadonlyArray<Json>, step: Step): ReadonlyArray<Json> => {
  switch (step._tag) {
    case 'Append':
      return [...array, ...step.values]
    case 'Unite':
      return unitedWith(array, step.values)
    case 'Remove':
      return without(array, step.values)
  }
}

const applyRecord = (record: ReadonlyMap<string, Patch>, object: JsonObject): JsonObject => {
  let changed: Record<string, Json> | undefined
  for (const [key, patch] of record) {
    const before = getKey(object, key)
    const after = apply(patch, before)
    if (after === before) continue
    changed ??= { ...object }
    if (after === undefined) delete changed[key]
    else defineKey(changed, key, after)
  }
  return changed ?? object
}

const mergedValue = (mode: MergeMode, value: Json, before: Json | undefined): Json => {
  if (mode === 'Shallow') return before !== undefined && equalsJson(value, before) ? before : value
  if (isJsonArray(value)) {
    if (!isJsonArray(before) || mode === 'Overlay') {
      return before !== undefined && equalsJson(value, before) ? before : value
    }
    if (value.length === 0) return before
    return mode === 'Concat' ? [...before, ...value] : unitedWith(before, value)
  }
  return isJsonObject(value) && isJsonObject(before) ? applyMerge(mode, value, before) : value
}

const isEmpty = (object: JsonObject): boolean => {
  for (const key in object) if (Object.hasOwn(object, key)) return false
  return true
}

/** Returns an object after a merge: the same result as with the record that the merge stands for. */
const applyMerge = (mode: MergeMode, source: JsonObject, object: JsonObject): JsonObject => {
  if (isEmpty(object)) return isEmpty(source) ? object : source
  let changed: Record<string, Json> | undefined
  for (const key of Object.keys(source)) {
    const before = getKey(object, key)
    const after = mergedValue(mode, source[key] as Json, before)
    if (after === before) continue
    changed ??= { ...object }
    defineKey(changed, key, after)
  }
  return changed ?? object
}

const branchFor = (patch: Patch, value: Json | undefined): Patch['scalar'] | Patch['array'] | Patch['object'] =>
  isJsonArray(value) ? patch.array : isJsonObject(value) ? patch.object : patch.scalar

/**
 * Applies a patch to a value, or to nothing. Changes neither of them, and returns the same reference for every part that the
 * patch does not change.
 *
 * @param value The JSON that the patch meets; `undefined`: nothing.
 * @returns The new JSON; `undefined`: nothing is left.
 * @example
 * ```ts
 * import { append, apply, merge } from '@userpoint/core/patch'
 *
 * const patch = merge(new Map([['tags', append(['new'])]]))
 * console.log(JSON.stringify(apply(patch, { tags: ['old'], name: 'Ada' }))) // => {"tags":["old","new"],"name":"Ada"}
 * ```
 */
export const apply = (patch: Patch, value: Json | undefined): Json | undefined => {
  const op = branchFor(patch, value)
  switch (op._tag) {
    case 'Keep':
      return value
    case 'Delete':
      return undefined
    case 'Put':
      return value !== undefined && equalsJson(op.value, value) ? value : op.value
    case 'Edit': {
      const array = value as ReadonlyArray<Json>
      const edited = op.steps.reduce(applyStep, array)
      // One step knows whether it changed anything; several may undo each other.
      return op.steps.length > 1 && equalsJson(edited, array) ? array : edited
    }
    case 'Record':
      return applyRecord(op.record, value as JsonObject)
    case 'Merge':
      return applyMerge(op.mode, op.source, value as JsonObject)
  }
}

const opFor = (value: Json | undefined): Delete | Put => (value === undefined ? drop : { _tag: 'Put', value })

// Adjacent steps of one sort are one step, so that a normal form does not grow with the number of patches.
const concatSteps = (first: ReadonlyArray<Step>, second: ReadonlyArray<Step>): ReadonlyArray<Step> => {
  const last = first.at(-1)
  const next = second[0]
  if (last === undefined || next === undefined || last._tag !== next._tag) return [...first, ...second]
  return [...first.slice(0, -1), { _tag: last._tag, values: [...last.values, ...next.values] }, ...second.slice(1)]
}

const concatRecords = (
  first: ReadonlyMap<string, Patch>,
  second: ReadonlyMap<string, Patch>
): ReadonlyMap<string, Patch> => {
  const both = new Map(first)
  for (const [key, patch] of second) {
    const before = first.get(key)
    both.set(key, before === undefined ? patch : concat(before, patch))
  }
  return both
}

const concatScalar = (first: Patch['scalar'], second: Patch): Patch['scalar'] => {
  switch (first._tag) {
    case 'Keep':
      return second.scalar
    case 'Delete':
      return opFor(apply(second, undefined))
    case 'Put':
      return opFor(apply(second, first.value))
  }
}

const concatArray = (first: Patch['array'], second: Patch): Patch['array'] => {
  if (first._tag === 'Keep') return second.array
  if (first._tag !== 'Edit') return concatScalar(first, second)
  switch (second.array._tag) {
    case 'Keep':
      return first
    case 'Edit':
      return { _tag: 'Edit', steps: concatSteps(first.steps, second.array.steps) }
    case 'Delete':
    case 'Put':
      return second.array
  }
}

const concatObject = (first: Patch['object'], second: Patch): Patch['object'] => {
  if (first._tag === 'Keep') return second.object
  if (first._tag !== 'Record' && first._tag !== 'Merge') return concatScalar(first, second)
  switch (second.object._tag) {
    case 'Keep':
      return first
    case 'Record':
    case 'Merge':
      return recordOf(concatRecords(writtenOut(first), writtenOut(second.object)))
    case 'Delete':
    case 'Put':
      return second.object
  }
}

/** Returns the patch that does `first`, then `second`. Associative, with {@link identity} as its unit. */
export const concat = (first: Patch, second: Patch): Patch => ({
  scalar: concatScalar(first.scalar, second),
  array: concatArray(first.array, second),
  object: concatObject(first.object, second)
})

/** Patches under {@link concat}; {@link apply} is this monoid's action on JSON. */
export const patchMonoid: Monoid<Patch> = { concat, empty: identity }

/** The join of two arrays in a deep merge: all elements, or without duplicates of the new ones. */
export type ArrayPolicy = 'concat' | 'union'

const mapEntries = (object: JsonObject, patchOf: (value: Json) => Patch): ReadonlyMap<string, Patch> =>
  new Map(Object.keys(object).map((key) => [key, patchOf(object[key] as Json)]))

/** Returns a merge of an object, which treats anything but an object as `{}`. */
const mergeOf = (mode: MergeMode, source: JsonObject): Patch => {
  const start: Put = { _tag: 'Put', value: source }
  return { scalar: start, array: start, object: isEmpty(source) ? keep : { _tag: 'Merge', mode, source } }
}

const memberPatch = (mode: MergeMode, value: Json): Patch => {
  if (mode === 'Shallow') return put(value)
  if (isJsonObject(value)) return mergeOf(mode, value)
  if (!isJsonArray(value) || mode === 'Overlay') return put(value)
  return mode === 'Concat' ? append(value) : unite(value)
}

/** Returns the record that a merge stands for. */
const writtenOut = (op: PatchRecord | Merge): ReadonlyMap<string, Patch> =>
  op._tag === 'Record' ? op.record : mapEntries(op.source, (value) => memberPatch(op.mode, value))

/** Returns the shallow merge of an object: each of its keys overrides, and the others stay, as with `force_replace: false`. */
export const shallowMerge = (object: JsonObject): Patch => mergeOf('Shallow', object)

/** Returns the overlay of an object: objects merge key by key, and other values override, arrays too. */
export const overlay = (object: JsonObject): Patch => mergeOf('Overlay', object)

/** Returns the deep merge of an object: objects merge key by key, arrays join, other values override. */
export const deepMerge = (object: JsonObject, arrays: ArrayPolicy): Patch =>
  mergeOf(arrays === 'concat' ? 'Concat' : 'Union', object)

/**
 * Returns the structural removal of a body: an object removes keys from an object, an array removes equal elements
 * from an array, and any other combination removes the old value.
 */
export const structuralRemoval = (object: JsonObject): Patch => {
  const patchOf = (value: Json): Patch =>
    isJsonArray(value)
      ? { ...deletion, array: removeValues(value).array }
      : isJsonObject(value)
        ? { ...deletion, object: recordOf(mapEntries(value, patchOf)) }
        : deletion
  return within(mapEntries(object, patchOf))
}
