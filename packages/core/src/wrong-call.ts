/** Mistakes in a program that calls us, from JavaScript too, where no compiler has looked at the arguments. */

/** An option that the call does not have, one that it needs, or another argument that is wrong. */
export type WrongCallCode = 'UNKNOWN_OPTION' | 'MISSING_OPTION' | 'WRONG_ARGUMENT'

/** A mistake in the program: an argument of a call is wrong, and the call did nothing. The message holds no values. */
export class WrongCall extends TypeError {
  override readonly name = 'WrongCall'
  readonly code: WrongCallCode

  constructor(code: WrongCallCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Returns the error for an argument that is wrong. */
export const wrongArgument = (message: string): WrongCall => new WrongCall('WRONG_ARGUMENT', message)

/** The name of each option of a call, and whether the call needs it. */
export type OptionNames<Options extends object> = {
  readonly [Name in keyof Options]-?: Partial<Pick<Options, Name>> extends Pick<Options, Name> ? 'optional' : 'needed'
}

type Names = Readonly<Record<string, 'needed' | 'optional'>>

/** A rule for the value of an option that is given. `expected` ends the sentence "the option must be …". */
export interface ValueRule {
  readonly holds: (value: unknown) => boolean
  readonly expected: string
}

/** The rules for the values of options; an option without one is looked at by the call. */
export type OptionValues<Options extends object> = { readonly [Name in keyof Options]?: ValueRule }

const isOfType =
  (type: string) =>
  (value: unknown): boolean =>
    typeof value === type

export const aText: ValueRule = { holds: isOfType('string'), expected: 'a text' }
export const aFlag: ValueRule = { holds: isOfType('boolean'), expected: 'true or false' }
export const aFunction: ValueRule = { holds: isOfType('function'), expected: 'a function' }

/** A controller in place of its signal would never stop anything. */
export const aSignal: ValueRule = {
  holds: (value) => 'aborted' in Object(value),
  expected: 'an AbortSignal, such as the signal of a controller'
}

/** A timer takes anything else for one millisecond. */
export const milliseconds: ValueRule = {
  holds: (value) => typeof value === 'number' && value >= 0 && value <= 2_147_483_647,
  expected: 'milliseconds: a number from 0 to 2147483647'
}

export const oneOf = (...texts: ReadonlyArray<string>): ValueRule => ({
  holds: (value) => texts.includes(value as string),
  expected: texts.join(' or ')
})

/** A promise, a Map or a list has none of the names that options have, and would count as no options. */
const isNoOptions = (given: object): boolean =>
  Symbol.iterator in given || typeof Reflect.get(given, 'then') === 'function'

/** Returns the names of options that all have a default. */
export const optionsWithDefaults = (defaults: object): Names =>
  Object.fromEntries(Object.keys(defaults).map((name) => [name, 'optional']))

// A whole file instead of options would be a long name.
const shown = (name: string): string => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name)

/**
 * Demands that options have only names that a call knows, those that it needs, and values that it takes. A misspelt name or value
 * would else be ignored.
 *
 * @param call The name of the call, for the message.
 * @param given The options; `undefined` if the call has no options.
 * @param values The rules for their values.
 * @throws {WrongCall} They do not.
 *
 * @example
 * ```ts
 * import { demandOptions, type OptionNames } from '@userpoint/core/repository'
 *
 * interface FileOptions {
 *   readonly datamart?: string
 * }
 * const names: OptionNames<FileOptions> = { datamart: 'optional' }
 * try {
 *   demandOptions('createFileRepository', { datamrat: 'shop' }, names)
 * } catch (error) {
 *   console.log(String(error)) // => WrongCall: createFileRepository has no option "datamrat": it has datamart
 * }
 * ```
 */
export const demandOptions = (
  call: string,
  given: unknown,
  names: Names,
  values: Readonly<Record<string, ValueRule | undefined>> = {}
): void => {
  const all = Object.keys(names)
  const needed = all.filter((name) => names[name] === 'needed')
  if (given === undefined && needed.length === 0) return
  if (typeof given !== 'object' || given === null || isNoOptions(given))
    throw wrongArgument(`${call} needs an object with options: ${all.join(', ')}`)
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name))
  if (unknown !== undefined)
    throw new WrongCall('UNKNOWN_OPTION', `${call} has no option ${shown(unknown)}: it has ${all.join(', ')}`)
  const missing = needed.find((name) => Reflect.get(given, name) === undefined)
  if (missing !== undefined) throw new WrongCall('MISSING_OPTION', `${call} needs the option ${missing}`)
  for (const [name, rule] of Object.entries(values)) {
    const value: unknown = Reflect.get(given, name)
    if (value !== undefined && rule?.holds(value) === false)
      throw wrongArgument(`${call}: ${name} must be ${rule.expected}`)
  }
}
