/**
 * Numbers as JSON writes them. `JSON.parse` returns the nearest double: a long id silently loses its last digits, and a tiny
 * fraction becomes zero.
 */

const literalParts = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
const nonZero = /[1-9]/

/** A decimal number in one spelling: its digits without zeros at either end, times a power of ten. */
interface Decimal {
  readonly digits: string
  readonly power: number
}

const decimalOf = (literal: string): Decimal => {
  const [, whole = '', fraction = '', exponent = '0'] = literalParts.exec(literal) ?? []
  const written = whole + fraction
  let start = 0
  let end = written.length
  while (start < end && written[start] === '0') start++
  while (end > start && written[end - 1] === '0') end--
  return {
    digits: written.slice(start, end),
    power: Number(exponent) - fraction.length + (written.length - end)
  }
}

/**
 * Returns whether a number survives reading: an integer, however it is spelled, must read back as the same integer; a
 * fraction may be rounded, but neither to zero nor to infinity.
 *
 * @param literal A number as JSON writes it.
 */
export const keepsNumber = (literal: string): boolean => {
  const value = Number(literal)
  // Up to here each integer is a double of its own.
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value !== 0 || !nonZero.test(literal.replace(/[eE].*/, ''))
  if (!Number.isFinite(value)) return false
  const written = decimalOf(literal)
  if (written.power < 0) return true
  const kept = decimalOf(String(value))
  return written.digits === kept.digits && written.power === kept.power
}
