/** Options that several commands share, and how option values are read. */
import { type CompartmentId, parseCompartmentId } from '@userpoint/core'
import { InvalidArgumentError, Option } from 'commander'
import { driverNames } from './sqlite-driver.ts'
import { parseStore, type StoreAddress } from './store.ts'

/** A reader of option values that lets an option be given once: of two values, one would be ignored. */
export const once =
  <A>(read: (text: string) => A) =>
  (text: string, previous: A | undefined): A => {
    if (previous !== undefined) throw new InvalidArgumentError('It is given twice.')
    return read(text)
  }

/** Reads one of some words. */
export const oneOf =
  <A extends string>(words: ReadonlyArray<A>) =>
  (text: string): A => {
    const word = words.find((each) => each === text)
    if (word === undefined) throw new InvalidArgumentError(`It is one of: ${words.join(', ')}.`)
    return word
  }

/** Reads any text that is not empty. */
export const anyText = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('It is empty.')
  return text
}

/** Reads a whole number from 1 up to `most`. */
export const wholeNumber =
  (most: number) =>
  (text: string): number => {
    const n = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
    if (n < 1 || n > most) throw new InvalidArgumentError(`It is a whole number from 1 to ${most}.`)
    return n
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

/** The options that say which store is meant. */
export const storeOptions = (): ReadonlyArray<Option> => [
  new Option(
    '--store <STORE>',
    'sqlite:PATH, postgres://HOST/DATABASE or memory: (default: sqlite:./userpoint.db)'
  ).argParser(once(store)),
  new Option('--datamart <ID>', 'the datamart in the store (default: default)').argParser(once(anyText)),
  new Option(
    '--driver <NAME>',
    `the SQLite driver: ${driverNames.join(', ')} (default: the first of these that is installed)`
  ).argParser(once(oneOf(driverNames)))
]

export const defaultCompartmentOption = (): Option =>
  new Option('--default-compartment <ID>', 'the compartment where none is named (default: 0)').argParser(
    once(compartment)
  )
