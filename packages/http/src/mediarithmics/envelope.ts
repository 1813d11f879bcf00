/** What answers look like in mediarithmics' dialect: `{status, data}`, or `{status, error, error_id}` (SPEC 5). */

import { jsonResponse } from '../json-response.ts'

/** Why a request is not answered with data: a stable code, what it means, and the status that says so. */
export const problems = {
  UNAUTHORIZED: [401, 'the token is missing or unknown'],
  FORBIDDEN: [403, 'the token does not open this datamart'],
  NOT_FOUND: [404, 'there is nothing here'],
  METHOD_NOT_ALLOWED: [405, 'the method is not for this resource'],
  BODY_BROKEN: [408, 'the body ended early, or nothing of it came for too long'],
  CONFLICT: [409, 'it has come to its end already'],
  BODY_TOO_LARGE: [413, 'the body is larger than the limit'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'the content type is not one that is taken here'],
  BAD_SELECTOR: [400, 'the selector names nobody'],
  BAD_REQUEST: [400, 'the request is not one that is taken here'],
  REJECTED: [400, 'the document is rejected'],
  STORE_BUSY: [503, 'the store could not be written to; nothing was done'],
  STORE_FAILED: [503, 'the store failed'],
  OUTCOME_UNKNOWN: [503, 'the store did not answer; nobody knows what was done'],
  INTERNAL: [500, 'an unknown error']
} as const satisfies Record<string, readonly [status: number, message: string]>

export type ProblemCode = keyof typeof problems

/** An answer that is no data. */
export class Problem extends Error {
  readonly code: ProblemCode
  /** What is said in the place of the code's own message. */
  readonly detail: string | undefined

  constructor(code: ProblemCode, detail?: string) {
    super(code)
    this.name = 'Problem'
    this.code = code
    this.detail = detail
  }
}

/** An answer with data; fields of lists stand beside it. */
export const answer = (data: unknown, beside: Readonly<Record<string, unknown>> = {}, status = 200): Response =>
  jsonResponse({ status: 'ok', data, ...beside }, status)

export const problemAnswer = ({ code, detail }: Problem, requestId: string): Response => {
  const [status, message] = problems[code]
  return jsonResponse(
    { status: 'error', error: detail ?? message, error_id: requestId, error_code: code },
    status,
    status === 503 ? { 'retry-after': '1' } : {}
  )
}

const longestPage = 1_000

const wholeNumber = (text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise
  if (!/^[0-9]{1,9}$/.test(text)) throw new Problem('BAD_REQUEST', 'first_result and max_results are whole numbers')
  return Number(text)
}

/**
 * A page of a list, as `first_result` and `max_results` ask for it.
 *
 * @param show Gives what is shown of an item; it is asked of those on the page alone.
 */
export const listAnswer = async <A>(
  items: ReadonlyArray<A>,
  query: (name: string) => string | undefined,
  show: (item: A) => unknown
): Promise<Response> => {
  const first = wholeNumber(query('first_result'), 0)
  const most = Math.min(longestPage, wholeNumber(query('max_results'), 50))
  const page: unknown[] = []
  for (const item of items.slice(first, first + most)) page.push(await show(item))
  return answer(page, { count: page.length, total: items.length, first_result: first, max_results: most })
}
