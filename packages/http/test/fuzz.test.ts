/**
 * Malformed and hostile requests. Each must get an answer that the OpenAPI document describes, without a stack trace and
 * without a sent value. `USERPOINT_RUNS` multiplies their number; the check `fuzz` sends 100,000.
 */
import { Buffer } from 'node:buffer'
import { anything, documentText, insiderRequest, jsonObject, text } from '@userpoint/conformance/arbitraries'
import { documentTypes } from '@userpoint/core/mediarithmics'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe } from 'vitest'
import { law } from '../../core/test/laws/law.ts'
import { openApiDocument } from '../src/index.ts'
import { withOneSelector } from '../src/mediarithmics/selector-path.ts'
import { asking, type Asked, ended, importBody, token, upload, upsertLine } from './asking.ts'

// Long enough not to appear by chance.
const marker = 'zzqx-personal-value'

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | undefined
}

const at = asking({ limits: { idleMilliseconds: 1_000, requestsPerMinute: 1_000_000 } })
await at.handler.resume()

// The initial state: a document import of each type, and an execution with a rejected line.
const imports: string[] = []
for (const type of documentTypes) {
  const created = await at.on('POST', 'document_imports', importBody(type))
  imports.push(String((created.json.data as { id: string }).id))
}
const execution = await upload(at, 'USER_PROFILE', `${upsertLine('a', {})}{"operation":"${marker}"}\n`)
await ended(at, execution)
const [, executed = '', , executionId = ''] = execution.split('/')

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
      executed,
      executionId,
      ...imports,
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

const documents = ['user_profiles', 'user_segments', 'user_scenarios', 'user_choices', 'user_identifiers', marker]
const items = ['compartment_id=1', `segment_id=${marker}`, `scenario_id=${marker}`, `processing_id=${marker}`, marker]

/** The values of a path's parameters. */
const parameters: Readonly<Record<string, ReadonlyArray<string>>> = {
  datamart: [...Array<string>(18).fill('1162'), '7', marker],
  import: [executed, executed, ...imports, '1', marker],
  execution: [executionId, executionId, '1', marker],
  selector: ['email_hash=a', `email_hash=${marker}`, `user_account_id=${marker}`, marker],
  document: documents,
  item: items,
  account: [`user_account_id=${marker}`, 'user_account_id=', marker]
}

const pathOf = (template: string): fc.Arbitrary<string> =>
  fc
    .tuple(...template.split('/').map((part) => fc.constantFrom(...(parameters[part.slice(1, -1)] ?? [part]))))
    .map((parts) => parts.join('/'))

const routes = fc.constantFrom(...Object.keys(openApiDocument.paths as object)).chain(pathOf)

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

/** Replaces every text of the JSON except field names by personal data. */
const marked = (json: string): string => json.replaceAll(/"(?:[^"\\]|\\.)*"(?!\s*:)/g, `"${marker}@example.org"`)

const asItIsOrMarked = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(texts, texts.map(marked))

const documentTexts = asItIsOrMarked(
  fc.constantFrom(...documentTypes).chain((type) => documentText(type, { maxLength: 5 }))
)

const insiderBody = asItIsOrMarked(insiderRequest().map(({ body: asked }) => JSON.stringify(asked)))

const isUserCall = (template: string): boolean => template.startsWith('/api/')
const isUpload = (template: string): boolean => template.endsWith('/executions')

const deep = fc.integer({ min: 1, max: 3_000 }).map((depth) => `{"users":${'['.repeat(depth)}${']'.repeat(depth)}}`)

const body: fc.Arbitrary<string | Uint8Array | undefined> = fc.oneof(
  fc.constant(undefined),
  jsonText,
  documentTexts,
  insiderBody,
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
    'content-encoding': fc.constantFrom('identity', 'gzip', marker),
    'content-length': fc.constantFrom('0', '-1', '99999999999999', 'NaN'),
    prefer: fc.constantFrom('return=representation', marker),
    'x-request-id': fc.constantFrom('12345678', marker.repeat(10))
  },
  { requiredKeys: ['authorization', 'content-type', 'x-partner-name', 'x-request-token'] }
)

