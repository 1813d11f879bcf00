/**
 * JSON as text. `JSON.parse` silently loses digits of numbers and, if a key occurs twice, all but its last value. This module
 * reads JSON and reports such losses.
 */
import { backslash, isWhitespace, openObject, quote } from './characters.ts'
import { keepsNumber } from './numbers.ts'

/** Something that `JSON.parse` does not return as it is written, and its path: keys and positions from the outside in. */
export interface TextFault {
  /** `DUPLICATE_KEY`: the key occurs twice in its object. `BAD_NUMBER`: the number changes. */
  readonly code: 'DUPLICATE_KEY' | 'BAD_NUMBER'
  readonly path: ReadonlyArray<string | number>
}

// The closing quote is optional, so that a text without it takes linear time; valid JSON always has it.
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.eE+-]*|[{}[\],]/gs

/** The keys so far of an object that is being read; `undefined`: it is an array. */
type Level = Set<string> | undefined

/**
 * Yields every fault of a JSON text, in order. It reads the text token by token; {@link provesFaithful} is the cheap first
 * check.
 *
 * @param text Valid JSON.
 */
function* faultsOf(text: string): Generator<TextFault, void, undefined> {
  const levels: Level[] = []
  const path: Array<string | number> = []
  let expectsKey = false
  for (const [token] of text.matchAll(tokens)) {
    const level = levels.at(-1)
    switch (token) {
      case '{':
      case '[':
        expectsKey = token === '{'
        levels.push(expectsKey ? new Set() : undefined)
        path.push(expectsKey ? '' : 0)
        break
      case '}':
      case ']':
        levels.pop()
        path.pop()
        expectsKey = false
        break
      case ',':
        expectsKey = level !== undefined
        if (level === undefined) (path[path.length - 1] as number)++
        break
      default:
        if (!token.startsWith('"')) {
          if (!keepsNumber(token)) yield { code: 'BAD_NUMBER', path: [...path] }
        } else if (expectsKey) {
          // An escape may spell the same key in another way.
          const key = JSON.parse(token) as string
          path[path.length - 1] = key
          if (level?.has(key)) yield { code: 'DUPLICATE_KEY', path: [...path] }
          level?.add(key)
          expectsKey = false
        }
    }
  }
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
 * Returns whether the cheap check proves that a value has no faults. After `false`, {@link faultsOf} reads the text.
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
      /** `true`: the value is known to be normalised JSON, nested no deeper than {@link plainDepth}. */
      readonly isNormal: boolean
    }
  | { readonly _tag: 'Fault'; readonly code: 'SYNTAX_ERROR' }
  | ({ readonly _tag: 'Fault' } & TextFault)

/**
 * Returns the value of a JSON text, or its first fault; text that is not JSON is a `SYNTAX_ERROR`. It never throws.
 *
 * @param text Text without lone surrogates.
 */
export const readJson = (text: string): ReadJson => {
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
  const first = faultsOf(text).next().value
  return first === undefined ? { _tag: 'Value', value, isNormal: false } : { _tag: 'Fault', ...first }
}

/**
 * Returns the value of a JSON text with all of its faults, for a caller that rejects only the parts at fault.
 *
 * @throws SyntaxError if the text is not JSON.
 */
export const parseJson = (text: string): { readonly value: unknown; readonly faults: ReadonlyArray<TextFault> } => {
  const value: unknown = JSON.parse(text)
  const isFaithful = provesFaithful(value, text, { keys: 0, hasZero: false, hasNegativeZero: false })
  return { value, faults: isFaithful ? [] : [...faultsOf(text)] }
}
