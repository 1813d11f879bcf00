/**
 * The handler's interface as an OpenAPI 3.1 document, derived where possible from the code that the handler runs: the
 * document types, codes and bounds of core, and the codecs of this package.
 */
import { rejectionMessages } from '@userpoint/core'
import { defaultIdentitySettings, maxUsersPerRequest } from '@userpoint/core/insider'
import { documentTypes } from '@userpoint/core/mediarithmics'
import { z } from 'zod'
import { maxRequestBytes } from './insider/limits.ts'
import { documentImportBody } from './mediarithmics/document-import.ts'
import { problems } from './mediarithmics/envelope.ts'

type Schema = Readonly<Record<string, unknown>>

const text = (description?: string): Schema => ({ type: 'string', ...(description !== undefined && { description }) })
const count: Schema = { type: 'integer', minimum: 0 }
const anyObject: Schema = { type: 'object', additionalProperties: true }
const object = (properties: Schema, required: ReadonlyArray<string> = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required })
})
const listOf = (items: Schema): Schema => ({ type: 'array', items })
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: Schema): Schema => ({ 'application/json': { schema } })

const ok = (data: Schema): Schema => ({
  description: 'Done.',
  content: json(object({ status: { const: 'ok' }, data }, ['status', 'data']))
})
const page = (items: Schema): Schema => ({
  description: 'A page of the list.',
  content: json(
    object(
      {
        status: { const: 'ok' },
        data: listOf(items),
        count,
        total: count,
        first_result: count,
        max_results: count
      },
      ['status', 'data', 'count']
    )
  )
})

const problem = (status: number): Schema => {
  const codes = Object.entries(problems).filter(([, [each]]) => each === status)
  return {
    description: codes.map(([code, [, message]]) => `${code}: ${message}.`).join(' '),
    content: json(ref('Problem'))
  }
}

const problemsOf = (...statuses: ReadonlyArray<number>): Schema =>
  Object.fromEntries([401, 403, ...statuses].map((status) => [status, problem(status)]))

const pathParameter = (name: string, description: string): Schema => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' }
})
const datamart = pathParameter('datamart', 'The id of the datamart that the token opens.')
const documentImport = pathParameter('import', 'The id of a document import.')
const execution = pathParameter('execution', 'The id of an execution.')
const selector = pathParameter(
  'selector',
  'The user point: an id, `user_point_id=…`, `user_agent_id=…`, `email_hash=…`, `compartment_id=…,user_account_id=…` or `user_account_id=…`, percent-encoded.'
)
const document: Schema = {
  ...pathParameter('document', 'The kind of document of the user point.'),
  schema: {
    enum: ['user_identifiers', 'user_profiles', 'user_segments', 'user_scenarios', 'user_choices', 'user_activities']
  }
}
const item = pathParameter(
  'item',
  '`compartment_id=…` (optionally followed by `/user_account_id=…`), `segment_id=…`, `segment_technical_name=…`, `scenario_id=…` or `processing_id=…`.'
)
const account = pathParameter('account', '`user_account_id=…`: the account of the profile.')
const paging: ReadonlyArray<Schema> = ['first_result', 'max_results'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'integer', minimum: 0 }
}))
const query = (name: string, description: string): Schema => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string', enum: ['true', 'false'] }
})

const mediarithmics = (summary: string, rest: Schema): Schema => ({
  tags: ['mediarithmics'],
  summary,
  security: [{ token: [] }],
  ...rest
})

const userPointPath = [datamart, selector]
const itemPath = [...userPointPath, document, item]

