/**
 * JSON as this library keeps it: null, booleans, finite numbers, well-formed text, arrays, and objects whose keys are
 * plain data (`__proto__`, `constructor` and `''` included). Normalised JSON survives any store: `-0` is `0`, no NUL, no
 * lone surrogate, bounded depth.
 */
import { E, type Eq } from '../fp.ts'
import { isText } from './text.ts'

export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject

export interface JsonObject {
  readonly [key: string]: Json
}

/** A reason why a value is no JSON that can be kept, and its place: keys and positions from the outside in. */
export interface JsonFault {
  readonly _tag: 'JsonFault'
  readonly code: 'TOO_DEEP' | 'BAD_TEXT' | 'BAD_NUMBER' | 'NOT_JSON'
  readonly path: ReadonlyArray<string | number>
}

/** Returns whether a value is an array, with the narrowing that `Array.isArray` does not give for read-only ones. */
export const isJsonArray = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns whether a value is absent; `null` counts as absent wherever a field may be missing. */
export const isAbsent = (value: Json | undefined): value is null | undefined => value === undefined || value === null

/** The value of an object's own key; never one inherited from a prototype. */
export const getKey = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined

/** Sets a key on an object that is still being built, and never a prototype. */
export const defineKey = (object: Record<string, Json>, key: string, value: Json): void => {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[key] = value
  }
}

/** JSON equality: the order of keys is not significant, that of elements is; `1` is not `"1"`. An equivalence. */
export const equalsJson = (a: Json, b: Json): boolean => {
  if (a === b) return true
  if (isJsonArray(a)) {
    return isJsonArray(b) && a.length === b.length && a.every((element, i) => equalsJson(element, b[i] as Json))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalsJson(a[key] as Json, b[key] as Json))
  )
}

/** Equality of JSON as an instance: the order of keys is not significant, that of elements is; `1` is not `"1"`. */
export const jsonEq: Eq<Json> = { equals: equalsJson }

/** One text for each value: two values are equal exactly when their canonical texts are. Keys are sorted by code unit. */
export const canonicalText = (value: Json): string => {
  if (isJsonArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] as Json)}`)
  return `{${members.join(',')}}`
}

// A class of its own, because a document may hold an object that looks like any plain record of ours.
class Fault implements JsonFault {
  readonly _tag = 'JsonFault'
  readonly code: JsonFault['code']
  readonly path: Array<string | number> = []
  constructor(code: JsonFault['code']) {
    this.code = code
  }
}

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value)
  // A plain object of another realm has a prototype that itself has none.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

const normaliseArray = (array: ReadonlyArray<unknown>, depth: number): Json | Fault => {
  const copy: Array<Json> = []
  for (let i = 0; i < array.length; i++) {
    const element = normalise(array[i], depth)
    if (element instanceof Fault) {
      element.path.unshift(i)
      return element
    }
    copy.push(element)
  }
  return copy
}

const normaliseObject = (object: Readonly<Record<string, unknown>>, depth: number): Json | Fault => {
  if (!isPlain(object)) return new Fault('NOT_JSON')
  const copy: Record<string, Json> = {}
  for (const key of Object.keys(object)) {
    const value = isText(key) ? normalise(object[key], depth) : new Fault('BAD_TEXT')
    if (value instanceof Fault) {
      value.path.unshift(key)
      return value
    }
    defineKey(copy, key, value)
  }
  return copy
}

const normalise = (value: unknown, depth: number): Json | Fault => {
  switch (typeof value) {
    case 'string':
      return isText(value) ? value : new Fault('BAD_TEXT')
    case 'number':
      return Number.isFinite(value) ? (value === 0 ? 0 : value) : new Fault('BAD_NUMBER')
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      if (depth === 0) return new Fault('TOO_DEEP')
      return Array.isArray(value)
        ? normaliseArray(value, depth - 1)
        : normaliseObject(value as Readonly<Record<string, unknown>>, depth - 1)
    default:
      return new Fault('NOT_JSON')
  }
}

/**
 * Returns the same value as JSON that any store keeps, or the reason why it cannot be kept: `-0` becomes `0`; text with a NUL or a lone surrogate,
 * numbers that are not finite, more than `maxDepth` nested arrays and objects, and what JSON does not know (a `Date`, a
 * function, `undefined`) are faults. Always a copy, so that the owner of the value may change it afterwards; idempotent.
 *
 * @param value Anything; usually what `JSON.parse` gave.
 * @param maxDepth How many arrays and objects may be nested; a scalar has depth 0.
 */
export const normaliseJson = (value: unknown, maxDepth: number): E.Either<JsonFault, Json> => {
  const normalised = normalise(value, maxDepth)
  return normalised instanceof Fault ? E.left(normalised) : E.right(normalised)
}

/** Returns whether a value of `JSON.parse` has at most so many nested arrays and objects. */
export const isNoDeeper = (value: Json, maxDepth: number): boolean => {
  if (typeof value !== 'object' || value === null) return true
  if (maxDepth === 0) return false
  if (isJsonArray(value)) return value.every((element) => isNoDeeper(element, maxDepth - 1))
  for (const key in value) {
    const member = value[key]
    if (typeof member === 'object' && member !== null && !isNoDeeper(member, maxDepth - 1)) return false
  }
  return true
}

/** About how many characters the value's JSON has; it stops counting at `limit`. */
export const roughSize = (value: Json, limit: number): number => {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 8
  let size = 2
  for (const key in value as JsonObject) {
    if (size >= limit) return size
    size += key.length + 4 + roughSize((value as JsonObject)[key] as Json, limit - size)
  }
  return size
}
