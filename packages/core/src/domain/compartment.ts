/** Compartments: the name spaces of accounts and profiles. `1000` and `"1000"` name one compartment. */

/** A compartment's id in its one spelling: decimal digits without leading zeros. */
export type CompartmentId = string & { readonly CompartmentId: unique symbol }

// No id in use is longer, and the length of a claim must have a limit.
const longest = 40

/**
 * Returns the canonical spelling of a compartment's id; `undefined` if the value is neither a non-negative safe integer nor
 * text of 1 to 40 digits.
 *
 * @example
 * ```ts
 * import { parseCompartmentId } from '@userpoint/core/command'
 *
 * console.log(parseCompartmentId(1000) === parseCompartmentId('01000')) // => true
 * console.log(parseCompartmentId(1.5)) // => undefined
 * ```
 */
export const parseCompartmentId = (value: unknown): CompartmentId | undefined => {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && value >= 0 ? (String(value + 0) as CompartmentId) : undefined
  }
  if (typeof value !== 'string' || value.length > longest || !/^[0-9]+$/.test(value)) return undefined
  return value.replace(/^0+(?=.)/, '') as CompartmentId
}
