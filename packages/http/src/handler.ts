/** The handler: answers requests, and applies uploads in the background. */
import { Hono } from 'hono'
import { routePath } from 'hono/route'
import { getPath } from 'hono/utils/url'
import { BodyRefused } from './body.ts'
import { createContext } from './context.ts'
import { addDocs } from './docs-page.ts'
import type { Env } from './env.ts'
import { busyAnswer, insiderRoutes, unknownError, unmatchedInsider } from './insider/routes.ts'
import { errorName } from './log.ts'
import { allowOf, optionsAnswer } from './methods.ts'
import { ChangeStreams } from './mediarithmics/changes.ts'
import { Problem, problemAnswer } from './mediarithmics/envelope.ts'
import { Executions } from './mediarithmics/executions.ts'
import { createNumberSource } from './mediarithmics/number-source.ts'
import { mediarithmicsRoutes } from './mediarithmics/routes.ts'
import { withOneSelector } from './mediarithmics/selector-path.ts'
import { openApiDocument } from './openapi/document.ts'
import { createReadiness, type Phase, readinessAnswer } from './readiness.ts'
import { Busy } from './requests-at-work.ts'
import { createStateReader } from './server-state.ts'
import type { HandlerOptions } from './settings.ts'
import { SpoolLost, SpoolTaken } from './spool.ts'

/** A runtime that ends the work of a request with its answer, unless it is told of it: the context of a worker fits. */
export interface Background {
  readonly waitUntil: (work: Promise<unknown>) => void
}

/** Answers web-standard requests, so any framework that has them can mount it. */
export interface Handler {
  /**
   * Answers a request. `waitUntil` of a runtime that ends work after the answer, such as a worker, is given the executions that
   * at work, so that the runtime lets them end. Another second argument, which adapters for Node give, is ignored.
   */
  (request: Request, runtime?: Background | object): Promise<Response>
  /**
   * Takes the spool, continues the executions that an earlier handler left unfinished in it and these stores, removes
   * incomplete uploads, and begins the purges that are still owed. Call it once, before the first request or as soon as the
   * server listens: uploads wait for it.
   *
   * @throws SpoolTaken if another server owns the spool.
   */
  readonly resume: () => Promise<void>
  /**
   * Resolves once no execution is at work here. A runtime without background work calls `resume` again and again, from a timer
   * of its own, and waits for this: so an execution that one call could not end is ended by a later one.
   */
  readonly idle: () => Promise<void>
  /**
   * Ends the streams of changes and each execution after its current batch, and runs the purges that are owed. Unfinished executions continue when the
   * next handler calls `resume`. Later requests are still answered, but their executions also wait for `resume`; call
   * `stop` again to purge their deletions. The spool is still owned: `spool.release` gives it up.
   */
  readonly stop: () => Promise<void>
}

const isInsider = (path: string): boolean => path.startsWith('/api/')

// A request id of the sender is kept only if it is safe to log.
const requestIdShape = /^[\w-]{8,64}$/

const codesOfFullDisks: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])
const codesOfFailedDisks: ReadonlySet<unknown> = new Set(['EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENFILE'])

/** Only the spool throws errors of the system: those of stores are answers of the engine. */
const spoolProblemOf = (error: unknown): 'SPOOL_FULL' | 'SPOOL_FAILED' | 'INTERNAL' => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (codesOfFullDisks.has(code)) return 'SPOOL_FULL'
  return codesOfFailedDisks.has(code) ? 'SPOOL_FAILED' : 'INTERNAL'
}

/** The problems whose cause only the log has. */
const logged: ReadonlySet<string> = new Set(['INTERNAL', 'SPOOL_FULL', 'SPOOL_FAILED'])

const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

const problemOf = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  if (error instanceof SpoolLost || error instanceof SpoolTaken) return new Problem('SPOOL_LOST')
  if (error instanceof Busy) return new Problem(error.scope === 'Datamart' ? 'TOO_MANY_REQUESTS' : 'SERVER_BUSY')
  if (!(error instanceof BodyRefused)) return new Problem(spoolProblemOf(error))
  return new Problem(error.reason === 'TooLarge' ? 'BODY_TOO_LARGE' : 'BODY_BROKEN')
}

