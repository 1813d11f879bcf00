/**
 * Decodes the two forms of identifiers in lines: typed objects (`{"type": "USER_EMAIL", "hash": …}`) and flat fields
 * (`email_hash`, `user_agent_id` and others).
 */
import type { OutputOf, TypeOf } from 'io-ts'
import { getKey, isAbsent, type JsonObject } from '../../domain/json.ts'
import { type Claimed, type Reference, userPointIdOf } from '../../domain/identifier.ts'
import { parseUserAgentId, valueOfUserAgentId } from '../../domain/user-agent-id.ts'
import { E } from '../../fp.ts'
import { isBlocked } from '../../command/blocked-values.ts'
import type { Policies } from '../../command/policies.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import { compartmentId, decodeWith, identifierText, objectWith, type Only, optional, unread } from '../codec/field.ts'
import { type Lookup, resolveCompartment } from '../codec/resolve-compartment.ts'

type Path = ReadonlyArray<string | number>

const userAccount = objectWith({ user_account_id: identifierText, compartment_id: optional(compartmentId) })
// The vendor's samples have the address beside its hash.
const userEmail = objectWith({ hash: identifierText, email: unread })
const userAgent = objectWith({ user_agent_id: identifierText })
const userPoint = objectWith({ user_point_id: identifierText })

interface IdentifierCodecs {
  readonly USER_ACCOUNT: typeof userAccount
  readonly USER_EMAIL: typeof userEmail
  readonly USER_AGENT: typeof userAgent
  readonly USER_POINT: typeof userPoint
}

export type IdentifierType = keyof IdentifierCodecs

/** A typed object of one of these types, as it is written. */
export type TypedIdentifier<Type extends IdentifierType> = {
  readonly [T in Type]: { readonly type: T } & OutputOf<IdentifierCodecs[T]>
}[Type]

const fieldsOf = ({ props }: { readonly props: object }): ReadonlyArray<string> => ['type', ...Object.keys(props)]

/** The fields of each type of typed object. */
export const identifierFields: Readonly<Record<IdentifierType, ReadonlyArray<string>>> = {
  USER_ACCOUNT: fieldsOf(userAccount),
  USER_EMAIL: fieldsOf(userEmail),
  USER_AGENT: fieldsOf(userAgent),
  USER_POINT: fieldsOf(userPoint)
}

/** The flat fields of identifiers. */
export const flatFields = {
  compartment_id: optional(compartmentId),
  user_account_id: optional(identifierText),
  email_hash: optional(identifierText),
  user_agent_id: optional(identifierText)
}

const flatIdentifier = objectWith(flatFields)
export type FlatIdentifier = TypeOf<typeof flatIdentifier>

type WrittenIdentifier = OutputOf<typeof flatIdentifier>

/** The flat fields of one identifier, as they are written. */
export type OneIdentifier =
  | Only<WrittenIdentifier, 'email_hash'>
  | Only<WrittenIdentifier, 'user_account_id', 'compartment_id'>
  | Only<WrittenIdentifier, 'user_agent_id'>

/** Returns whether a line must not have this value as an identifier. Only lines that add are checked. */
export const isForbidden = (value: string, { purpose, policies }: Lookup): boolean =>
  purpose === 'create' && isBlocked(value, policies.blockedValues)

const account = (
  { user_account_id: accountId, compartment_id: named }: TypeOf<typeof userAccount>,
  path: Path,
  lookup: Lookup
): E.Either<Rejection, Claimed> => {
  if (isForbidden(accountId, lookup)) return E.left(rejection('BLOCKED_VALUE', [...path, 'user_account_id']))
  const compartment = resolveCompartment(named, [...path, 'compartment_id'], lookup)
  return E.isLeft(compartment) ? compartment : E.right({ _tag: 'Account', compartment: compartment.right, accountId })
}

