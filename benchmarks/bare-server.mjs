/** A minimal server on Hono that only parses the JSON of each body, to measure the cost of the framework. Prints its address. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono()
app.post('/api/user/v1/attribute/delete', async (call) => {
  await call.req.json()
  return call.json({})
})
app.post('/v1/datamarts/:datamart/document_imports/:import/executions', async (call) => {
  for (const line of (await call.req.text()).split('\n')) if (line !== '') JSON.parse(line)
  return call.json({ status: 'ok' })
})

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stderr.write(`listening on http://127.0.0.1:${port}\n`)
})