/**
 * Returns a handler of both vendors' HTTP interfaces, over any stores.
 *
 * @throws TypeError if the options contradict each other.
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
  const { atWork, clock, newId, log, metrics } = context
  const description = JSON.stringify(openApiDocument)
  const newNumber = createNumberSource(clock)
  const executions = new Executions(context, newNumber)
  const streams = new ChangeStreams()
  const readiness = createReadiness(context)
  const stateOf = createStateReader(context, executions, readiness)
  let phase: Phase = 'STARTING'
  const app = new Hono<Env>({ getPath: (request) => withOneSelector(getPath(request)) })

  app.use(async (call, next) => {
    const startedAt = clock()
    const asked = call.req.header('x-request-id') ?? ''
    const requestId = requestIdShape.test(asked) ? asked : newId()
    call.set('requestId', requestId)
    await next()
    const milliseconds = clock() - startedAt
    // Do not log an unknown method, which the sender chose.
    const method = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(call.req.method) ? call.req.method : 'OTHER'
    const matched = routePath(call, -1)
    const route = matched === '/*' ? '*' : matched
    const { status } = call.res
    // `call.header` would copy the response.
    const { headers } = call.res
    headers.set('x-request-id', requestId)
    headers.set('cache-control', 'no-store')
    headers.set('x-content-type-options', 'nosniff')
    // Hono copies it for HEAD, and the Response of its adapter for Node copies the headers that it was made with.
    if (call.req.method === 'HEAD') call.res = new Response(null, { status, headers: [...headers] })
    metrics?.request(method, route, status, milliseconds / 1_000)
    log({ _tag: 'Request', requestId, method, route, status, milliseconds, datamart: call.get('datamart') })
  })

  app.use(async (call, next) => {
    if (probes.has(call.req.path)) return next()
    atWork.enter()
    try {
      await next()
    } finally {
      atWork.leave()
      const datamart = call.get('datamart')
      if (datamart !== undefined) atWork.leaveDatamart(datamart)
    }
  })

  app.onError((error, call) => {
    const problem = problemOf(error)
    const requestId = call.get('requestId')
    if (logged.has(problem.code))
      log({ _tag: 'RequestFailed', requestId, route: routePath(call, -1), error: errorName(error) })
    if (!isInsider(call.req.path)) return problemAnswer(problem, requestId)
    return error instanceof Busy ? busyAnswer(error) : unknownError()
  })

  app.notFound((call) => {
    const allow = allowOf(app, call.req.path)
    if (allow !== undefined && call.req.method === 'OPTIONS') return optionsAnswer(allow)
    if (isInsider(call.req.path)) return unmatchedInsider(allow)
    return problemAnswer(
      new Problem(allow === undefined ? 'NOT_FOUND' : 'METHOD_NOT_ALLOWED'),
      call.get('requestId'),
      allow
    )
  })

  app.get('/healthz', (call) => call.json({ status: 'ok' }))
  app.get('/readyz', async () => readinessAnswer(await readiness(phase)))
  app.get('/metrics', async () => {
    if (metrics === undefined) throw new Problem('NOT_FOUND')
    const { contentType, text } = await metrics.page(await stateOf(phase))
    return new Response(text, { headers: { 'content-type': contentType } })
  })
  app.get('/openapi.json', () => new Response(description, { headers: { 'content-type': 'application/json' } }))
  addDocs(app, options.docsScript)
  app.route('/', mediarithmicsRoutes(context, { executions, streams }, newNumber))
  app.route('/', insiderRoutes(context))

  const handle = async (request: Request, runtime?: Background | object): Promise<Response> => {
    const response = await app.fetch(request)
    // It never fails: what an execution meets is in the log.
    if (runtime !== undefined && 'waitUntil' in runtime) runtime.waitUntil(executions.idle())
    return response
  }

  return Object.assign(handle, {
    idle: () => executions.idle(),
    resume: async () => {
      await executions.resume()
      phase = 'SERVING'
      // In the background: a purge can take long, and no request needs it.
      void context.resume()
    },
    stop: async () => {
      phase = 'STOPPING'
      streams.stop()
      await executions.stop()
      await context.stop()
    }
  })
}
