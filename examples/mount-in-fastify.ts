/** Mounts the handler in a Fastify service, next to the service's own routes. */
import { getRequestListener } from '@hono/node-server'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createHandler, createMemorySpool, sha256Of } from '@userpoint/http'
import { fastify } from 'fastify'
import { v7 } from 'uuid'

const handler = createHandler({
  datamarts: { '1162': { repository: createMemoryRepository(), partner: 'mybrand' } },
  tokens: [{ sha256: sha256Of('a secret'), datamart: '1162' }],
  spool: createMemorySpool(),
  clock: Date.now,
  newId: v7
})
const listener = getRequestListener(handler, { overrideGlobalObjects: false })

const app = fastify()
app.get('/hello', () => 'hello')
await app.register(async (scope) => {
  // Do not parse bodies here, because the handler reads them as a stream.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_, __, done) => done(null))
  scope.all('/*', (request, reply) => {
    reply.hijack()
    void listener(request.raw, reply.raw)
  })
})

const url = await app.listen({ port: 0, host: '127.0.0.1' })
console.log(await (await fetch(`${url}/hello`)).text()) // => hello
const headers = { authorization: 'a secret', 'content-type': 'application/json' }
const created = await fetch(`${url}/v1/datamarts/1162/document_imports`, {
  method: 'POST',
  headers,
  body: '{"document_type":"USER_PROFILE","mime_type":"APPLICATION_X_NDJSON","encoding":"utf-8","name":"nightly"}'
})
const { data } = (await created.json()) as { data: { id: string } }
const uploaded = await fetch(`${url}/v1/datamarts/1162/document_imports/${data.id}/executions`, {
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/x-ndjson' },
  body: '{"operation":"UPSERT","email_hash":"a1b2","force_replace":true,"user_profile":{"city":"Paris"}}\n'
})
console.log(created.status, uploaded.status) // => 200 200
await app.close()
await handler.stop()
