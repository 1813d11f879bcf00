/** The vendor's own SDK, unchanged, against this handler. Only the origin of its requests is replaced. */
import { createRequire } from 'node:module'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sha256Of } from '../../src/index.ts'
import { asking, token, upsertLine } from '../asking.ts'
import { type Serving, serve } from './serving.ts'

interface RequestOptions {
  readonly method: string
  readonly uri: string
  readonly qs?: object
  readonly body?: unknown
  readonly headers?: object
  readonly json?: boolean
}

/** The parts of the SDK's base plug-in that make calls. */
interface Plugin {
  _transport: (options: RequestOptions) => Promise<unknown>
  readonly fetchDatamarts: (token: string, organisation: string) => Promise<unknown>
  readonly fetchDatamartCompartments: (token: string, datamart: string) => Promise<unknown>
  readonly requestPublicMicsApiHelper: (token: string, options: RequestOptions) => Promise<unknown>
}

const vendor = 'https://api.mediarithmics.com'
let serving: Serving
let plugin: Plugin

beforeAll(async () => {
  const policies = { defaultCompartment: '1000' } as never
  const { handler } = asking({
    datamarts: { '1162': { repository: createMemoryRepository(), policies } },
    tokens: [{ sha256: sha256Of(token), datamart: '1162' }]
  })
  serving = await serve(handler)
  process.env['PLUGIN_WORKER_ID'] = 'worker'
  process.env['PLUGIN_AUTHENTICATION_TOKEN'] = 'unused'
  // The package's main file also loads its test tools, which are not installed.
  const { BasePlugin } = createRequire(import.meta.url)(
    '@mediarithmics/plugins-nodejs-sdk/lib/mediarithmics/index.js'
  ) as { BasePlugin: new () => Plugin }
  plugin = new BasePlugin()
  const transport = plugin._transport
  plugin._transport = (options) => transport({ ...options, uri: options.uri.replace(vendor, serving.origin) })
}, 60_000)

afterAll(() => serving.close())

const on = (method: string, path: string, more: Partial<RequestOptions> = {}) =>
  plugin.requestPublicMicsApiHelper(token, { method, uri: `${vendor}/v1/datamarts/1162/${path}`, json: true, ...more })

it('lists the datamart and its compartments', async () => {
  expect(await plugin.fetchDatamarts(token, '1')).toMatchObject({ status: 'ok', data: [{ id: '1162' }], count: 1 })
  expect(await plugin.fetchDatamartCompartments(token, '1162')).toMatchObject({ data: [{ id: '1000', default: true }] })
})

it('creates an import, uploads a file, waits for it, and reads the person', async () => {
  const created = (await on('POST', 'document_imports', {
    body: { document_type: 'USER_PROFILE', mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'sdk' }
  })) as { data: { id: string } }
  const path = `document_imports/${created.data.id}/executions`
  const uploaded = (await on('POST', path, {
    json: false,
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: upsertLine('sdk', { city: 'Lyon' })
  })) as string
  const { id } = (JSON.parse(uploaded) as { data: { id: string } }).data
  await expect
    .poll(() => on('GET', `${path}/${id}`), { timeout: 10_000 })
    .toMatchObject({ data: { status: 'SUCCEEDED', result: { total_success: 1, total_failure: 0 } } })
  expect(await on('GET', 'user_points/email_hash=sdk')).toMatchObject({ data: { profiles: [{ city: 'Lyon' }] } })
})

it('gets the vendor’s words in the error for a missing person', async () => {
  await expect(on('GET', 'user_points/email_hash=gone')).rejects.toThrow('Resource Not Found')
  await expect(plugin.fetchDatamarts('wrong', '1')).rejects.toThrow(/got a 401/)
})
