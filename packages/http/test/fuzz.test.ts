/**
 * Requests that nobody would send in good faith, and what may be said to them: an answer of the interface's description,
 * never a stack, never what was sent. `USERPOINT_RUNS` multiplies their number: 50 make it 100,000.
 */
import { Buffer } from 'node:buffer'
import { anything, documentText, jsonObject, text } from '@userpoint/conformance/arbitraries'
import { documentTypes } from '@userpoint/core'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe } from 'vitest'
import { law } from '../../core/test/laws/law.ts'
import { openApiDocument } from '../src/index.ts'
import { asking, type Asked, type Asking, token } from './asking.ts'

// Long enough that nothing of ours says it by chance.
const marker = 'zzqx-personal-value'

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | undefined
}

const segment = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '1162',
      '7',
      'document_imports',
      'executions',
      'user_points',
      'user_profiles',
      'errors',
      'actions',
      `email_hash=${marker}`,
      `user_point_id=${marker}`,
      `compartment_id=1,user_account_id=${marker}`,
      'compartment_id=1',
      `user_account_id=${marker}`,
      `segment_id=${marker}`
    )
  },
  text().map((any) => encodeURIComponent(any.toWellFormed())),
  fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '%',
    '%zz',
    '%00',
    '%ff',
    '__proto__',
    'constructor',
    `${marker}`,
    '*',
    ':datamart',
    ''
  )
)

const routes = fc.constantFrom(
  ...Object.keys(openApiDocument.paths as object).map((path) =>
    path.replaceAll(
      /\{(\w+)\}/g,
      (_, name: string) =>
        ({ datamart: '1162', document: 'user_profiles', item: 'compartment_id=1', selector: `email_hash=${marker}` })[
          name
        ] ?? '1'
    )
  )
)

const path = fc.oneof(
  { weight: 3, arbitrary: routes },
  fc.array(segment, { maxLength: 8 }).map((segments) => `/v1/datamarts/${segments.join('/')}`),
  fc.array(segment, { maxLength: 4 }).map((segments) => `/api/user/v1/${segments.join('/')}`),
  fc.array(segment, { maxLength: 8 }).map((segments) => `/${segments.join('/')}`)
)

const jsonText = fc.oneof(jsonObject(), anything()).map((value) => {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
})

const deep = fc.integer({ min: 1, max: 3_000 }).map((depth) => `{"users":${'['.repeat(depth)}${']'.repeat(depth)}}`)

const body: fc.Arbitrary<string | Uint8Array | undefined> = fc.oneof(
  fc.constant(undefined),
  jsonText,
  fc.constantFrom(...documentTypes).chain((type) => documentText(type, { maxLength: 5 })),
  fc.constantFrom(
    `{"users":[{"identifiers":{"email":"${marker}"},"whole":["${marker}"],"attributes":{"${marker}":"${marker}"}}]}`,
    `{"identifiers":{"email":"${marker}","custom":{"__proto__":"${marker}"}}}`,
    `{"old_identifier":{"email":"${marker}"},"new_identifier":{"uuid":"${marker}"}}`,
    `{"__proto__":{"users":[]},"constructor":{"prototype":{"polluted":"${marker}"}}}`,
    `{"document_type":"${marker}","mime_type":"${marker}","encoding":"utf-8","name":"${marker}"}`,
    `{"document_type":"USER_PROFILE","mime_type":"APPLICATION_X_NDJSON","encoding":"utf-8","name":"n"}`,
    `{"action":"${marker}"}`,
    '{"action":"CANCEL"}',
    `{"$choice_ts":"${marker}","force_replace":"${marker}"}`,
    '{"n":1e999}',
    '\ud800'
  ),
  deep,
  fc.uint8Array({ maxLength: 100 })
)

