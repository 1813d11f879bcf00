/**
 * JSON as text. `JSON.parse` silently loses digits of numbers and, if a key occurs twice, all but its last value. This module
 * reads JSON and reports such losses.
 */
import {
  backslash,
  closeArray,
  closeObject,
  comma,
  isDigit,
  isWhitespace,
  lowerE,
  minus,
  openArray,
  openObject,
  plus,
  point,
  quote,
  upperE
} from './characters.ts'
import { endOfText, excessOf } from './json-bounds.ts'
import { keepsNumber } from './numbers.ts'

/** Something that `JSON.parse` does not return as it is written, and its path: keys and positions from the outside in. */
export interface TextFault {
  /** `DUPLICATE_KEY`: the key occurs twice in its object. `BAD_NUMBER`: the number changes. */
  readonly code: 'DUPLICATE_KEY' | 'BAD_NUMBER'
  readonly path: ReadonlyArray<string | number>
}

/** The keys so far of an object that is being read; `undefined`: it is an array. */
type Level = Set<string> | undefined

/** Returns the position after a number. */
const endOfNumber = (text: string, start: number): number => {
  let end = start + 1
  for (let c = text.charCodeAt(end); isDigit(c) || c === point || isExponent(c); c = text.charCodeAt(end)) end++
  return end
}

const isExponent = (c: number): boolean => c === lowerE || c === upperE || c === plus || c === minus

/** The place of a token in the objects and arrays around it. */
class Place {
  readonly path: Array<string | number> = []
  readonly #levels: Level[] = []
  /** True if the next string is a key. */
  expectsKey = false

  open(isObject: boolean): void {
    this.expectsKey = isObject
    this.#levels.push(isObject ? new Set() : undefined)
    this.path.push(isObject ? '' : 0)
  }

  close(): void {
    this.#levels.pop()
    this.path.pop()
    this.expectsKey = false
  }

  next(): void {
    this.expectsKey = this.#levels.at(-1) !== undefined
    if (!this.expectsKey) (this.path[this.path.length - 1] as number)++
  }

  /** Enters a member. Returns whether the key stands twice in its object. */
  enter(key: string): boolean {
    const level = this.#levels.at(-1)
    const isTwice = level?.has(key) === true
    this.path[this.path.length - 1] = key
    level?.add(key)
    this.expectsKey = false
    return isTwice
  }
}

/**
 * Returns the first fault of a JSON text. It reads the text token by token; {@link provesFaithful} is the cheap first check.
 *
 * @param text Valid JSON.
 */
const firstFault = (text: string): TextFault | undefined => {
  const place = new Place()
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c === quote) {
      const end = endOfText(text, at)
      // An escape may spell the same key in another way.
      if (place.expectsKey && place.enter(JSON.parse(text.slice(at, end + 1)) as string))
        return { code: 'DUPLICATE_KEY', path: place.path }
      at = end
    } else if (c === minus || isDigit(c)) {
      const end = endOfNumber(text, at)
      if (!keepsNumber(text.slice(at, end))) return { code: 'BAD_NUMBER', path: place.path }
      at = end - 1
    } else if (c === openObject || c === openArray) place.open(c === openObject)
    else if (c === closeObject || c === closeArray) place.close()
    else if (c === comma) place.next()
  }
  return undefined
}

/** The deepest nesting of objects and arrays with which the cheap checks succeed. */
export const plainDepth = 32

/** Totals of a walk over a parsed value. */
interface Seen {
  keys: number
  hasZero: boolean
  hasNegativeZero: boolean
}

/** Adds a value to the totals; returns `false` if a number may have changed or the value is nested too deep. */
const see = (value: unknown, depth: number, seen: Seen): boolean => {
  if (typeof value === 'number') {
    // No fraction of this size was an integer, and each of these integers is a double of its own.
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) return false
    if (value === 0) {
      seen.hasZero = true
      seen.hasNegativeZero ||= Object.is(value, -0)
    }
    return true
  }
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) {
    for (const element of value) if (!see(element, depth - 1, seen)) return false
    return true
  }
  for (const key in value) {
    seen.keys++
    if (!see((value as { readonly [key: string]: unknown })[key], depth - 1, seen)) return false
  }
  return true
}

/**
 * Returns at least the number of keys that a JSON text holds, in all of its objects; `undefined` if a text with white
 * space before a colon, or an escaped quote before one, makes that uncertain.
 */
const mostKeys = (text: string): number | undefined => {
  let count = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1)
    if (before === quote) {
      if (text.charCodeAt(at - 2) === backslash) return undefined
      count++
    } else if (isWhitespace(before)) return undefined
  }
  return count
}

// A fraction that becomes zero has a negative exponent of three digits, or at least so many zeros.
const manyZeros = '0'.repeat(200)
const mayVanish = /[\d.][eE]-\d{3}/

const keepsZeros = (text: string): boolean =>
  !text.includes(manyZeros) && (!text.includes('-') || !mayVanish.test(text))

/**
 * Returns whether the cheap check proves that a value has no faults. After `false`, {@link firstFault} reads the text.
 *
 * Each key of the value is written at least once, so that as many separators as keys means that none is written twice.
 */
const provesFaithful = (value: unknown, text: string, seen: Seen): boolean =>
  see(value, plainDepth, seen) && seen.keys === mostKeys(text) && (!seen.hasZero || keepsZeros(text))

/** The value of a JSON text, or its first fault. */
export type ReadJson =
  | {
      readonly _tag: 'Value'
      readonly value: unknown
      /** `true`: the value is known to be normalised JSON, nested no deeper than 32 levels. */
      readonly isNormal: boolean
    }
  | { readonly _tag: 'Fault'; readonly code: 'SYNTAX_ERROR' | 'TOO_DEEP' | 'TOO_MANY_VALUES' }
  | ({ readonly _tag: 'Fault' } & TextFault)

/**
 * Returns the value of a JSON text, or its first fault; text that is not JSON is a `SYNTAX_ERROR`, and text beyond the bounds
 * is not parsed. It never throws.
 *
 * @param text Text without lone surrogates.
 */
export const readJson = (text: string): ReadJson => {
  const excess = excessOf(text)
  if (excess !== undefined) return { _tag: 'Fault', code: excess }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { _tag: 'Fault', code: 'SYNTAX_ERROR' }
  }
  const seen: Seen = { keys: 0, hasZero: false, hasNegativeZero: false }
  if (provesFaithful(value, text, seen)) {
    // An escape may stand for NUL or a lone surrogate.
    const isNormal = text.charCodeAt(0) === openObject && !seen.hasNegativeZero && !text.includes('\\u')
    return { _tag: 'Value', value, isNormal }
  }
  const first = firstFault(text)
  return first === undefined ? { _tag: 'Value', value, isNormal: false } : { _tag: 'Fault', ...first }
}
