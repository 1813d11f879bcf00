/** Mounts the handler in a Hono service, next to the service's own routes. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createHandler, createMemorySpool, sha256Of } from '@userpoint/http'
import { Hono } from 'hono'
import { v7 } from 'uuid'

const handler = createHandler({
  datamarts: { '1162': { repository: createMemoryRepository(), partner: 'mybrand' } },
  tokens: [{ sha256: sha256Of('a secret'), datamart: '1162' }],
  spool: createMemorySpool(),
  clock: Date.now,
  newId: v7
})

const app = new Hono()
app.get('/hello', (call) => call.text('hello'))
app.all('*', (call) => handler(call.req.raw))

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
console.log(await (await fetch(`${url}/hello`)).text()) // => hello
const response = await fetch(`${url}/v1/datamarts/1162/user_points/email_hash=a1b2/user_profiles/compartment_id=1`, {
  method: 'PUT',
  headers: { authorization: 'a secret', 'content-type': 'application/json' },
  body: '{"city":"Paris"}'
})
const { verdict } = (await response.json()) as { verdict: string }
console.log(response.status, verdict) // => 200 applied
await handler.stop()
server.close()