const onItem = (parameters: ReadonlyArray<Schema>): Schema => ({
  parameters,
  get: mediarithmics('Get one document of a user point', {
    responses: { 200: ok(anyObject), ...problemsOf(400, 404, 503) }
  }),
  put: mediarithmics('Put a profile, segment, scenario or choice', {
    parameters: [
      query('force_replace', '`false`: the profile is merged into the existing one instead of replacing it.'),
      query('merge_objects', '`true`, with `force_replace=false`: nested objects and arrays are merged too.')
    ],
    requestBody: { required: true, content: json(anyObject) },
    responses: { 200: ok(ref('Done')), ...problemsOf(400, 404, 408, 413, 415, 503) }
  }),
  delete: mediarithmics('Delete a profile, segment, scenario or choice', {
    responses: { 200: ok(ref('Done')), ...problemsOf(400, 404, 503) }
  })
})

const cancelation = mediarithmics('Cancel an execution; lines that are already applied stay applied', {
  requestBody: { required: true, content: json(object({ action: { const: 'CANCEL' } }, ['action'])) },
  responses: { 200: ok(ref('Execution')), ...problemsOf(400, 404, 408, 409, 413, 415, 503) }
})

const partnerHeaders: ReadonlyArray<Schema> = [
  { name: 'X-PARTNER-NAME', in: 'header', required: true, description: 'In lower case.', schema: { type: 'string' } }
]

const successMessage = (description: string): Schema => ({ description, content: json(ref('InsiderMessage')) })
const errorText = (description: string): Schema => ({ description, content: json(ref('InsiderError')) })

const insiderRefusals = {
  400: {
    description:
      'The partner is invalid or the body is not JSON (`{success, message}`); or the body is too large, has another content type, no `users`, or too many, or its single user is rejected (`{error}`).',
    content: json({ anyOf: [ref('InsiderMessage'), ref('InsiderError')] })
  },
  403: successMessage('The token does not belong to the partner.'),
  500: successMessage('An unknown error.')
}

const insider = (summary: string, body: Schema, responses: Schema): Schema => ({
  tags: ['Insider'],
  summary,
  security: [{ requestToken: [] }],
  parameters: partnerHeaders,
  requestBody: { required: true, content: json(body) },
  responses: { ...responses, ...insiderRefusals }
})

const tooMany = {
  429: {
    ...errorText('Too many requests within the minute.'),
    headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } }
  }
}
const unknownUser = { 404: errorText('The user does not exist.') }
const messages = { type: 'object', additionalProperties: listOf(text()) }
const empty = { description: 'Done.', content: json(object({})) }
const emptyOrWarnings = { description: 'Done.', content: json(object({ data: object({ warnings: messages }) })) }
const report = { description: 'The outcome for the users.', content: json(ref('InsiderReport')) }
const users = (user: Schema, others: Schema = {}): Schema =>
  object({ users: { ...listOf(user), maxItems: maxUsersPerRequest }, ...others }, ['users'])

const names = defaultIdentitySettings.identifiers.map(({ name }) => name)
const identifiers = object({
  ...Object.fromEntries(names.map((name) => [name, text()])),
  custom: { type: 'object', additionalProperties: { type: 'string' } }
})
const identity = { identifiers, insider_id: text() }
const anonymise = insider('Delete the personal attributes and identifiers of a user', object(identity), {
  200: emptyOrWarnings,
  ...unknownUser
})
const values = { type: 'object', additionalProperties: { type: 'array' } }
const { $schema: _, ...documentImportSchema } = z.toJSONSchema(documentImportBody, { io: 'input' })

