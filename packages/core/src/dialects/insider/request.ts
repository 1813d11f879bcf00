/** Insider's requests as a whole: what refuses one before any work, and the limits of its body (B-19). */
import { isJsonArray, isJsonObject, type Json } from '../../domain/json.ts'
import { parseJson } from '../../domain/json-text.ts'
import { E } from '../../fp.ts'

/** Why a request is refused as a whole, with what the vendor says then (SPEC 6.6). */
export const requestRejectionMessages = {
  BODY_TOO_LARGE: 'request body is bigger than maximum allowed size 5,000,000 bytes',
  INVALID_JSON: 'Request data is not in valid JSON format.',
  BAD_NUMBER: 'a number is out of range, or an integer has more digits than can be kept; text can keep them',
  USERS_MISSING: 'users must be defined: bad request',
  TOO_MANY_USERS: 'a request can pass only 1,000 users'
} as const

export interface RequestRejected {
  readonly _tag: 'RequestRejected'
  readonly code: keyof typeof requestRejectionMessages
  readonly message: string
}

/** The request is refused for this reason. */
const refuse = (code: RequestRejected['code']): E.Either<RequestRejected, never> =>
  E.left({ _tag: 'RequestRejected', code, message: requestRejectionMessages[code] })

/** The longest body of a request, in bytes. */
export const maxRequestBytes = 5_000_000
/** The most users of a request. */
export const maxUsersPerRequest = 1_000

/**
 * The JSON of a body, whose numbers are all kept; the limit is on its bytes.
 *
 * @param decode Gives the text of UTF-8; throws where it is none.
 */
export const parseBody = (
  body: Uint8Array,
  decode: (bytes: Uint8Array) => string
): E.Either<RequestRejected, unknown> => {
  if (body.length > maxRequestBytes) return refuse('BODY_TOO_LARGE')
  try {
    const { value, faults } = parseJson(decode(body))
    return faults.some(({ code }) => code === 'BAD_NUMBER') ? refuse('BAD_NUMBER') : E.right(value)
  } catch {
    return refuse('INVALID_JSON')
  }
}

/** The users of a request on several. What each of them holds is not looked at yet. */
export const decodeUsers = (body: unknown): E.Either<RequestRejected, ReadonlyArray<unknown>> => {
  const users =
    isJsonObject(body as Json) && Object.hasOwn(body as object, 'users') ? (body as { users: Json }).users : undefined
  if (!isJsonArray(users)) return refuse('USERS_MISSING')
  return users.length > maxUsersPerRequest ? refuse('TOO_MANY_USERS') : E.right(users)
}
