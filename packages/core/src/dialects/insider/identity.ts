/** Whom an Insider request means: `identifiers`, or `insider_id`, or both (SPEC 6.1, 6.6, B-02 to B-04). */
import { getKey, isAbsent, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { type UserPointId, userPointIdOf } from '../../domain/identifier.ts'
import { isIdentifierText, maxIdentifierLength } from '../../domain/text.ts'
import { E } from '../../fp.ts'
import type { AnyOf, Named } from '../../command/command.ts'
import { type Rejection, type RejectionCode, rejection } from '../../command/rejection.ts'
import { type IdentitySettings, identifierName, identifyingNames } from './settings.ts'

/** A user as a request names them. */
export interface Identity {
  readonly userPoint: UserPointId | undefined
  /** The identifiers that count, the most decisive first. */
  readonly identifiers: ReadonlyArray<Named>
}

const emailShape = /^.+@.+\..+$/
const phoneNumberShape = /^\+[1-9]\d{6,14}$/

// What is wrong with the value of a default identifier, which the vendor checks by these rules (SPEC 6.6).
const defaultRules: ReadonlyMap<string, { readonly code: RejectionCode; readonly accepts: (text: string) => boolean }> =
  new Map([
    ['email', { code: 'INVALID_EMAIL', accepts: (text: string) => emailShape.test(text) }],
    ['phone_number', { code: 'INVALID_PHONE_NUMBER', accepts: (text: string) => phoneNumberShape.test(text) }],
    ['uuid', { code: 'INVALID_UUID', accepts: () => true }]
  ])

// A fraction, or a number beyond the safe integers, has more than one spelling.
const textOf = (value: Json, settings: IdentitySettings): Json =>
  typeof value === 'number' && Number.isSafeInteger(value) && settings.numericIdentifiers === 'text'
    ? String(value)
    : value

/** The value of one identifier; `code` says what is wrong where the value is no text of the right shape. */
const decodeValue = (
  value: Json,
  path: ReadonlyArray<string>,
  code: RejectionCode,
  accepts: (text: string) => boolean
): E.Either<Rejection, string> => {
  if (typeof value === 'string' && value.length > maxIdentifierLength)
    return E.left(rejection('IDENTIFIER_TOO_LONG', path))
  return isIdentifierText(value) && accepts(value) ? E.right(value) : E.left(rejection(code, path))
}

interface Given {
  readonly name: string
  readonly custom: boolean
  /** `undefined`: it is given, and does not count. */
  readonly value: string | undefined
}

/** Holds for identifiers that the settings do not list, or whose value they block: nothing of them is looked at. */
const isIgnored = (name: string, custom: boolean, value: Json, settings: IdentitySettings): boolean =>
  !identifyingNames(settings, custom).has(name) || settings.blockedValues.some((blocked) => blocked === value)

const decodeDefaults = (
  identifiers: JsonObject,
  path: ReadonlyArray<string>,
  settings: IdentitySettings
): E.Either<Rejection, ReadonlyArray<Given>> => {
  const given: Given[] = []
  for (const [name, value] of Object.entries(identifiers)) {
    if (name === 'custom' || isAbsent(value)) continue
    const rule = defaultRules.get(name)
    if (rule === undefined) return E.left(rejection('UNKNOWN_IDENTIFIER', [...path, name]))
    if (isIgnored(name, false, value, settings)) {
      given.push({ name, custom: false, value: undefined })
      continue
    }
    const decoded = decodeValue(value, [...path, name], rule.code, rule.accepts)
    if (E.isLeft(decoded)) return decoded
    given.push({ name, custom: false, value: decoded.right })
  }
  return E.right(given)
}

const decodeCustom = (
  custom: Json | undefined,
  path: ReadonlyArray<string>,
  settings: IdentitySettings
): E.Either<Rejection, ReadonlyArray<Given>> => {
  if (isAbsent(custom)) return E.right([])
  if (!isJsonObject(custom)) return E.left(rejection('BAD_FIELD', path))
  const given: Given[] = []
  for (const [name, value] of Object.entries(custom)) {
    if (isAbsent(value)) continue
    if (isIgnored(name, true, textOf(value, settings), settings)) {
      given.push({ name, custom: true, value: undefined })
      continue
    }
    const decoded = decodeValue(textOf(value, settings), [...path, name], 'BAD_FIELD', () => true)
    if (E.isLeft(decoded)) return decoded
    given.push({ name, custom: true, value: decoded.right })
  }
  return E.right(given)
}

/** Those that identify, in the order of the settings, never in that of the request (B-01, B-03, B-25). */
const effective = (given: ReadonlyArray<Given>, settings: IdentitySettings): ReadonlyArray<Named> =>
  settings.identifiers.flatMap((setting): ReadonlyArray<Named> => {
    const found = given.find(({ name, custom }) => name === setting.name && custom === (setting.custom === true))
    return found?.value === undefined ? [] : [{ _tag: 'Named', name: identifierName(setting), value: found.value }]
  })

/** The identifiers of an `identifiers` object that count; none of them, where it is absent or empty. */
export const decodeIdentifiers = (
  value: Json | undefined,
  path: ReadonlyArray<string>,
  settings: IdentitySettings
): E.Either<Rejection, { readonly given: number; readonly identifiers: ReadonlyArray<Named> }> => {
  if (isAbsent(value)) return E.right({ given: 0, identifiers: [] })
  if (!isJsonObject(value)) return E.left(rejection('BAD_FIELD', path))
  const defaults = decodeDefaults(value, path, settings)
  if (E.isLeft(defaults)) return defaults
  const custom = decodeCustom(getKey(value, 'custom'), [...path, 'custom'], settings)
  if (E.isLeft(custom)) return custom
  const given = [...defaults.right, ...custom.right]
  return E.right({ given: given.length, identifiers: effective(given, settings) })
}

const decodeInsiderId = (value: Json | undefined): E.Either<Rejection, UserPointId | undefined> => {
  if (isAbsent(value)) return E.right(undefined)
  if (typeof value === 'string' && value.length > maxIdentifierLength) {
    return E.left(rejection('IDENTIFIER_TOO_LONG', ['insider_id']))
  }
  return isIdentifierText(value) ? E.right(userPointIdOf(value)) : E.left(rejection('BAD_FIELD', ['insider_id']))
}

/** Whom a user object of a request means. */
export const decodeIdentity = (user: JsonObject, settings: IdentitySettings): E.Either<Rejection, Identity> => {
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

/** The same, as references of a command. An `insider_id` is decisive, and never outvoted in silence (B-04). */
export const anyOf = ({ userPoint, identifiers }: Identity, settings: IdentitySettings): AnyOf => {
  const references = [
    ...(userPoint === undefined ? [] : [{ _tag: 'UserPoint' as const, id: userPoint }]),
    ...identifiers
  ]
  return {
    _tag: 'AnyOf',
    references: references as unknown as AnyOf['references'],
    onConflict: userPoint === undefined && settings.onConflict === 'priority' ? 'First' : 'Reject',
    decisive: userPoint !== undefined
  }
}
