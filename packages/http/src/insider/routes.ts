/** Insider's paths and their answers; docs/http.md lists them by status. */
import type { EngineError, JsonObject, Verdict } from '@userpoint/core'
import { StoreFault } from '@userpoint/core/repository'
import {
  type Columns,
  columnsScanned,
  type Insider,
  type Messages,
  type RequestRejected,
  type UsersReport,
  warningsAsMessages
} from '@userpoint/core/insider'
import { type Context as HonoContext, Hono } from 'hono'
import { BodyRefused, isEncoded, mediaTypeOf, readBody } from '../body.ts'
import type { Context, Datamart } from '../context.ts'
import type { Env } from '../env.ts'
import { idempotencyKeyOf, keyedInsider, KeyReused } from '../idempotency.ts'
import { jsonResponse } from '../json-response.ts'
import { enterOnce } from '../mediarithmics/call.ts'
import { secondsUntilNext } from '../rate-limiter.ts'
import type { Busy } from '../requests-at-work.ts'
import { admitPartner } from './access.ts'
import { maxRequestBytes } from './limits.ts'

type Call = HonoContext<Env>

const said = (message: string, status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  jsonResponse({ success: false, message }, status, headers)
const failed = (error: string, status = 400): Response => jsonResponse({ error }, status)

/** Returns the answer to an unexpected failure, in the vendor's words. */
export const unknownError = (): Response => said('The request processing has failed because of an unknown error.', 500)

const again = { 'retry-after': '1' }

/** Returns the answer to a request beyond the bound of those that are at work. */
export const busyAnswer = ({ scope }: Busy): Response =>
  scope === 'Datamart'
    ? jsonResponse({ error: 'rejected: too many requests' }, 429, again)
    : said('Too many requests are at work. Nothing was done; try again.', 503, again)

/** Returns the answer to a call that the store did not do: 503 if it can be sent again as it is. */
const failedAnswer = (error: EngineError): Response => {
  const mayRepeat =
    error._tag === 'Contention' ||
    (error._tag === 'StoreFailed' && error.cause instanceof StoreFault && error.cause.recovery === 'retry')
  return mayRepeat ? said('The store is busy. Nothing was done; try again.', 503, again) : unknownError()
}

const tooLarge = (): Response => failed('request body is bigger than maximum allowed size 5,000,000 bytes')

const accessAnswers = {
  PARTNER_INVALID: () => said('Partner is invalid.', 400),
  ACCESS_DENIED: () => said('Access Denied. You do not have sufficient access to perform this action.', 403)
}

const tooManyRequests = (context: Context): Response =>
  jsonResponse({ error: 'rejected: too many requests' }, 429, { 'retry-after': `${secondsUntilNext(context.clock)}` })

const refusal = ({ code, message }: RequestRejected): Response => {
  switch (code) {
    case 'INVALID_JSON':
      return said(message, 400)
    case 'BAD_NUMBER':
    case 'DUPLICATE_KEY':
    case 'TOO_DEEP':
    case 'TOO_MANY_VALUES':
    case 'USERS_MISSING':
    case 'TOO_MANY_USERS':
      return failed(message)
  }
}

/** Returns `true` if the sender asks for the report even when no user failed (B-21). */
const wantsReport = (call: Call): boolean => /\breturn=representation\b/.test(call.req.header('prefer') ?? '')

const isEmpty = (messages: Messages): boolean => Object.keys(messages).length === 0

const reportAnswer = ({ successful, fail, warnings }: UsersReport): Response =>
  jsonResponse({
    data: {
      successful: successful.count === 0 ? {} : successful,
      fail: fail.count === 0 ? {} : fail,
      ...(!isEmpty(warnings) && { warnings })
    }
  })

type OneUser = 'deleteIdentifiers' | 'updateIdentifier' | 'deleteUser' | 'anonymiseUser'

/** Calls on one user that fail if the user is missing; deletions succeed (B-05, B-35). */
const needsUser: ReadonlySet<OneUser> = new Set(['updateIdentifier', 'anonymiseUser'])

const badKey = (): Response => failed('Idempotency-Key must be 1 to 255 printable ASCII characters')
const keyReused = (): Response => failed('the idempotency key belongs to another request', 422)

/** Returns the answer of a call, or that to a key of another request. */
const unlessReused = async (answer: () => Promise<Response>): Promise<Response> => {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof KeyReused) return keyReused()
    throw error
  }
}

/** Returns the answer to a call on a missing user, in the vendor's words. */
const userMissing = (): Response => failed('no such user for these identifiers: no data', 404)

interface Admitted {
  readonly partner: string
  readonly datamart: Datamart
  readonly insider: Insider
  readonly body: Uint8Array
}

