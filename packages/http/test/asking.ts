/** A handler over two datamarts in memory, with functions that send requests to it. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import { v7 } from 'uuid'
import {
  createHandler,
  createMemorySpool,
  type Handler,
  type HandlerOptions,
  type LogEvent,
  sha256Of
} from '../src/index.ts'

export const token = 'token-of-1162'
export const otherToken = 'token-of-7'

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; `undefined` if it is not JSON. */
  readonly json: Record<string, unknown>
}

export interface Asking {
  readonly handler: Handler
  readonly repository: Repository
  readonly events: LogEvent[]
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Asked>
  /** Sends a request to mediarithmics' datamart 1162, with its token. */
  readonly on: (method: string, path: string, body?: unknown) => Promise<Asked>
  /** Sends a request in Insider's dialect, as the partner of datamart 1162. */
  readonly call: (method: string, path: string, body: unknown, headers?: Record<string, string>) => Promise<Asked>
}

export interface AskOptions {
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>
}

const parsed = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

export const asking = (options: Partial<HandlerOptions> = {}): Asking => {
  const repository = createMemoryRepository()
  const events: LogEvent[] = []
  const handler = createHandler({
    datamarts: {
      '1162': { repository, partner: 'mybrand' },
      '7': { repository: createMemoryRepository(), partner: 'other' }
    },
    tokens: [
      { sha256: sha256Of(token), datamart: '1162' },
      { sha256: sha256Of(otherToken), datamart: '7' }
    ],
    spool: createMemorySpool(),
    clock: Date.now,
    newId: v7,
    log: (event) => events.push(event),
    ...options
  })
  const ask: Asking['ask'] = async (method, path, { headers = {}, body } = {}) => {
    const streams = body instanceof ReadableStream ? { duplex: 'half' } : {}
    const response = await handler(
      new Request(`http://localhost${path}`, {
        method,
        headers,
        ...(body !== undefined && { body }),
        ...streams
      } as RequestInit)
    )
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }
  return {
    handler,
    repository,
    events,
    ask,
    on: (method, path, body) =>
      ask(method, `/v1/datamarts/1162/${path}`, {
        headers: { authorization: token, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) })
      }),
    call: (method, path, body, headers = {}) =>
      ask(method, `/api/user/v1/${path}`, {
        headers: {
          'x-partner-name': 'mybrand',
          'x-request-token': token,
          'content-type': 'application/json',
          ...headers
        },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
      })
  }
}

export const importBody = (type: string) => ({
  document_type: type,
  mime_type: 'APPLICATION_X_NDJSON',
  encoding: 'utf-8',
  name: 'a name'
})

type Data = Record<string, unknown>

/** Creates a document import and an execution; returns the execution's path within the datamart. */
export const upload = async ({ on, ask }: Asking, type: string, lines: string): Promise<string> => {
  const { id } = (await on('POST', 'document_imports', importBody(type))).json.data as Data
  const path = `document_imports/${String(id)}/executions`
  const created = await ask('POST', `/v1/datamarts/1162/${path}`, {
    headers: { authorization: token, 'content-type': 'application/x-ndjson' },
    body: lines
  })
  if (created.status !== 200) throw new Error(created.text)
  return `${path}/${String((created.json.data as Data).id)}`
}

/** Waits until the execution has finished, and returns it. */
export const ended = async ({ on }: Asking, path: string): Promise<Data> => {
  for (;;) {
    const execution = (await on('GET', path)).json.data as Data
    if (['SUCCEEDED', 'FAILED', 'CANCELED'].includes(String(execution.status))) return execution
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export const upsertLine = (hash: string, properties: object, more: object = {}): string =>
  `${JSON.stringify({ operation: 'UPSERT', email_hash: hash, force_replace: false, merge_objects: true, user_profile: properties, ...more })}\n`
