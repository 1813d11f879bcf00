/** Parses Insider's requests, and rejects a request as a whole before any work (B-19). */
import { unknownFields, type Warning } from '../../command/decoded.ts'
import { getKey, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { parseJson, type TextFault } from '../../domain/json-text.ts'
import { rejectionMessages } from '../../command/rejection.ts'
import { E } from '../../fp.ts'
import { withoutKeys } from '../codec/field.ts'

/** The codes of a rejected request, with the vendor's messages. */
export const requestRejectionMessages = {
  INVALID_JSON: 'Request data is not in valid JSON format.',
  BAD_NUMBER: rejectionMessages.BAD_NUMBER,
  DUPLICATE_KEY: rejectionMessages.DUPLICATE_KEY,
  USERS_MISSING: 'users must be defined: bad request',
  TOO_MANY_USERS: 'a request can pass only 1,000 users'
} as const

export interface RequestRejected {
  readonly _tag: 'RequestRejected'
  readonly code: keyof typeof requestRejectionMessages
  readonly message: string
}

/** Returns the refusal of a request. */
const refuse = (code: RequestRejected['code']): E.Either<RequestRejected, never> =>
  E.left({ _tag: 'RequestRejected', code, message: requestRejectionMessages[code] })

/** The largest number of users in a request. */
export const maxUsersPerRequest = 1_000

/** The JSON of a body, and the values that `JSON.parse` changed. */
interface ParsedBody {
  readonly value: unknown
  readonly faults: ReadonlyArray<TextFault>
}

const parseText = (body: Uint8Array, decode: DecodeText): E.Either<RequestRejected, ParsedBody> => {
  try {
    return E.right(parseJson(decode(body)))
  } catch {
    return refuse('INVALID_JSON')
  }
}

/** Returns the text of UTF-8. @throws if the bytes are not UTF-8. */
type DecodeText = (bytes: Uint8Array) => string

/** Parses a body that is applied as a whole or not at all; any fault rejects it. */
export const parseBody = (body: Uint8Array, decode: DecodeText): E.Either<RequestRejected, unknown> => {
  const parsed = parseText(body, decode)
  if (E.isLeft(parsed)) return parsed
  const [first] = parsed.right.faults
  return first === undefined ? E.right(parsed.right.value) : refuse(first.code)
}

/** A request on several users. The users are not decoded yet. */
export interface UsersRequest {
  readonly users: ReadonlyArray<unknown>
  /** The fields beside `users`. */
  readonly fields: JsonObject
  readonly warnings: ReadonlyArray<Warning>
  /** The first fault in the text of each user that has one. */
  readonly faults: ReadonlyMap<number, TextFault>
}

// `skip_hook`, `platform` and `error_callback_endpoint` have no effect: there are no hooks, and the answer has every error.
const fieldsKnown = ['users', 'not_append', 'skip_hook', 'error_callback_endpoint', 'platform']

const decodeParts = (body: unknown): E.Either<RequestRejected, Omit<UsersRequest, 'faults'>> => {
  const fields = isJsonObject(body as Json) ? (body as JsonObject) : {}
  const users = getKey(fields, 'users')
  if (!isJsonArray(users)) return refuse('USERS_MISSING')
  if (users.length > maxUsersPerRequest) return refuse('TOO_MANY_USERS')
  return E.right({ users, fields: withoutKeys(fields, ['users']), warnings: unknownFields(fields, fieldsKnown) })
}

/** Returns the index of the user that a fault belongs to; `undefined` if it belongs to the request. */
const userOf = ({ path: [field, index] }: TextFault): number | undefined =>
  field === 'users' && typeof index === 'number' ? index : undefined

/** Parses a request on several users: a fault within one user rejects that user alone (B-20). */
export const parseUsers = (
  body: Uint8Array | { readonly value: unknown },
  decode: DecodeText
): E.Either<RequestRejected, UsersRequest> => {
  const parsed = body instanceof Uint8Array ? parseText(body, decode) : E.right({ value: body.value, faults: [] })
  if (E.isLeft(parsed)) return parsed
  const faults = new Map<number, TextFault>()
  for (const fault of parsed.right.faults) {
    const index = userOf(fault)
    if (index === undefined) return refuse(fault.code)
    if (!faults.has(index)) faults.set(index, fault)
  }
  const parts = decodeParts(parsed.right.value)
  return E.isLeft(parts) ? parts : E.right({ ...parts.right, faults })
}
