/**
 * Numbers as they are written. `JSON.parse` makes the nearest double of each, so that a long id loses its last digits and a
 * tiny fraction becomes zero, in silence; a line whose numbers do not survive must not be applied.
 */

// Up to fifteen digits always survive, and only an exponent of three digits can leave the range. Most texts hold long ids
// and hashes, so that it matters to look at what may be a number only.
const mayChange = /(?:^|[\s:,[])-?(?:\d{16}|\d+(?:\.\d{16}|(?:\.\d+)?[eE][+-]?\d{3}))/

// What `mayChange` looks for but at the start, which in an object or array is no number; an escape that may stand for NUL or
// a lone surrogate; and `-0`.
const mayDiffer = /\\u|[\s:,[](?:-0|-?(?:\d{16}|\d+(?:\.\d{16}|(?:\.\d+)?[eE][+-]?\d{3})))/
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

/**
 * Holds where a look at an object's JSON text shows that all its numbers are kept and that its value, which may still be
 * nested too deeply, needs no normalising. A cheap proof: where it does not hold, nothing is known.
 *
 * @param text JSON of an object, in well-formed Unicode.
 */
export const isPlainObjectText = (text: string): boolean => !mayDiffer.test(text)
