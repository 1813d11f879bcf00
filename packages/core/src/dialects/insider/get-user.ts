/** Insider's call that reads one user: the request and the answer (B-31). */
import { unknownFields, type Warning } from '../../command/decoded.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import {
  defineKey,
  getKey,
  isAbsent,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject
} from '../../domain/json.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { findProfile, type Subject } from '../../domain/user-point.ts'
import { E } from '../../fp.ts'
import { warningsAsMessages } from './report.ts'

/** The parts of a user that a request asks for. */
export interface ProfileQuestion {
  /** The names of attributes, as the read side spells them; `*`: all. */
  readonly attributes: ReadonlyArray<string>
  readonly quota: boolean
  readonly warnings: ReadonlyArray<Warning>
}

const fieldsKnown = ['identifiers', 'insider_id', 'attributes', 'events', 'quota']

const decodeNames = (value: Json | undefined): E.Either<Rejection, ReadonlyArray<string>> => {
  if (isAbsent(value)) return E.right([])
  if (!isJsonArray(value)) return E.left(rejection('ARRAY_EXPECTED', ['attributes']))
  const wrong = value.findIndex((name) => typeof name !== 'string')
  return wrong === -1 ? E.right(value as ReadonlyArray<string>) : E.left(rejection('BAD_FIELD', ['attributes', wrong]))
}

/** Decodes the requested parts of a user; a request for neither attributes nor events is rejected (B-31). */
export const decodeProfileQuestion = (body: JsonObject): E.Either<Rejection, ProfileQuestion> => {
  const attributes = decodeNames(getKey(body, 'attributes'))
  if (E.isLeft(attributes)) return attributes
  const events = getKey(body, 'events')
  if (!isAbsent(events) && !isJsonObject(events)) return E.left(rejection('BAD_FIELD', ['events']))
  if (isAbsent(events) && attributes.right.length === 0) return E.left(rejection('REQUIRED', ['attributes']))
  const quota = getKey(body, 'quota')
  return E.right({
    attributes: attributes.right,
    quota: !isAbsent(quota) && quota !== false && quota !== 0,
    warnings: [
      ...unknownFields(body, fieldsKnown),
      ...(isAbsent(events) ? [] : [{ code: 'EVENTS_NOT_SUPPORTED', path: 'events' } as const])
    ]
  })
}

const customPrefix = 'custom.'

/** Returns the attribute that shows an identifier. */
const shownName = (name: string): string =>
  name.startsWith(customPrefix) ? `c_${name.slice(customPrefix.length)}` : name

// The vendor sets this attribute under one name and reads it under another.
const consent = { written: 'gdpr_optin', read: 'gdpr' } as const

const readName = (name: string): string => (name === consent.written ? consent.read : name)

/**
 * Returns every attribute of a user: those of the profile at a key, custom ones with the prefix `c_`, the latest identifier
 * of each name, and the user's id as `iid`.
 */
const attributesOf = ({ id, point }: Subject, key: ProfileKey): JsonObject => {
  const properties = findProfile(point, key)?.properties ?? {}
  const custom = getKey(properties, 'custom')
  const attributes: Record<string, Json> = {}
  for (const [name, value] of Object.entries(properties)) {
    const isNamespace = name === 'custom' && isJsonObject(value)
    const isShadowed = name === consent.read && Object.hasOwn(properties, consent.written)
    if (!isNamespace && !isShadowed) defineKey(attributes, readName(name), value)
  }
  if (isJsonObject(custom)) {
    for (const [name, value] of Object.entries(custom)) defineKey(attributes, `c_${name}`, value)
  }
  // After a merge, the identifiers of both user points are not in the order of their arrival.
  const byArrival = [...point.named].sort((a, b) => a.createdAt - b.createdAt)
  for (const { name, value } of byArrival) defineKey(attributes, shownName(name), value)
  defineKey(attributes, 'iid', id)
  return attributes
}

const chosen = (attributes: JsonObject, names: ReadonlyArray<string>): JsonObject => {
  if (names.includes('*')) return attributes
  const wanted = new Set([...names.map(readName), 'iid'])
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => wanted.has(name)))
}

// A read costs nothing here. The vendor's total is 1,000 a minute.
const quota = { cost: 0, used: 0, total: 1_000 }

/** Returns the answer about a user. `events` is empty, because events are not kept (B-30). */
export const encodeProfile = (subject: Subject, key: ProfileKey, question: ProfileQuestion): JsonObject => ({
  attributes: chosen(attributesOf(subject, key), question.attributes),
  events: {},
  ...(question.quota && { quota }),
  ...(question.warnings.length > 0 && { warnings: warningsAsMessages(question.warnings) })
})
