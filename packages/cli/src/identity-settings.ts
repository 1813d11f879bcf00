/** Reads identity settings from a file: the library's `IdentitySettings` as JSON, every field optional. */
import { readFile } from 'node:fs/promises'
import {
  defaultIdentitySettings,
  type EmailHashing,
  type IdentifierSetting,
  type IdentitySettings
} from '@userpoint/core/insider'
import { Failure, printable, reasonOf, wrongUsage } from './failure.ts'

/** Thrown for a wrong field; its message names the field. */
export class BadSetting extends Error {}

const bad = (field: string, what: string): BadSetting => new BadSetting(`${printable(field)} ${what}`)

type Read<A> = (value: unknown, field: string) => A

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text: Read<string> = (value, field) => {
  if (typeof value !== 'string' || value === '') throw bad(field, 'must be a non-empty string')
  return value
}

const flag: Read<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw bad(field, 'must be true or false')
  return value
}

const limit: Read<number> = (value, field) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw bad(field, 'must be a whole number from 1')
  }
  return value
}

const oneOf =
  <A extends string>(...words: ReadonlyArray<A>): Read<A> =>
  (value, field) => {
    const word = words.find((each) => each === value)
    if (word === undefined) throw bad(field, `must be ${words.map((each) => `"${each}"`).join(' or ')}`)
    return word
  }

const listOf =
  <A>(read: Read<A>): Read<ReadonlyArray<A>> =>
  (value, field) => {
    if (!Array.isArray(value)) throw bad(field, 'must be an array')
    return value.map((element, i) => read(element, `${field}[${i}]`))
  }

/** Reads the given fields. An unknown field is an error, since it is most likely misspelt. */
const readFields = <A extends object>(
  value: Fields,
  prefix: string,
  readers: { readonly [K in keyof A]-?: Read<A[K]> }
): Partial<A> => {
  const known = Object.keys(readers)
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const field = `${prefix}${name}`
      if (!known.includes(name)) throw bad(field, `is not a setting; expected one of ${known.join(', ')}`)
      return [name, (readers[name as keyof A] as Read<unknown>)(each, field)]
    })
  ) as Partial<A>
}

const identifier: Read<IdentifierSetting> = (value, field) => {
  if (!isFields(value)) throw bad(field, 'must be an object')
  const { name, ...others } = readFields<Required<IdentifierSetting>>(value, `${field}.`, {
    name: text,
    custom: flag,
    limit
  })
  if (name === undefined) throw bad(`${field}.name`, 'is missing')
  return { name, ...others }
}

const attribute: Read<Pick<IdentifierSetting, 'name' | 'custom'>> = (value, field) => {
  if (!isFields(value)) throw bad(field, 'must be an object')
  const { name, ...others } = readFields<Required<Pick<IdentifierSetting, 'name' | 'custom'>>>(value, `${field}.`, {
    name: text,
    custom: flag
  })
  if (name === undefined) throw bad(`${field}.name`, 'is missing')
  return { name, ...others }
}

const identifiers: Read<ReadonlyArray<IdentifierSetting>> = (value, field) => {
  const all = listOf(identifier)(value, field)
  const seen = new Set<string>()
  for (const [i, { name, custom = false }] of all.entries()) {
    const key = `${custom} ${name}`
    if (seen.has(key)) throw bad(`${field}[${i}]`, 'repeats an earlier identifier')
    seen.add(key)
  }
  return all
}

const emailHash: Read<EmailHashing> = (value, field) => {
  if (!isFields(value)) throw bad(field, 'must be an object')
  const {
    algorithm,
    trim = false,
    lowerCase = false
  } = readFields<EmailHashing>(value, `${field}.`, {
    algorithm: oneOf('sha256', 'sha512', 'sha1', 'md5'),
    trim: flag,
    lowerCase: flag
  })
  if (algorithm === undefined) throw bad(`${field}.algorithm`, 'is missing')
  return { algorithm, trim, lowerCase }
}

/** Returns the settings in a JSON value. @throws BadSetting if a field is wrong. */
export const readIdentitySettings = (value: unknown): Partial<IdentitySettings> => {
  if (!isFields(value)) throw new BadSetting('it must be a JSON object')
  return readFields<IdentitySettings>(value, '', {
    identifiers,
    blockedValues: listOf(text),
    onConflict: oneOf('reject', 'priority'),
    emptiedArray: oneOf('keep', 'drop'),
    partialOnScalar: oneOf('warn', 'reject'),
    singleValue: oneOf('reject', 'wrap'),
    numericIdentifiers: oneOf('reject', 'text'),
    listAttribute: oneOf('list_id', 'static_segment_id'),
    emailHash,
    personal: listOf(attribute)
  })
}

/** Returns the settings in a file, completed with the defaults. */
export const loadIdentitySettings = async (path: string | undefined): Promise<IdentitySettings> => {
  if (path === undefined) return defaultIdentitySettings
  const title = `the settings file ${printable(path)}`
  let content: string
  try {
    content = new TextDecoder().decode(await readFile(path))
  } catch (error) {
    throw new Failure(`${title} cannot be read: ${reasonOf(error)}`)
  }
  try {
    return { ...defaultIdentitySettings, ...readIdentitySettings(JSON.parse(content)) }
  } catch (error) {
    if (error instanceof SyntaxError) throw wrongUsage(`${title} is not valid JSON`)
    if (error instanceof BadSetting) throw wrongUsage(`${title} is wrong: ${error.message}`)
    throw error
  }
}
