/**
 * Numbers as they are written. `JSON.parse` makes the nearest double of each, so that a long id loses its last digits and a
 * tiny fraction becomes zero, in silence; a line whose numbers do not survive must not be applied.
 */

// Up to fifteen digits always survive, and only an exponent of three digits can leave the range. Most texts hold long ids
// and hashes, so that it matters to look at what may be a number only.
const mayChange = /(?:^|[\s:,[])-?(?:\d{16}|\d+(?:\.\d{16}|(?:\.\d+)?[eE][+-]?\d{3}))/

// What `mayChange` looks for but at the start, which in an object or array is no number; and `-0`.
const mayDiffer = /[\s:,[](?:-0|-?(?:\d{16}|\d+(?:\.\d{16}|(?:\.\d+)?[eE][+-]?\d{3})))/
const strings = /"(?:[^"\\]|\\.)*"/gs
const numbers = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const integer = /^-?\d+$/

const survives = (literal: string): boolean => {
  const value = Number(literal)
  // An integer must read back digit by digit; of a fraction it is enough that it does not vanish.
  if (integer.test(literal)) return String(value) === literal.replace(/^-0$/, '0')
  return Number.isFinite(value) && (value !== 0 || !/[1-9]/.test(literal.replace(/[eE].*/, '')))
}

/** Holds where every number of a JSON text keeps its value: no digit of an integer is lost, and nothing vanishes. */
export const keepsNumbers = (text: string): boolean =>
  !mayChange.test(text) || (text.replace(strings, '""').match(numbers) ?? []).every(survives)

/** How deep the objects and arrays may be nested of which {@link isPlainObject} can hold. */
export const plainDepth = 32

/** What numbers there are: some that may not be what was written (`Unsure`), some that are 0 (`Zeros`), or neither. */
type Numbers = 'Kept' | 'Zeros' | 'Unsure'

const numbersOf = (value: unknown, depth: number): Numbers => {
  if (typeof value === 'number') {
    // Each of these integers is a double of its own, and no fraction of this size was an integer, or vanished.
    if (value === 0) return 'Zeros'
    return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? 'Kept' : 'Unsure'
  }
  if (typeof value !== 'object' || value === null) return 'Kept'
  return depth === 0 ? 'Unsure' : numbersIn(value as { readonly [key: string]: unknown }, depth - 1)
}

const numbersIn = (members: { readonly [key: string]: unknown }, depth: number): Numbers => {
  let found: Numbers = 'Kept'
  for (const key in members) {
    const here = numbersOf(members[key], depth)
    if (here === 'Unsure') return here
    if (here === 'Zeros') found = here
  }
  return found
}

const manyZeros = '0'.repeat(64)

// A zero may have been `-0`, or a fraction that vanished. Looking for one character is cheaper than for numbers.
const keepsZeros = (text: string): boolean =>
  (!text.includes('-') && !text.includes(manyZeros)) || !mayDiffer.test(text)

/**
 * Holds where a look shows that all numbers of an object are what its text says, that the object needs no normalising, and
 * that it is nested no deeper than {@link plainDepth}. A cheap proof: where it does not hold, nothing is known.
 *
 * @param object What `JSON.parse` made of the text.
 * @param text JSON of an object, in well-formed Unicode.
 */
export const isPlainObject = (object: object, text: string): boolean => {
  // An escape may stand for NUL or a lone surrogate.
  if (text.includes('\\u')) return false
  const found = numbersOf(object, plainDepth)
  return found === 'Kept' || (found === 'Zeros' && keepsZeros(text))
}
