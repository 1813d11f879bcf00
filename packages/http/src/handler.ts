/** The handler: requests in, responses out, and executions that go on in between. */
import { Hono } from 'hono'
import { routePath } from 'hono/route'
import { BodyRefused } from './body.ts'
import { createContext } from './context.ts'
import { docsPage } from './docs-page.ts'
import type { Env } from './env.ts'
import { insiderRoutes, unknownError } from './insider/routes.ts'
import { errorName } from './log.ts'
import { Problem, problemAnswer } from './mediarithmics/envelope.ts'
import { createExecutions } from './mediarithmics/executions.ts'
import { mediarithmicsRoutes } from './mediarithmics/routes.ts'
import { openApiDocument } from './openapi.ts'
import type { HandlerOptions } from './settings.ts'

/** Answers requests. It may be mounted wherever web-standard requests come from. */
export interface Handler {
  (request: Request): Promise<Response>
  /**
   * Goes on with the executions that were left by whoever had this spool and these stores before, and removes uploads that
   * nobody waits for: once, before requests come.
   */
  readonly resume: () => Promise<void>
  /**
   * Stops executions after the lines in flight, and purges what is due. What is left of executions is gone on with by the
   * next handler's `resume`. Requests that come later are still answered; their executions wait for that, too, and once
   * more to stop purges what they deleted.
   */
  readonly stop: () => Promise<void>
}

/** A new number as ids of mediarithmics are: digits only, in order of time. All of a UUID, because no part of it is new. */
const numbersFrom = (newId: () => string) => (): string => BigInt(`0x${newId().replaceAll('-', '')}`).toString()

// An id of the sender's own, where it says nothing that could not stand in a log.
const requestIdShape = /^[\w-]{8,64}$/

const problemOf = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  if (!(error instanceof BodyRefused)) return new Problem('INTERNAL')
  return new Problem(error.reason === 'TooLarge' ? 'BODY_TOO_LARGE' : 'BODY_BROKEN')
}

/**
 * A handler of both vendors' HTTP interfaces, over any stores.
 *
 * @throws TypeError where the options contradict each other.
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createHandler, createMemorySpool, sha256Of } from '@userpoint/http'
 * import { v7 } from 'uuid'
 *
 * const handle = createHandler({
 *   datamarts: { '1162': { repository: createMemoryRepository() } },
 *   tokens: [{ sha256: sha256Of('a secret of yours'), datamart: '1162' }],
 *   spool: createMemorySpool(),
 *   clock: Date.now,
 *   newId: v7
 * })
 * const response = await handle(
 *   new Request('http://localhost/v1/datamarts/1162/user_points/email_hash=a1b2', {
 *     headers: { authorization: 'a secret of yours' }
 *   })
 * )
 * console.log(response.status) // => 404
 * ```
 */
export const createHandler = (options: HandlerOptions): Handler => {
  const context = createContext(options)
  const { clock, newId, log, metrics } = context
  const newNumber = numbersFrom(newId)
  const executions = createExecutions(context, newNumber)
  const app = new Hono<Env>()

  app.use(async (call, next) => {
    const startedAt = clock()
    const asked = call.req.header('x-request-id') ?? ''
    const requestId = requestIdShape.test(asked) ? asked : newId()
    call.set('requestId', requestId)
    await next()
    const milliseconds = clock() - startedAt
    // Another method's name may be anything.
    const method = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(call.req.method) ? call.req.method : 'OTHER'
    const route = call.res.status === 404 && routePath(call, -1) === '/*' ? '*' : routePath(call, -1)
    const { status } = call.res
    // Not `call.header`, which copies the response.
    const { headers } = call.res
    headers.set('x-request-id', requestId)
    headers.set('cache-control', 'no-store')
    headers.set('x-content-type-options', 'nosniff')
    metrics?.request(method, route, status, milliseconds / 1_000)
    log({ _tag: 'Request', requestId, method, route, status, milliseconds, datamart: call.get('datamart') })
  })

  app.onError((error, call) => {
    const problem = problemOf(error)
    const requestId = call.get('requestId')
    if (problem.code === 'INTERNAL')
      log({ _tag: 'RequestFailed', requestId, route: routePath(call, -1), error: errorName(error) })
    return call.req.path.startsWith('/api/') ? unknownError() : problemAnswer(problem, requestId)
  })

  app.notFound((call) => problemAnswer(new Problem('NOT_FOUND'), call.get('requestId')))

  app.get('/healthz', (call) => call.json({ status: 'ok' }))
  app.get('/metrics', async () => {
    if (metrics === undefined) throw new Problem('NOT_FOUND')
    const { contentType, text } = await metrics.page()
    return new Response(text, { headers: { 'content-type': contentType } })
  })
  app.get('/openapi.json', (call) => call.json(openApiDocument))
  app.get('/docs', (call) => {
    call.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    return call.html(docsPage)
  })
  app.route('/', mediarithmicsRoutes(context, executions, newNumber))
  app.route('/', insiderRoutes(context))

  return Object.assign(async (request: Request): Promise<Response> => app.fetch(request), {
    resume: executions.resume,
    stop: async () => {
      await executions.stop()
      await context.stop()
    }
  })
}
