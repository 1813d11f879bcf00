/** Settings: what an embedder, a command or a server is told of a datamart, checked and completed. */
import type { Bounds, Policies } from '@userpoint/core'
import type { CompartmentId } from '@userpoint/core/command'
import { type IdentitySettings, readJson } from '@userpoint/core/insider'
import type { Retention } from '@userpoint/core/maintenance'
import { type CompleteSettings, defaultSettings, type ErasureSettings, type Feed, type Limits } from './defaults.ts'
import { brokenLine } from './json-place.ts'
import { pathText, refusalOf, SettingsRefused, type SettingsIssue } from './refusal.ts'
import { schema } from './schema.ts'

/** A value as settings may spell it: `null` stands for none, digits for a compartment. */
type Spelled<A> = A extends CompartmentId
  ? string | number
  : A extends ReadonlyArray<infer Element>
    ? ReadonlyArray<Spelled<Element>>
    : A extends undefined
      ? null | undefined
      : A

/** Policies as settings may spell them. `blockedValues` may be `'recommended'`. */
export type WrittenPolicies = {
  readonly [Name in keyof Policies]?:
    | Spelled<Policies[Name]>
    | (Name extends 'blockedValues' ? 'recommended' : never)
    | undefined
}

/** Identity settings as settings may spell them: the parts of `emailHash` but the algorithm are `false` if absent. */
export type WrittenIdentity = {
  readonly [Name in keyof Omit<IdentitySettings, 'emailHash'>]?: IdentitySettings[Name] | undefined
} & {
  readonly emailHash?:
    | (Pick<NonNullable<IdentitySettings['emailHash']>, 'algorithm'> &
        Partial<NonNullable<IdentitySettings['emailHash']>>)
    | null
    | undefined
}

/**
 * The settings of one datamart, as a program or a file writes them. Every field may be absent, and then has its default.
 */
export interface Settings {
  /** The place of the file's JSON Schema, for editors. */
  readonly $schema?: string | undefined
  /** The id of the datamart: 1 to 64 letters, digits, `_` and `-`. */
  readonly datamart?: string | undefined
  /** The partner whose Insider calls use the datamart, in lower case. */
  readonly partner?: string | undefined
  readonly policies?: WrittenPolicies | undefined
  readonly identity?: WrittenIdentity | undefined
  readonly bounds?: { readonly [Name in keyof Bounds]?: Bounds[Name] | undefined } | undefined
  readonly limits?:
    | { readonly [Name in keyof Limits]?: Limits[Name] | (Name extends 'maxRejected' ? null : never) | undefined }
    | undefined
  readonly erasure?:
    | {
        readonly [Name in keyof ErasureSettings]?:
          | ErasureSettings[Name]
          | (Name extends 'claims' ? never : null)
          | undefined
      }
    | undefined
  readonly retention?:
    | {
        readonly [Name in keyof Retention]?: Retention[Name] | (Name extends 'properties' ? never : null) | undefined
      }
    | undefined
  readonly feed?: { readonly [Name in keyof Feed]?: Feed[Name] | undefined } | undefined
  /** The SHA-256 of each token that opens the datamart on a server, as 64 hexadecimal digits. */
  readonly tokens?: ReadonlyArray<{ readonly sha256: string }> | undefined
}

/** Fills in the defaults. A policy that is given as none stays none; every other absent value has its default. */
const withDefaults = <A extends object>(
  defaults: A,
  given: { readonly [Name in keyof A]?: A[Name] | undefined } = {}
): A => {
  const isGiven = ([name, value]: [string, unknown]): boolean => value !== undefined || name === 'defaultCompartment'
  return { ...defaults, ...Object.fromEntries(Object.entries(given).filter(isGiven)) }
}

/**
 * Returns the places of settings, in what the schema takes, whose names it cannot see: a promise or a Map has no names of its own, and
 * would count as no settings.
 */
