import { createMemoryRepository } from '@userpoint/adapter-memory'
import { v7 } from 'uuid'
import { expect, it } from 'vitest'
import { createHandler, createMemorySpool, sha256Of } from '../src/index.ts'
import { importBody, token, upsertLine } from './asking.ts'

it.each(['store', 'memory'] as const)('tells a worker of its executions, and they end in time (%s)', async (sort) => {
  const handle = createHandler({
    datamarts: { '1162': { repository: createMemoryRepository() } },
    tokens: [{ sha256: sha256Of(token), datamart: '1162' }],
    spool: sort === 'store' ? 'store' : createMemorySpool(),
    clock: Date.now,
    newId: v7
  })
  const work: Array<Promise<unknown>> = []
  const call = async (path: string, type?: string, body?: string): Promise<{ id: string; status: string }> => {
    const request = new Request(`http://localhost/v1/datamarts/1162/document_imports${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: token, ...(type !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body })
    })
    // As the adapter of Hono for Node calls a handler.
    expect((await handle(new Request('http://localhost/healthz'), { incoming: {} })).status).toBe(200)
    const response = await handle(request, { waitUntil: (promise) => work.push(promise) })
    return ((await response.json()) as { data: { id: string; status: string } }).data
  }
  const { id } = await call('', 'application/json', JSON.stringify(importBody('USER_PROFILE')))
  const lines = Array.from({ length: 2_000 }, (_, n) => upsertLine(`h${n}`, { n })).join('')
  const execution = await call(`/${id}/executions`, 'application/x-ndjson', lines)
  expect(execution.status).toBe('PENDING')
  await Promise.all(work)
  expect((await call(`/${id}/executions/${execution.id}`)).status).toBe('SUCCEEDED')
  await handle.idle()
})
