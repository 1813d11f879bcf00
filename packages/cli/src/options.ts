/** Options that several commands share, and the parsers of option values. */
import { recommendedBlockedValues, type RejectionLimit } from '@userpoint/core'
import { type CompartmentId, parseCompartmentId } from '@userpoint/core/command'
import { InvalidArgumentError, Option } from 'commander'
import { driverNames } from './sqlite-driver.ts'
import { parseStore, type StoreAddress } from './store.ts'

/** Wraps a parser so that a second value for the same option is an error. */
export const once =
  <A>(read: (text: string) => A) =>
  (text: string, previous: A | undefined): A => {
    if (previous !== undefined) throw new InvalidArgumentError('Give the option only once.')
    return read(text)
  }

/** Returns a parser that accepts one of the words. */
export const oneOf =
  <A extends string>(words: ReadonlyArray<A>) =>
  (text: string): A => {
    const word = words.find((each) => each === text)
    if (word === undefined) throw new InvalidArgumentError(`Expected one of: ${words.join(', ')}.`)
    return word
  }

/** Accepts any text that is not empty. */
export const anyText = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}

/** Returns a parser that accepts a whole number from 1 to `most`. */
export const wholeNumber =
  (most: number) =>
  (text: string): number => {
    const n = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
    if (n < 1 || n > most) throw new InvalidArgumentError(`Expected a whole number from 1 to ${most}.`)
    return n
  }

/** Accepts the word `recommended`, or values between commas. */
export const blockedValues = (text: string): ReadonlyArray<string> =>
  text === 'recommended' ? recommendedBlockedValues : text.split(',')

/** Accepts a whole number, or a percentage from 0% to 100%. */
export const rejectionLimit = (text: string): RejectionLimit => {
  const percentage = /^([0-9]{1,3}(?:\.[0-9]{1,3})?)%$/.exec(text)?.[1]
  if (percentage !== undefined && Number(percentage) <= 100) return `${Number(percentage)}%`
  if (/^[0-9]{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a number of lines, or a percentage such as 5%.')
}

const store = (text: string): StoreAddress => {
  const address = parseStore(text)
  if (typeof address === 'string') throw new InvalidArgumentError(address)
  return address
}

const compartment = (text: string): CompartmentId => {
  const id = parseCompartmentId(text)
  if (id === undefined) throw new InvalidArgumentError('A compartment id is 1 to 40 digits.')
  return id
}

export interface CompartmentOptions {
  readonly defaultCompartment?: CompartmentId
}

/** Returns the options that select a store. */
export const storeOptions = (): ReadonlyArray<Option> => [
  new Option(
    '--store <STORE>',
    'sqlite:PATH, postgres://HOST/DATABASE, mysql://HOST/DATABASE or memory: (default: sqlite:./userpoint.db)'
  ).argParser(once(store)),
  new Option('--datamart <ID>', 'the datamart in the store (default: default)').argParser(once(anyText)),
  new Option(
    '--driver <NAME>',
    `the SQLite driver: ${driverNames.join(', ')} (default: the first of these that is installed)`
  ).argParser(once(oneOf(driverNames)))
]

export const defaultCompartmentOption = (): Option =>
  new Option(
    '--default-compartment <ID>',
    'the compartment of accounts and profiles that name none (default: 0)'
  ).argParser(once(compartment))