const agent = (
  text: string,
  path: Path,
  lookup: Lookup
): E.Either<Rejection, Extract<Claimed, { readonly _tag: 'Agent' | 'DevicePoint' }>> => {
  const { purpose, policies } = lookup
  const parsed = parseUserAgentId(text, policies.userAgentIds)
  if (parsed === undefined) return E.left(rejection('BAD_USER_AGENT_ID', [...path, 'user_agent_id']))
  if (parsed._tag === 'DevicePoint') return E.right(parsed)
  const { id, registry } = parsed
  if (purpose === 'create' && registry !== undefined && policies.knownRegistries?.includes(registry) === false) {
    return E.left(rejection('UNKNOWN_REGISTRY', [...path, 'user_agent_id']))
  }
  if ([id, valueOfUserAgentId(id)].some((value) => isForbidden(value, lookup)))
    return E.left(rejection('BLOCKED_VALUE', [...path, 'user_agent_id']))
  return E.right({ _tag: 'Agent', id })
}

const emailHash = (hash: string, path: Path, lookup: Lookup): E.Either<Rejection, Claimed> =>
  isForbidden(hash, lookup) ? E.left(rejection('BLOCKED_VALUE', path)) : E.right({ _tag: 'EmailHash', hash })

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const userPointReference = (text: string, path: Path, policies: Policies): E.Either<Rejection, Reference> => {
  const id = userPointIdOf(text)
  return policies.userPointIds === 'uuid' && !uuidShape.test(id)
    ? E.left(rejection('BAD_FIELD', [...path, 'user_point_id']))
    : E.right({ _tag: 'UserPoint', id })
}

/** Decodes a typed object of an allowed type into a reference. */
export const decodeReference = (
  object: JsonObject,
  path: Path,
  lookup: Lookup & { readonly allowed: ReadonlyArray<IdentifierType> }
): E.Either<Rejection, Reference> => {
  const type = getKey(object, 'type')
  if (isAbsent(type)) return E.left(rejection('MISSING_FIELD', [...path, 'type']))
  const known = lookup.allowed.find((each) => each === type)
  switch (known) {
    case undefined:
      return E.left(rejection('UNSUPPORTED_TYPE', [...path, 'type']))
    case 'USER_ACCOUNT': {
      const fields = decodeWith(userAccount, object, path)
      return E.isLeft(fields) ? fields : account(fields.right, path, lookup)
    }
    case 'USER_EMAIL': {
      const fields = decodeWith(userEmail, object, path)
      return E.isLeft(fields) ? fields : emailHash(fields.right.hash, [...path, 'hash'], lookup)
    }
    case 'USER_AGENT': {
      const fields = decodeWith(userAgent, object, path)
      return E.isLeft(fields) ? fields : agent(fields.right.user_agent_id, path, lookup)
    }
    case 'USER_POINT': {
      const fields = decodeWith(userPoint, object, path)
      return E.isLeft(fields) ? fields : userPointReference(fields.right.user_point_id, path, lookup.policies)
    }
  }
}

const claimedTypes = ['USER_ACCOUNT', 'USER_EMAIL', 'USER_AGENT'] as const

/** Decodes a typed identifier or device point, for documents that do not accept a user point's own id. */
export const decodeClaimed = (object: JsonObject, path: Path, lookup: Lookup): E.Either<Rejection, Claimed> =>
  decodeReference(object, path, { ...lookup, allowed: claimedTypes }) as E.Either<Rejection, Claimed>

/** Decodes the one identifier of a flat line. */
export const flatReference = (fields: FlatIdentifier, lookup: Lookup): E.Either<Rejection, Claimed> => {
  const { compartment_id, user_account_id, email_hash, user_agent_id } = fields
  if (compartment_id !== undefined && user_account_id === undefined) {
    return E.left(rejection('INCOMPLETE_IDENTIFIER', ['compartment_id']))
  }
  const named =
    Number(user_account_id !== undefined) + Number(email_hash !== undefined) + Number(user_agent_id !== undefined)
  if (named > 1) return E.left(rejection('MULTIPLE_IDENTIFIERS'))
  if (user_account_id !== undefined) return account({ user_account_id, compartment_id }, [], lookup)
  if (email_hash !== undefined) return emailHash(email_hash, ['email_hash'], lookup)
  if (user_agent_id !== undefined) return agent(user_agent_id, [], lookup)
  return E.left(rejection('MISSING_IDENTIFIER'))
}
