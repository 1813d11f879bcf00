/** The format of answers in mediarithmics' dialect: `{status, data}`, or `{status, error, error_id, error_code}`. */

import { jsonResponse } from '../json-response.ts'

/** The errors of requests: a stable code with its status and message. */
export const problems = {
  UNAUTHORIZED: [401, 'the token is missing or unknown'],
  FORBIDDEN: [403, 'the token does not open this datamart'],
  // The vendor's words: its console shows an empty page for them, and a failure for others.
  NOT_FOUND: [404, 'Resource Not Found'],
  METHOD_NOT_ALLOWED: [405, 'this resource does not support the method'],
  BODY_BROKEN: [408, 'the body ended early, or the sender was idle or slow for too long'],
  CONFLICT: [409, 'the execution has already finished'],
  KEY_IN_USE: [409, 'a request with this idempotency key is at work'],
  FEED_OFF: [409, 'the feed of changes is off'],
  GONE: [410, 'an upload is removed once its execution has ended'],
  CHANGES_LOST: [410, 'changes that the consumer had not read were dropped; forget the consumer, and begin anew'],
  BODY_TOO_LARGE: [413, 'the body is larger than the limit'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'the content type is not supported'],
  KEY_REUSED: [422, 'the idempotency key belongs to another request'],
  BAD_SELECTOR: [400, 'the selector is invalid'],
  BAD_REQUEST: [400, 'the request is invalid'],
  REJECTED: [400, 'the document is rejected'],
  STORE_BUSY: [503, 'other writers kept changing the same user points; nothing was done, so try again'],
  STORE_FAILED: [503, 'the store failed'],
  SPOOL_LOST: [503, 'another server has taken over; nothing was kept, so send the request again'],
  OUTCOME_UNKNOWN: [503, 'the store did not answer; the request may or may not be applied'],
  TOO_MANY_REQUESTS: [429, 'too many requests of this datamart are at work; try again'],
  SERVER_BUSY: [503, 'too many requests are at work; nothing was done, so try again'],
  SPOOL_FAILED: [503, 'uploads cannot be kept; nothing was kept, so send the request again'],
  SPOOL_FULL: [507, 'there is no room for uploads; nothing was kept'],
  INTERNAL: [500, 'internal error']
} as const satisfies Record<string, readonly [status: number, message: string]>

export type ProblemCode = keyof typeof problems

/** Thrown to answer a request with an error. */
export class Problem extends Error {
  readonly code: ProblemCode
  /** The message, if it differs from the code's own. */
  readonly detail: string | undefined

  constructor(code: ProblemCode, detail?: string) {
    super(code)
    this.name = 'Problem'
    this.code = code
    this.detail = detail
  }
}

/** Returns an answer with data; `beside` adds the fields of a list. */
export const answer = (data: unknown, beside: Readonly<Record<string, unknown>> = {}, status = 200): Response =>
  jsonResponse({ status: 'ok', data, ...beside }, status)

const headersOf = (status: number, allow: string | undefined): Readonly<Record<string, string>> => {
  switch (status) {
    case 401:
      return { 'www-authenticate': 'Bearer realm="userpoint"' }
    case 405:
      return allow === undefined ? {} : { allow }
    case 429:
    case 503:
      return { 'retry-after': '1' }
    default:
      return {}
  }
}

/** @param allow The methods that the path has, for 405. */
export const problemAnswer = ({ code, detail }: Problem, requestId: string, allow?: string): Response => {
  const [status, message] = problems[code]
  return jsonResponse(
    { status: 'error', error: detail ?? message, error_id: requestId, error_code: code },
    status,
    headersOf(status, allow)
  )
}

const longestPage = 1_000

const wholeNumber = (text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise
  if (!/^[0-9]{1,9}$/.test(text)) throw new Problem('BAD_REQUEST', 'first_result and max_results must be whole numbers')
  return Number(text)
}

/** The part of a list that a call asks for. */
interface Page {
  /** The number of the first item, from 0. */
  readonly first: number
  readonly most: number
}

/** Returns the part of a list that `first_result` and `max_results` select. */
export const pageOf = (query: (name: string) => string | undefined): Page => ({
  first: wholeNumber(query('first_result'), 0),
  most: Math.min(longestPage, wholeNumber(query('max_results'), 50))
})

/** Returns a page of a list. */
export const pageAnswer = (page: ReadonlyArray<unknown>, total: number, { first, most }: Page): Response =>
  answer(page, { count: page.length, total, first_result: first, max_results: most })

/**
 * Returns the page of a list that `first_result` and `max_results` select.
 *
 * @param show Returns the representation of an item, `undefined` if it is gone; called only for the items on the page.
 */
export const listAnswer = async <A>(
  items: ReadonlyArray<A>,
  query: (name: string) => string | undefined,
  show: (item: A) => unknown
): Promise<Response> => {
  const place = pageOf(query)
  const page: unknown[] = []
  for (const item of items.slice(place.first, place.first + place.most)) {
    const shown = await show(item)
    if (shown !== undefined) page.push(shown)
  }
  return pageAnswer(page, items.length, place)
}