const headers = fc.record(
  {
    authorization: fc.constantFrom(token, token, token, `api:${token}`, 'wrong', ''),
    'x-partner-name': fc.constantFrom('mybrand', 'mybrand', 'other', 'MyBrand', marker),
    'x-request-token': fc.constantFrom(token, token, 'wrong'),
    'content-type': fc.constantFrom(
      'application/json',
      'application/json',
      'application/x-ndjson',
      'text/plain',
      marker
    ),
    'content-length': fc.constantFrom('0', '-1', '99999999999999', 'NaN'),
    prefer: fc.constantFrom('return=representation', marker),
    'x-request-id': fc.constantFrom('12345678', marker.repeat(10))
  },
  { requiredKeys: ['authorization', 'content-type', 'x-partner-name', 'x-request-token'] }
)

const request: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW'),
  path,
  headers: headers as fc.Arbitrary<Record<string, string>>,
  body
})

const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema({ $id: 'interface', components: openApiDocument.components })

interface Operation {
  readonly path: RegExp
  readonly method: string
  readonly statuses: ReadonlyMap<string, ValidateFunction | undefined>
}

const rooted = (schema: unknown): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"interface#/components/')) as object

const operations: ReadonlyArray<Operation> = Object.entries(
  openApiDocument.paths as Record<
    string,
    Record<string, { responses?: Record<string, { content?: Record<string, { schema?: unknown }> }> }>
  >
).flatMap(([template, methods]) =>
  Object.entries(methods).flatMap(([method, { responses }]) =>
    responses === undefined
      ? []
      : [
          {
            path: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
            method: method.toUpperCase(),
            statuses: new Map(
              Object.entries(responses).map(([status, { content }]) => {
                const schema = content?.['application/json']?.schema
                return [status, schema === undefined ? undefined : ajv.compile(rooted(schema))]
              })
            )
          }
        ]
  )
)

/** Whether the interface's description knows this answer. */
const isDescribed = ({ method, path: asked }: Sent, { status, json }: Asked): boolean => {
  const pathname = new URL(asked, 'http://localhost').pathname
  const operation = operations.find((each) => each.method === method && each.path.test(pathname))
  // What is no operation is not found.
  if (operation === undefined) return status === 404 || method === 'HEAD' || /\/(docs|openapi\.json)$/.test(pathname)
  if (!operation.statuses.has(`${status}`)) return false
  return operation.statuses.get(`${status}`)?.(json) ?? true
}

const sentBy = async (at: Asking, { method, path: asked, headers: sent, body: content }: Sent): Promise<Asked> =>
  at.ask(method, asked, {
    headers: Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, value.toWellFormed()])),
    ...(content !== undefined &&
      method !== 'GET' &&
      method !== 'HEAD' && { body: typeof content === 'string' ? Buffer.from(content) : content })
  })

/** Whether an answer says nothing of what was sent, or of what the program is made of. A user's own data may be given back. */
const isDiscreet = ({ method, path: asked }: Sent, { status, text: said }: Asked): boolean => {
  if (/node_modules|\.ts:\d|\.js:\d|at Object\.|\n {4}at /.test(said)) return false
  const givesBack =
    status === 200 && /user_points|profile|document_imports/.test(asked) && ['GET', 'POST'].includes(method)
  return givesBack || !said.includes(marker)
}

describe('a handler that is sent anything', () => {
  const at = asking({ limits: { idleMilliseconds: 1_000, requestsPerMinute: 1_000_000 } })

  law(
    'gives an answer that its description knows, without a stack and without what was sent',
    request,
    async (sent) => {
      const answer = await sentBy(at, sent)
      const isWhole = ({} as { polluted?: unknown }).polluted === undefined
      return isWhole && answer.status < 500 && isDiscreet(sent, answer) && isDescribed(sent, answer)
    },
    2_000
  )

  law(
    'tells its log nothing of what was sent',
    request,
    async (sent) => {
      at.events.length = 0
      await sentBy(at, sent)
      return at.events.every((event) => !JSON.stringify({ ...event, requestId: undefined }).includes(marker))
    },
    500
  )
})
