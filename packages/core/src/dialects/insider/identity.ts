/** Decodes the user of an Insider request: `identifiers`, `insider_id`, or both (B-02 to B-04, B-34). */
import { getKey, isAbsent, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { type UserPointId, userPointIdOf, withEmailHash } from '../../domain/identifier.ts'
import { isIdentifierText, maxIdentifierLength } from '../../domain/text.ts'
import { E } from '../../fp.ts'
import { isBlocked } from '../../command/blocked-values.ts'
import type { AnyOf, Named } from '../../command/command.ts'
import { type Rejection, type RejectionCode, rejection } from '../../command/rejection.ts'
import { hashEmail } from './email-hash.ts'
import {
  type IdentifierSetting,
  type IdentitySettings,
  identifierName,
  identifyingNames,
  type ReadingSettings
} from './settings.ts'

/** The keys by which a request names a user. */
export interface Identity {
  readonly userPoint: UserPointId | undefined
  /** The identifiers that count, the most decisive first. */
  readonly identifiers: ReadonlyArray<Named>
}

const lineEnds = /[\n\r\u2028\u2029]/

/** Returns whether a text is one line with an `@` and a later `.`, and with something before, between and after them. */
const hasEmailShape = (text: string): boolean => {
  const at = text.indexOf('@', 1)
  const dot = at === -1 ? -1 : text.indexOf('.', at + 2)
  return dot !== -1 && dot < text.length - 1 && !lineEnds.test(text)
}

const phoneNumberShape = /^\+[1-9]\d{6,14}$/

// The vendor's own rules for the values of default identifiers (B-18).
const defaultRules: ReadonlyMap<string, { readonly code: RejectionCode; readonly accepts: (text: string) => boolean }> =
  new Map([
    ['email', { code: 'INVALID_EMAIL', accepts: hasEmailShape }],
    ['phone_number', { code: 'INVALID_PHONE_NUMBER', accepts: (text: string) => phoneNumberShape.test(text) }],
    ['uuid', { code: 'INVALID_UUID', accepts: () => true }]
  ])

const customRule = { code: 'BAD_FIELD', accepts: () => true } as const

/** Returns whether a text is missing: `null` and the empty text count as absent (B-34). */
const isBlank = (value: Json | undefined): value is null | undefined | '' => isAbsent(value) || value === ''

/** Decodes an object, which may be absent: `null` counts as absent, and so does `[]`, the empty map of some languages (B-34). */
export const decodeMap = (value: Json | undefined, path: ReadonlyArray<string>): E.Either<Rejection, JsonObject> => {
  if (isAbsent(value) || (isJsonArray(value) && value.length === 0)) return E.right({})
  return isJsonObject(value) ? E.right(value) : E.left(rejection('BAD_FIELD', path))
}

// A fraction, or a number beyond the safe integers, has more than one spelling.
const textOf = (value: Json, settings: ReadingSettings): Json =>
  typeof value === 'number' && Number.isSafeInteger(value) && settings.numericIdentifiers === 'text'
    ? String(value)
    : value

const isBlockedIn = (text: Json, { blockedValues, placeholders = [] }: ReadingSettings): boolean =>
  blockedValues.some((blocked) => blocked === text) || (typeof text === 'string' && isBlocked(text, placeholders))

interface Given {
  readonly name: string
  readonly custom: boolean
  /** `undefined`: the identifier is ignored. */
  readonly value: string | undefined
}

/** A value of a request, by the name of its identifier. */
interface NamedValue extends IdentifierSetting {
  readonly value: Json | undefined
  /** The path of the object that holds it. */
  readonly place: ReadonlyArray<string>
}

/**
 * Returns one identifier of a request; `undefined` if it is absent. An identifier is ignored, and its value not checked, if the
 * settings do not list it or block its value (B-03, B-25).
 */
const decodeGiven = (
  { name, custom = false, value, place }: NamedValue,
  settings: ReadingSettings
): E.Either<Rejection, Given | undefined> => {
  if (isBlank(value)) return E.right(undefined)
  const refused = (code: RejectionCode) => E.left(rejection(code, [...place, name]))
  const rule = custom ? customRule : defaultRules.get(name)
  if (rule === undefined) return refused('UNKNOWN_IDENTIFIER')
  const text = custom ? textOf(value, settings) : value
  if (!identifyingNames(settings, custom).has(name) || isBlockedIn(text, settings))
    return E.right({ name, custom, value: undefined })
  if (typeof text === 'string' && text.length > maxIdentifierLength) return refused('IDENTIFIER_TOO_LONG')
  return isIdentifierText(text) && rule.accepts(text) ? E.right({ name, custom, value: text }) : refused(rule.code)
}

const decodeAll = (
  source: JsonObject,
  { custom, path }: { readonly custom: boolean; readonly path: ReadonlyArray<string> },
  settings: ReadingSettings
): E.Either<Rejection, ReadonlyArray<Given>> => {
  const all: Given[] = []
  for (const name of Object.keys(source)) {
    if (name === 'custom' && !custom) continue
    const given = decodeGiven({ name, custom, value: source[name], place: path }, settings)
    if (E.isLeft(given)) return given
    if (given.right !== undefined) all.push(given.right)
  }
  return E.right(all)
}

/** Returns the identifier of core, which has the hash of an e-mail address if the settings say how it is made. */
const namedOf = (setting: IdentifierSetting, value: string, { emailHash }: IdentitySettings): Named => {
  const name = identifierName(setting)
  const isHashed = emailHash !== undefined && setting.name === 'email' && setting.custom !== true
  return isHashed ? { _tag: 'Named', name, value, hash: hashEmail(value, emailHash) } : { _tag: 'Named', name, value }
}

/** Returns the identifiers that count, in the order of the settings and not of the request (B-01, B-03, B-25). */
const effective = (given: ReadonlyArray<Given>, settings: ReadingSettings): ReadonlyArray<Named> => {
  const counting: Named[] = []
  for (const setting of settings.identifiers) {
    const found = given.find(({ name, custom }) => name === setting.name && custom === (setting.custom === true))
    if (found?.value !== undefined) counting.push(namedOf(setting, found.value, settings))
  }
  return counting
}

/** Decodes an `identifiers` object. Returns the number of its identifiers, and the identifiers that count. */
export const decodeIdentifiers = (
  value: Json | undefined,
  path: ReadonlyArray<string>,
  settings: ReadingSettings
): E.Either<Rejection, { readonly given: number; readonly identifiers: ReadonlyArray<Named> }> => {
  const source = decodeMap(value, path)
  if (E.isLeft(source)) return source
  const defaults = decodeAll(source.right, { custom: false, path }, settings)
  if (E.isLeft(defaults)) return defaults
  const customSource = decodeMap(getKey(source.right, 'custom'), [...path, 'custom'])
  if (E.isLeft(customSource)) return customSource
  const custom = decodeAll(customSource.right, { custom: true, path: [...path, 'custom'] }, settings)
  if (E.isLeft(custom)) return custom
  const given = custom.right.length === 0 ? defaults.right : [...defaults.right, ...custom.right]
  return E.right({ given: given.length, identifiers: effective(given, settings) })
}

/**
 * Decodes an attribute that the settings make an identifier (B-32).
 *
 * @returns The identifier; `Blocked` if the settings block its value; `undefined` if it is absent.
 */
export const decodeIdentifyingAttribute = (
  attribute: NamedValue,
  settings: ReadingSettings
): E.Either<Rejection, Named | 'Blocked' | undefined> => {
  const given = decodeGiven(attribute, settings)
  if (E.isLeft(given)) return given
  if (given.right === undefined) return E.right(undefined)
  const { value: text } = given.right
  return E.right(text === undefined ? 'Blocked' : namedOf(attribute, text, settings))
}

const decodeInsiderId = (value: Json | undefined): E.Either<Rejection, UserPointId | undefined> => {
  if (isBlank(value)) return E.right(undefined)
  if (typeof value === 'string' && value.length > maxIdentifierLength) {
    return E.left(rejection('IDENTIFIER_TOO_LONG', ['insider_id']))
  }
  return isIdentifierText(value) ? E.right(userPointIdOf(value)) : E.left(rejection('BAD_FIELD', ['insider_id']))
}

/** Decodes the keys by which a user object of a request names the user. */
export const decodeIdentity = (user: JsonObject, settings: ReadingSettings): E.Either<Rejection, Identity> => {
  const userPoint = decodeInsiderId(getKey(user, 'insider_id'))
  if (E.isLeft(userPoint)) return userPoint
  const identifiers = decodeIdentifiers(getKey(user, 'identifiers'), ['identifiers'], settings)
  if (E.isLeft(identifiers)) return identifiers
  if (userPoint.right === undefined && identifiers.right.given === 0) return E.left(rejection('MISSING_IDENTITY'))
  if (userPoint.right === undefined && identifiers.right.identifiers.length === 0) {
    return E.left(rejection('NO_VALID_IDENTIFIER', ['identifiers']))
  }
  return E.right({ userPoint: userPoint.right, identifiers: identifiers.right.identifiers })
}

/** Returns the references of a user for a command. An `insider_id` is decisive (B-04). */
export const anyOf = ({ userPoint, identifiers }: Identity, settings: IdentitySettings): AnyOf => {
  const references = [
    ...(userPoint === undefined ? [] : [{ _tag: 'UserPoint' as const, id: userPoint }]),
    ...identifiers.flatMap(withEmailHash)
  ]
  return {
    _tag: 'AnyOf',
    references: references as unknown as AnyOf['references'],
    onConflict: userPoint === undefined && settings.onConflict === 'priority' ? 'First' : 'Reject',
    decisive: userPoint !== undefined
  }
}