const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema({ $id: 'interface', components: openApiDocument.components })

interface Operation {
  readonly template: string
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
            template,
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

const wild: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW'),
  path,
  headers,
  body
})

/** Requests that pass the first checks and reach the data of a person. */
const admitted: fc.Arbitrary<Sent> = fc.constantFrom(...operations).chain(({ template, method }) =>
  fc.record({
    method: fc.constant(method),
    path: pathOf(template),
    headers: fc.record(
      {
        authorization: fc.constant(token),
        'x-partner-name': fc.constant('mybrand'),
        'x-request-token': fc.constant(token),
        'content-type': fc.constant(isUpload(template) ? 'application/x-ndjson' : 'application/json'),
        prefer: fc.constant('return=representation')
      },
      { requiredKeys: ['authorization', 'content-type', 'x-partner-name', 'x-request-token'] }
    ),
    body: fc.oneof(
      { weight: 4, arbitrary: isUserCall(template) ? insiderBody : isUpload(template) ? documentTexts : body },
      body
    )
  })
)

const request = fc.oneof({ weight: 3, arbitrary: admitted }, wild)

/** Returns `true` if the OpenAPI document describes this answer. */
const isDescribed = ({ method, path: asked }: Sent, { status, json }: Asked): boolean => {
  const pathname = withOneSelector(new URL(`http://localhost${asked}`).pathname)
  const operation = operations.find((each) => each.method === method && each.path.test(pathname))
  // A path without an operation is 404, one without this method 405, and OPTIONS names the methods.
  const isPath = operations.some((each) => each.path.test(pathname))
  if (operation === undefined)
    return (
      status === (isPath ? (method === 'OPTIONS' ? 204 : 405) : 404) ||
      method === 'HEAD' ||
      /\/(docs|openapi\.json)$/.test(pathname)
    )
  if (!operation.statuses.has(`${status}`)) return false
  return operation.statuses.get(`${status}`)?.(json) ?? true
}

const sentBy = async ({ method, path: asked, headers: sent, body: content }: Sent): Promise<Asked> =>
  at.ask(method, asked, {
    headers: Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, value.toWellFormed()])),
    ...(content !== undefined &&
      method !== 'GET' &&
      method !== 'HEAD' && { body: typeof content === 'string' ? Buffer.from(content) : content })
  })

/** Returns `true` if the answer reveals no sent value and no internals. Reading a user may return that user's data. */
const isDiscreet = ({ method, path: asked }: Sent, { status, text: said, headers: sent }: Asked): boolean => {
  if (/node_modules|\.ts:\d|\.js:\d|at Object\.|\n {4}at /.test(said)) return false
  const givesBack =
    status === 200 &&
    /user_(points|identifiers|profiles|segments|timelines)|profile|document_imports(?!.*\/executions)/.test(asked) &&
    ['GET', 'POST', 'PUT', 'DELETE'].includes(method)
  return JSON.stringify([...sent]).includes(marker) ? false : givesBack || !said.includes(marker)
}

// Slow: thousands of requests, each checked against the description.
describe('a handler that receives arbitrary requests', () => {
  law(
    'gives an answer that its description knows, without a stack, and says what was sent neither in it nor in its log',
    request,
    async (sent) => {
      const answer = await sentBy(sent)
      const isWhole = ({} as { polluted?: unknown }).polluted === undefined
      // These include executions of the earlier requests.
      const told = JSON.stringify(at.events.splice(0))
      const isSilent = !told.includes(marker) && !told.includes(token)
      return isWhole && isSilent && answer.status < 500 && isDiscreet(sent, answer) && isDescribed(sent, answer)
    },
    10_000
  )
})
