/** Mounts the handler in an Express service, next to the service's own routes. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createHandler, createMemorySpool, sha256Of } from '@userpoint/http'
import express from 'express'
import { v7 } from 'uuid'

const handler = createHandler({
  datamarts: { '1162': { repository: createMemoryRepository(), partner: 'mybrand' } },
  tokens: [{ sha256: sha256Of('a secret'), datamart: '1162' }],
  spool: createMemorySpool(),
  clock: Date.now,
  newId: v7
})

const app = express()
app.get('/hello', (_, response) => void response.send('hello'))
// Mount the handler before body parsers, because it reads uploads as a stream.
app.use(getRequestListener(handler, { overrideGlobalObjects: false }))

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
console.log(await (await fetch(`${url}/hello`)).text()) // => hello
const response = await fetch(`${url}/api/user/v1/attribute/delete`, {
  method: 'POST',
  headers: { 'x-partner-name': 'mybrand', 'x-request-token': 'a secret', 'content-type': 'application/json' },
  body: '{"users":[{"identifiers":{"email":"ada@example.org"},"whole":["city"]}]}'
})
console.log(response.status, await response.text()) // => 200 {}
await handler.stop()
server.close()
