/** Reads the parts of a call for its route: its datamart, the parts of its path, and its body. */
import type { JsonObject } from '@userpoint/core'
import { parseBody } from '@userpoint/core/insider'
import type { Context as HonoContext } from 'hono'
import { isEncoded, mediaTypeOf, readBody } from '../body.ts'
import type { Context, Datamart } from '../context.ts'
import type { Env } from '../env.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { Problem } from './envelope.ts'
import { isWellFormed } from './selector-path.ts'

export type Call = HonoContext<Env>

/** Returns a part of the path. @throws Problem if the path does not have it, or is not well-formed. */
export const pathOf = (call: Call, name: string): string => {
  if (!isWellFormed(call.req.url))
    throw new Problem('BAD_REQUEST', 'the path must be percent-encoded UTF-8, without a fragment')
  const value = call.req.param(name)
  if (value === undefined) throw new Problem('NOT_FOUND')
  return value
}

/** Returns a name from a call for a message, unless it may be more than a name. */
const shownName = (name: string): string => (/^[\w-]{1,40}$/.test(name) ? ` ${name}` : '')

/**
 * Returns the query of a call that takes these parameters and no other. A misspelt one would change what an erasure does.
 *
 * @throws Problem for another parameter, and for one that is given twice. It names the parameter, and no value.
 */
export const queryOf = (call: Call, ...names: ReadonlyArray<string>): ((name: string) => string | undefined) => {
  const { searchParams } = new URL(call.req.url)
  const seen = new Set<string>()
  for (const name of searchParams.keys()) {
    if (!names.includes(name)) throw new Problem('BAD_REQUEST', `the query parameter${shownName(name)} is unknown`)
    if (seen.has(name)) throw new Problem('BAD_REQUEST', `the query parameter ${name} is given twice`)
    seen.add(name)
  }
  return (name) => searchParams.get(name) ?? undefined
}

/** Returns the token of the `Authorization` header: alone, or after `api:` or `Bearer` in any case. */
const tokenOf = (call: Call): string => (call.req.header('authorization') ?? '').replace(/^(api:|Bearer +)/i, '')

/** Counts a request among those of its datamart, once. @throws Busy if there are too many. */
export const enterOnce = (atWork: Context['atWork'], call: Call, { id, limits }: Datamart): void => {
  if (call.get('datamart') !== undefined) return
  atWork.enterDatamart(id, limits.requestsAtOnce)
  call.set('datamart', id)
}

/** Returns the datamart that a token opens. @throws Problem for an unknown token. */
export const openedBy = ({ access, atWork, datamarts }: Context, call: Call, token = tokenOf(call)): Datamart => {
  const opened = token === '' ? undefined : access.datamartOf(token)
  const datamart = opened === undefined ? undefined : datamarts.get(opened)
  if (datamart === undefined) throw new Problem('UNAUTHORIZED')
  enterOnce(atWork, call, datamart)
  return datamart
}

/** Returns the datamart of the path. @throws Problem if the token does not open it, whether it exists or not. */
export const datamartOf = (context: Context, call: Call): Datamart => {
  const datamart = openedBy(context, call)
  if (pathOf(call, 'datamart') !== datamart.id) throw new Problem('FORBIDDEN')
  return datamart
}

const decodeUtf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

/** Returns the body, which must be a JSON object. @throws Problem, BodyRefused */
export const objectOf = async (context: Context, call: Call): Promise<JsonObject> => {
  const { limits } = openedBy(context, call)
  if (mediaTypeOf(call.req.raw) !== 'application/json') throw new Problem('UNSUPPORTED_MEDIA_TYPE')
  if (isEncoded(call.req.raw)) throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'a content encoding is not supported')
  const parsed = parseBody(await readBody(call.req.raw, { ...limits, most: limits.bodyBytes }), decodeUtf8)
  if (parsed._tag === 'Left') {
    const { code, message } = parsed.left
    if (code === 'INVALID_JSON') throw new Problem('BAD_REQUEST', 'the body is not valid JSON')
    throw new Problem('REJECTED', `${code}: ${message}`)
  }
  const value = parsed.right
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem('BAD_REQUEST', 'the body must be a JSON object')
  return value as JsonObject
}

/** Returns the idempotency key of a call. @throws Problem for a key of another shape. */
export const keyOf = (call: Call): string | undefined => {
  const found = idempotencyKeyOf(call.req.header('idempotency-key'))
  if (found === 'invalid')
    throw new Problem('BAD_REQUEST', 'Idempotency-Key must be 1 to 255 printable ASCII characters')
  return found?.key
}
