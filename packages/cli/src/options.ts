/** Options that several commands share, and the parsers of option values. */
import { InvalidArgumentError, Option } from 'commander'
import { driverNames } from './sqlite-driver.ts'
import { parseStore, type StoreAddress } from './store-place.ts'

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

const store = (text: string): StoreAddress => {
  const address = parseStore(text)
  if (typeof address === 'string') throw new InvalidArgumentError(address)
  return address
}

/** Returns the option that names a file of settings. */
export const configOption = (): Option =>
  new Option('--config <FILE>', 'the settings of the datamart as JSON; other options override it').argParser(
    once(anyText)
  )

/** Returns the options that every command has: they select a store, and the settings of its datamart. */
export const storeOptions = (): ReadonlyArray<Option> => [
  configOption(),
  new Option(
    '--key-file <FILE>',
    'the key of the datamart, 64 hexadecimal digits: for receipts and suppressions (default: that of --config)'
  ).argParser(once(anyText)),
  new Option(
    '--store <STORE>',
    'sqlite:PATH, postgres://HOST/DATABASE, mysql://HOST/DATABASE or memory: (default: sqlite:./userpoint.db)'
  ).argParser(once(store)),
  new Option('--datamart <ID>', "the datamart in the store (default: that of --config, or 'default')").argParser(
    once(anyText)
  ),
  new Option(
    '--driver <NAME>',
    `the SQLite driver: ${driverNames.join(', ')} (default: the first of these that is installed)`
  ).argParser(once(oneOf(driverNames))),
  new Option(
    '--keys <FILE>',
    'the key file of an encrypted store; import and serve create it for a new store'
  ).argParser(once(anyText))
]