const emptyLooking = (value: unknown, path: ReadonlyArray<string | number> = []): ReadonlyArray<SettingsIssue> => {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((each, at) => emptyLooking(each, [...path, at]))
  if (Symbol.iterator in value || typeof Reflect.get(value, 'then') === 'function')
    return [{ code: 'WRONG_TYPE', path: pathText(path), expected: 'an object' }]
  return Object.entries(value).flatMap(([name, each]) => emptyLooking(each, [...path, name]))
}

/**
 * Returns checked settings with every default filled in.
 *
 * @throws SettingsRefused that names each wrong setting by its path, with what was expected.
 * @example
 * ```ts
 * import { completeSettings, SettingsRefused } from '@userpoint/settings'
 *
 * const { policies } = completeSettings({ policies: { arrays: 'union', blockedValues: 'recommended' } })
 * console.log(policies.arrays, policies.profileMerge) // => union byProperty
 * try {
 *   completeSettings(JSON.parse('{"policies":{"arrays":"sum"}}'))
 * } catch (error) {
 *   if (error instanceof SettingsRefused) console.log(error.message) // => policies.arrays: expected "concat" or "union" (WRONG_VALUE)
 * }
 * ```
 */
export const completeSettings = (settings: Settings = {}): CompleteSettings => {
  const read = schema.safeParse(settings)
  if (!read.success) throw refusalOf(read.error, settings)
  const misread = emptyLooking(settings)
  if (misread.length > 0) throw new SettingsRefused(misread)
  const { datamart, partner, policies, identity, bounds, limits, feed, erasure, retention, tokens = [] } = read.data
  return {
    datamart,
    partner,
    policies: withDefaults(defaultSettings.policies, policies),
    identity: withDefaults(defaultSettings.identity, identity as Partial<IdentitySettings>),
    bounds: withDefaults(defaultSettings.bounds, bounds),
    limits: withDefaults(defaultSettings.limits, limits),
    erasure: withDefaults(defaultSettings.erasure, erasure),
    retention: withDefaults(defaultSettings.retention, retention),
    feed: withDefaults(defaultSettings.feed, feed),
    tokens
  }
}

/** Returns what is wrong with settings; empty: nothing. */
export const issuesOf = (settings: unknown): ReadonlyArray<SettingsIssue> => {
  const read = schema.safeParse(settings)
  return read.success ? emptyLooking(settings) : refusalOf(read.error, settings).issues
}

const decodeUtf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

const textFaults = {
  DUPLICATE_KEY: { code: 'DUPLICATE_KEY', expected: 'each key once in an object' },
  BAD_NUMBER: { code: 'WRONG_VALUE', expected: 'a number that JSON readers keep' },
  TOO_DEEP: { code: 'WRONG_TYPE', expected: 'settings, which are nested a few levels deep' },
  TOO_MANY_VALUES: { code: 'WRONG_TYPE', expected: 'settings, which are few' }
} as const

/** Below `tokens` a token could stand where a name should. */
const shownOf = (path: ReadonlyArray<string | number>): ReadonlyArray<string | number> =>
  path[0] === 'tokens' ? path.slice(0, 2) : path

/**
 * Returns the settings in a file, checked but not completed.
 *
 * @param bytes JSON as UTF-8.
 * @throws SettingsRefused that names each wrong setting by its path.
 */
export const readSettings = (bytes: Uint8Array): Settings => {
  let text: string
  try {
    text = decodeUtf8(bytes)
  } catch {
    throw new SettingsRefused([{ code: 'NOT_JSON', path: '', expected: 'JSON as UTF-8' }])
  }
  const read = readJson(text)
  if (read._tag === 'Fault') {
    if (read.code === 'SYNTAX_ERROR')
      throw new SettingsRefused([{ code: 'NOT_JSON', path: '', line: brokenLine(text), expected: 'JSON' }])
    throw new SettingsRefused([{ ...textFaults[read.code], path: 'path' in read ? pathText(shownOf(read.path)) : '' }])
  }
  const issues = issuesOf(read.value)
  if (issues.length > 0) throw new SettingsRefused(issues)
  return read.value as Settings
}
