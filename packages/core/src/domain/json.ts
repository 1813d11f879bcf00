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

/** The reason why a value cannot be kept as JSON, and its path: keys and positions from the outside in. */
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

/** Returns the value of an object's own key, and never an inherited one. */
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

/** Returns whether two JSON values are equal: the order of keys does not matter, that of elements does; `1` is not `"1"`. */
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

/** `equalsJson` as an instance of fp-ts. */
export const jsonEq: Eq<Json> = { equals: equalsJson }

/**
 * Returns a text that two values share exactly if they are equal. Keys are sorted by code unit.
 *
 * @example
 * ```ts
 * import { canonicalText } from '@userpoint/core/patch'
 *
 * console.log(canonicalText({ b: [1], a: null })) // => {"a":null,"b":[1]}
 * ```
 */
export const canonicalText = (value: Json): string => {
  if (isJsonArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] as Json)}`)
  return `{${members.join(',')}}`
}

// A class, because a document may contain an object that looks like a plain record.
class Fault implements JsonFault {
  readonly _tag = 'JsonFault'
  readonly code: JsonFault['code']
  readonly path: Array<string | number> = []
  constructor(code: JsonFault['code']) {
    this.code = code
  }
}

/** Returns whether an object is a plain one, of this realm or another, and not an instance of a class. */
export const isPlain = (value: object): boolean => {
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
 * Returns a copy of a value as JSON that any store keeps, or the reason why it cannot be kept. `-0` becomes `0`. Faults are:
 * text with a NUL or a lone surrogate, a number that is not finite, more than `maxDepth` nested arrays and objects, and values
 * that are not JSON (a `Date`, a function, `undefined`). The owner of the value may change it afterwards. Idempotent.
 *
 * @param value Any value, usually from `JSON.parse`.
 * @param maxDepth The number of arrays and objects that may be nested; a scalar has depth 0.
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

/** Estimates the length of a value's JSON in characters; it stops counting at `limit`. */
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
