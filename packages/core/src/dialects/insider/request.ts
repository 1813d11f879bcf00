/** Parses Insider's requests, and rejects a request as a whole before any work (B-19). */
import { unknownFields, type Warning } from '../../command/decoded.ts'
import { defineKey, getKey, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { type ReadJson, readJson } from '../../domain/json-text.ts'
import { rejectionMessages } from '../../command/rejection.ts'
import { E } from '../../fp.ts'
import { withoutKeys } from '../codec/field.ts'
import { partsOfRequest } from './users-text.ts'

/** The codes of a rejected request, with the vendor's messages. */
export const requestRejectionMessages = {
  INVALID_JSON: 'Request data is not in valid JSON format.',
  BAD_NUMBER: rejectionMessages.BAD_NUMBER,
  DUPLICATE_KEY: rejectionMessages.DUPLICATE_KEY,
  TOO_DEEP: rejectionMessages.TOO_DEEP,
  TOO_MANY_VALUES: rejectionMessages.TOO_MANY_VALUES,
  USERS_MISSING: 'users must be defined: bad request',
  TOO_MANY_USERS: 'a request can pass only 1,000 users'
} as const

export interface RequestRejected {
  readonly _tag: 'RequestRejected'
  readonly code: keyof typeof requestRejectionMessages
  readonly message: string
}

/** Returns the refusal of a request. */
export const refuse = (code: RequestRejected['code']): E.Either<RequestRejected, never> =>
  E.left({ _tag: 'RequestRejected', code, message: requestRejectionMessages[code] })

/** The largest number of users in a request. */
export const maxUsersPerRequest = 1_000

/** Returns the text of UTF-8. @throws if the bytes are not UTF-8. */
type DecodeText = (bytes: Uint8Array) => string

const textOf = (body: Uint8Array, decode: DecodeText): E.Either<RequestRejected, string> => {
  try {
    return E.right(decode(body))
  } catch {
    return refuse('INVALID_JSON')
  }
}

/** Returns the value of a text, or the refusal of the request for its first fault. */
const valueOf = (text: string): E.Either<RequestRejected, unknown> => {
  const read = readJson(text)
  if (read._tag === 'Value') return E.right(read.value)
  return refuse(read.code === 'SYNTAX_ERROR' ? 'INVALID_JSON' : read.code)
}

/** Parses a body that is applied as a whole or not at all; any fault rejects it. */
export const parseBody = (body: Uint8Array, decode: DecodeText): E.Either<RequestRejected, unknown> => {
  const text = textOf(body, decode)
  return E.isLeft(text) ? text : valueOf(text.right)
}

/** A user of a request: its text, or its value if the request came as a value. */
export type GivenUser =
  | { readonly _tag: 'Text'; readonly text: string }
  | { readonly _tag: 'Value'; readonly value: unknown }

/** Returns the value of a user, which is not decoded yet; or the fault in its text, which rejects this user alone (B-20). */
export const readUser = (user: GivenUser): ReadJson =>
  user._tag === 'Text' ? readJson(user.text) : { _tag: 'Value', value: user.value, isNormal: false }

/** A request on several users. */
export interface UsersRequest {
  readonly users: ReadonlyArray<GivenUser>
  /** The fields beside `users`. */
  readonly fields: JsonObject
  readonly warnings: ReadonlyArray<Warning>
}

// `skip_hook`, `platform` and `error_callback_endpoint` have no effect: there are no hooks, and the answer has every error.
const fieldsKnown = ['users', 'not_append', 'skip_hook', 'error_callback_endpoint', 'platform']

const requestOf = (users: ReadonlyArray<GivenUser>, fields: JsonObject): E.Either<RequestRejected, UsersRequest> =>
  users.length > maxUsersPerRequest
    ? refuse('TOO_MANY_USERS')
    : E.right({ users, fields, warnings: unknownFields(fields, fieldsKnown) })

const usersOfValue = (body: unknown): E.Either<RequestRejected, UsersRequest> => {
  const fields = isJsonObject(body as Json) ? (body as JsonObject) : {}
  const users = getKey(fields, 'users')
  if (!isJsonArray(users)) return refuse('USERS_MISSING')
  return requestOf(
    users.map((value) => ({ _tag: 'Value', value })),
    withoutKeys(fields, ['users'])
  )
}

/** The greatest number of fields of a request; the vendor's have five. */
const mostFields = 1_000

const usersOfText = (text: string): E.Either<RequestRejected, UsersRequest> => {
  const parts = partsOfRequest(text, { members: mostFields, users: maxUsersPerRequest })
  if (parts === 'TOO_MANY_USERS') return refuse('TOO_MANY_USERS')
  if (parts === 'TOO_MANY_MEMBERS') return refuse('TOO_MANY_VALUES')
  if (parts === 'NOT_AN_OBJECT') {
    const value = valueOf(text)
    return E.isLeft(value) ? value : refuse('USERS_MISSING')
  }
  const [users, ...others] = parts.users
  const fields: Record<string, Json> = {}
  for (const { key, value } of parts.members) {
    const read = valueOf(value)
    if (E.isLeft(read)) return read
    if (Object.hasOwn(fields, key)) return refuse('DUPLICATE_KEY')
    defineKey(fields, key, read.right as Json)
  }
  if (others.length > 0 || (users !== undefined && Object.hasOwn(fields, 'users'))) return refuse('DUPLICATE_KEY')
  if (users === undefined) return refuse('USERS_MISSING')
  return requestOf(
    users.map((each) => ({ _tag: 'Text', text: each })),
    fields
  )
}

/** Parses a request on several users, but not the users: {@link readUser} does that. */
export const parseUsers = (
  body: Uint8Array | { readonly value: unknown },
  decode: DecodeText
): E.Either<RequestRejected, UsersRequest> => {
  if (!(body instanceof Uint8Array)) return usersOfValue((Object(body) as { readonly value: unknown }).value)
  const text = textOf(body, decode)
  return E.isLeft(text) ? text : usersOfText(text.right)
}