/** Returns a function that checks credentials and reads the body; it returns the error response if either is rejected. */
const createAdmission = ({ access, atWork, partners }: Context) => {
  const knows = (partner: string, token: string): boolean | undefined => {
    const datamart = partners.get(partner)
    return datamart && access.opens(token, datamart.id)
  }

  return async (call: Call, kind: 'change' | 'read'): Promise<Admitted | Response> => {
    const credentials = { partner: call.req.header('x-partner-name'), token: call.req.header('x-request-token') }
    const partner = admitPartner(credentials, knows)
    if (typeof partner !== 'string') return accessAnswers[partner.code]()
    const datamart = partners.get(partner) as Datamart
    enterOnce(atWork, call, datamart)
    if (mediaTypeOf(call.req.raw) !== 'application/json') return failed('content type must be application/json')
    if (isEncoded(call.req.raw)) return failed('content encoding must be identity')
    const key = idempotencyKeyOf(call.req.header('idempotency-key'))
    if (key === 'invalid') return badKey()
    try {
      const body = await readBody(call.req.raw, { ...datamart.limits, most: maxRequestBytes })
      const insider =
        key === undefined || kind === 'read'
          ? (datamart.insider as Insider)
          : keyedInsider(datamart, datamart.identity, { ...key, call: `${call.req.method} ${call.req.path}`, body })
      return { partner, datamart, insider, body }
    } catch (error) {
      if (!(error instanceof BodyRefused)) throw error
      return error.reason === 'TooLarge' ? tooLarge() : failed('the request body ended early', 408)
    }
  }
}

export const insiderRoutes = (context: Context): Hono<Env> => {
  const { metrics, rateLimiter } = context
  const admit = createAdmission(context)

  const count = (verdicts: ReadonlyArray<Verdict>): void => {
    for (const tag of ['Applied', 'NoOp', 'Rejected'] as const) {
      const some = verdicts.filter(({ _tag }) => _tag === tag).length
      if (some > 0) metrics?.verdicts('insider', tag, some)
    }
  }

  const onUsers =
    (method: 'deleteAttributes' | 'upsertUsers') =>
    async (call: Call): Promise<Response> => {
      const admitted = await admit(call, 'change')
      if (admitted instanceof Response) return admitted
      const { partner, datamart, insider, body } = admitted
      if (!(await rateLimiter.take(partner))) return tooManyRequests(context)
      const outcome = await datamart.gate(() => insider[method](body))
      if (outcome._tag === 'Left')
        return outcome.left._tag === 'RequestRejected' ? refusal(outcome.left) : failedAnswer(outcome.left)
      const report = outcome.right
      count(report.verdicts)
      if (method === 'upsertUsers') return reportAnswer(report)
      datamart.purgeLater()
      // A warning is part of the report, so it must not be lost in `{}` (B-33).
      return report.fail.count > 0 || !isEmpty(report.warnings) || wantsReport(call)
        ? reportAnswer(report)
        : jsonResponse({})
    }

  const onOne =
    (method: OneUser) =>
    async (call: Call): Promise<Response> => {
      const admitted = await admit(call, 'change')
      if (admitted instanceof Response) return admitted
      const { datamart, insider, body } = admitted
      const outcome = await datamart.gate(() => insider[method](body))
      if (outcome._tag === 'Left')
        return outcome.left._tag === 'RequestRejected' ? refusal(outcome.left) : failedAnswer(outcome.left)
      const verdict = outcome.right
      count([verdict])
      if (verdict._tag === 'Rejected') return failed(`${verdict.message}: bad request`)
      if (verdict._tag === 'NoOp' && verdict.reason === 'NOT_FOUND' && needsUser.has(method)) return userMissing()
      datamart.purgeLater()
      const warnings = warningsAsMessages(verdict.warnings ?? [])
      return jsonResponse(isEmpty(warnings) ? {} : { data: { warnings } })
    }

  const onRead =
    <A>(method: 'getUser' | 'listColumns', answer: (found: A) => Response) =>
    async (call: Call): Promise<Response> => {
      const admitted = await admit(call, 'read')
      if (admitted instanceof Response) return admitted
      const outcome = await admitted.insider[method](admitted.body)
      if (outcome._tag === 'Right') return answer(outcome.right as A)
      switch (outcome.left._tag) {
        case 'RequestRejected':
          return refusal(outcome.left)
        case 'Rejected':
          return failed(`${outcome.left.message}: bad request`)
        case 'StoreFailed':
          return failedAnswer(outcome.left)
      }
    }

  const profile = onRead<JsonObject | undefined>('getUser', (user) =>
    user === undefined ? userMissing() : jsonResponse(user)
  )
  const columns = onRead<Columns>('listColumns', ({ columns: all, complete }) =>
    jsonResponse(all, 200, complete ? {} : { 'x-incomplete': `${columnsScanned}` })
  )

  const keyed =
    (answer: (call: Call) => Promise<Response>) =>
    (call: Call): Promise<Response> =>
      unlessReused(() => answer(call))

  return new Hono<Env>()
    .post('/api/user/v1/upsert', keyed(onUsers('upsertUsers')))
    .post('/api/user/v1/attribute/delete', keyed(onUsers('deleteAttributes')))
    .post('/api/user/v1/profile', profile)
    .patch('/api/user/v1/identity', keyed(onOne('updateIdentifier')))
    .delete('/api/user/v1/identity', keyed(onOne('deleteIdentifiers')))
    .post('/api/user/v1/delete', keyed(onOne('deleteUser')))
    .post('/api/user/v1/anonymize', keyed(onOne('anonymiseUser')))
    .post('/api/contact/v1/anonymize', keyed(onOne('anonymiseUser')))
    .post('/api/user/v3/metadata/columns', columns)
}

/** Returns the answer to a request that no route takes: 405 with the methods of the path, or 404 if it has none. */
export const unmatchedInsider = (allow: string | undefined): Response =>
  allow === undefined ? said('Not found.', 404) : said('Method not allowed.', 405, { allow })
