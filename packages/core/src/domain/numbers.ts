/**
 * Numbers as they are written. `JSON.parse` makes the nearest double of each, so that a long id loses its last digits and a
 * tiny fraction becomes zero, in silence; a line whose numbers do not survive must not be applied.
 */

// Up to fifteen digits always survive, and only an exponent of three digits can leave the range.
const mayChange = /\d{16}|[eE][+-]?\d{3}/
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