/** The handler's interface, as OpenAPI 3.1; `/openapi.json` serves it. */
export const openApiDocument: Readonly<Record<string, unknown>> = {
  openapi: '3.1.0',
  info: {
    title: 'userpoint',
    version: '1',
    description:
      'The HTTP interfaces of mediarithmics (document imports, user points) and of Insider (users), over one store.'
  },
  tags: [{ name: 'mediarithmics' }, { name: 'Insider' }, { name: 'operations' }],
  paths: {
    '/v1/datamarts/{datamart}/document_imports': {
      parameters: [datamart],
      post: mediarithmics('Create a document import', {
        requestBody: { required: true, content: json(documentImportSchema) },
        responses: { 200: ok(ref('DocumentImport')), ...problemsOf(400, 408, 413, 415) }
      }),
      get: mediarithmics('List document imports', {
        parameters: paging,
        responses: { 200: page(ref('DocumentImport')), ...problemsOf(400) }
      })
    },
    '/v1/datamarts/{datamart}/document_imports/{import}': {
      parameters: [datamart, documentImport],
      get: mediarithmics('Get a document import', { responses: { 200: ok(ref('DocumentImport')), ...problemsOf(404) } })
    },
    '/v1/datamarts/{datamart}/document_imports/{import}/executions': {
      parameters: [datamart, documentImport],
      post: mediarithmics('Upload a file, which is applied in the background', {
        requestBody: {
          required: true,
          content: {
            'application/x-ndjson': {
              schema: text(
                `Commands, one JSON object a line, of the document import’s type (${documentTypes.join(', ')}).`
              )
            }
          }
        },
        responses: { 200: ok(ref('Execution')), ...problemsOf(404, 408, 413, 415, 503) }
      }),
      get: mediarithmics('List the executions of a document import', {
        parameters: paging,
        responses: { 200: page(ref('Execution')), ...problemsOf(400, 404, 503) }
      })
    },
    '/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}': {
      parameters: [datamart, documentImport, execution],
      get: mediarithmics('Get an execution', { responses: { 200: ok(ref('Execution')), ...problemsOf(404, 503) } })
    },
    '/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}/actions': {
      parameters: [datamart, documentImport, execution],
      put: cancelation,
      post: cancelation
    },
    '/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}/errors': {
      parameters: [datamart, documentImport, execution],
      get: mediarithmics('Download the error file: one line of JSON for each rejected command', {
        responses: {
          200: { description: 'The error file.', content: { 'application/x-ndjson': { schema: ref('RejectedLine') } } },
          ...problemsOf(404, 409)
        }
      })
    },
    '/v1/datamarts/{datamart}/user_points/{selector}': {
      parameters: userPointPath,
      get: mediarithmics('Get a user point', { responses: { 200: ok(anyObject), ...problemsOf(400, 404, 503) } }),
      delete: mediarithmics('Delete a user point, with everything attached to it', {
        responses: { 200: ok(ref('Done')), ...problemsOf(400, 404, 503) }
      })
    },
    '/v1/datamarts/{datamart}/user_points/{selector}/{document}': {
      parameters: [...userPointPath, document],
      get: mediarithmics('List documents of a user point', {
        parameters: paging,
        responses: { 200: page(anyObject), ...problemsOf(400, 404, 503) }
      })
    },
    '/v1/datamarts/{datamart}/user_points/{selector}/{document}/{item}': onItem(itemPath),
    '/v1/datamarts/{datamart}/user_points/{selector}/{document}/{item}/{account}': onItem([...itemPath, account]),
    '/api/user/v1/upsert': {
      post: insider(
        'Create users, or change their attributes',
        users(
          object({
            ...identity,
            attributes: anyObject,
            events: listOf(anyObject),
            append: { type: 'boolean' },
            not_append: { type: 'boolean' }
          }),
          { not_append: { type: 'boolean' } }
        ),
        { 200: report, ...tooMany }
      )
    },
    '/api/user/v1/attribute/delete': {
      post: insider(
        'Delete attributes, or values of array attributes',
        users(
          object({
            ...identity,
            whole: listOf(text()),
            partial: values,
            custom: object({ whole: listOf(text()), partial: values })
          })
        ),
        {
          200: {
            description:
              '`{}`, or the report if a user failed, there are warnings, or `Prefer: return=representation` asks for it.',
            content: json({ anyOf: [object({}), ref('InsiderReport')] })
          },
          ...tooMany
        }
      )
    },
    '/api/user/v1/identity': {
      patch: insider(
        'Give a user a new value for one identifier',
        object({ old_identifier: identifiers, new_identifier: identifiers }, ['old_identifier', 'new_identifier']),
        { 200: empty, ...unknownUser }
      ),
      delete: insider('Delete identifiers of a user, never the sole one', object({ identifiers }, ['identifiers']), {
        200: empty
      })
    },
    '/api/user/v1/delete': {
      post: insider('Delete a user, with everything attached', object(identity), { 200: emptyOrWarnings })
    },
    '/api/user/v1/profile': {
      post: insider(
        'Get attributes of a user',
        object({ ...identity, attributes: listOf(text()), events: anyObject, quota: { type: ['boolean', 'number'] } }),
        {
          200: {
            description: 'The user.',
            content: json(
              object(
                {
                  attributes: object({ iid: text('The id of the user.') }, ['iid']),
                  events: object({}),
                  quota: object({ cost: { type: 'number' }, used: { type: 'number' }, total: { type: 'number' } }),
                  warnings: messages
                },
                ['attributes', 'events']
              )
            )
          },
          ...unknownUser
        }
      )
    },
    '/api/user/v1/anonymize': { post: anonymise },
    '/api/contact/v1/anonymize': { post: anonymise },
    '/api/user/v3/metadata/columns': {
      post: insider('List attributes', object({ table: { enum: ['contacts', 'events'] } }, ['table']), {
        200: {
          description: 'The attributes; none for `events`.',
          headers: {
            'X-Incomplete': {
              description: 'The number of users that were read, if there are more.',
              schema: { type: 'integer' }
            }
          },
          content: json(
            listOf(object({ key: text(), display_name: text(), type: text() }, ['key', 'display_name', 'type']))
          )
        }
      })
    },
    '/healthz': {
      get: { tags: ['operations'], summary: 'Whether requests are answered', responses: { 200: empty } }
    },
    '/metrics': {
      get: {
        tags: ['operations'],
        summary: 'Counters for Prometheus, if the handler has metrics',
        responses: {
          200: { description: 'The counters.', content: { 'text/plain': { schema: text() } } },
          404: problem(404)
        }
      }
    }
  },
  components: {
    securitySchemes: {
      token: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description: 'The token, alone or after `api:` or `Bearer `.'
      },
      requestToken: { type: 'apiKey', in: 'header', name: 'X-REQUEST-TOKEN' }
    },
    schemas: {
      Problem: object(
        {
          status: { const: 'error' },
          error: text('The problem as a sentence.'),
          error_id: text('The id of the request, also in the log.'),
          error_code: { enum: Object.keys(problems) }
        },
        ['status', 'error', 'error_id', 'error_code']
      ),
      Done: object({ verdict: { enum: ['applied', 'no_op'] } }, ['verdict']),
      DocumentImport: object({
        id: text(),
        datamart_id: text(),
        document_type: { enum: documentTypes },
        mime_type: text(),
        encoding: text(),
        name: text(),
        priority: text(),
        creation_date: count
      }),
      Execution: object({
        id: text(),
        status: { enum: ['PENDING', 'RUNNING', 'EXECUTOR_NOT_RESPONDING', 'SUCCEEDED', 'FAILED', 'CANCELED'] },
        creation_date: count,
        start_date: count,
        duration: count,
        external_model_name: text(),
        parameters: anyObject,
        result: object({
          total_success: count,
          total_failure: count,
          total_noop: count,
          error_file_uri: text('Only if lines were rejected.')
        }),
        error: object({ message: text() })
      }),
      RejectedLine: object({
        index: count,
        line: { type: 'integer', minimum: 1 },
        code: { enum: Object.keys(rejectionMessages) },
        path: text(),
        message: text()
      }),
      InsiderMessage: object({ success: { const: false }, message: text() }, ['success', 'message']),
      InsiderError: object({ error: text() }, ['error']),
      InsiderReport: object({
        data: object({
          successful: object({ count }),
          fail: object({ count, errors: messages }),
          warnings: messages
        })
      })
    }
  },
  'x-limits': { insider_request_bytes: maxRequestBytes, insider_users_per_request: maxUsersPerRequest }
}
