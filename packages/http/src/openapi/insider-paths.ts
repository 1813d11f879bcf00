/** The operations of Insider's dialect. */
import { idempotencyKey, json, anyOf, type Operation, operation, parameter, ref, type Schema } from './parts.ts'

const partnerHeader = parameter('header', 'X-PARTNER-NAME', {
  required: true,
  description: 'The partner, in lower case',
  example: 'mybrand'
})

const message = (description: string): Schema => ({ description, content: json(ref('InsiderMessage')) })
const error = (description: string): Schema => ({ description, content: json(ref('InsiderError')) })

const retried = (answer: Schema): Schema => ({
  ...answer,
  headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } }
})

const refusals: Schema = {
  400: {
    description:
      'The partner is invalid or the body is not JSON (`{success, message}`); or the body is too large, has another content type, no `users`, or too many, or its single user is rejected (`{error}`).',
    content: json(anyOf(ref('InsiderMessage'), ref('InsiderError')))
  },
  403: message('The token does not belong to the partner.'),
  408: error('The body ended early, or came too slowly.'),
  429: retried(error('Too many requests of the partner within the minute, or at work.')),
  500: message('An unknown error.'),
  503: retried(message('The store is busy, or too many requests are at work; nothing was done.'))
}

const keyRefusals: Schema = { 422: error('The idempotency key belongs to another request.') }

const missing: Schema = { 404: error('The user does not exist.') }
const empty: Schema = { description: 'Done.', content: json(ref('Empty'), {}) }
const emptyOrWarnings: Schema = { description: 'Done.', content: json(ref('InsiderWarnings'), {}) }

const identifiers = { email: 'ada@example.org' }

interface Call extends Omit<Operation, 'body' | 'curl'> {
  readonly path: string
  readonly method: 'post' | 'patch' | 'delete'
  readonly codec: string
  readonly example: unknown
  readonly kind: 'read' | 'change'
}

const call = ({ path, method, codec, example, kind, parameters = [], answers, ...rest }: Call): Schema => {
  const isChange = kind === 'change'
  return {
    [method]: operation(
      {
        ...rest,
        parameters: [partnerHeader, ...(isChange ? [idempotencyKey] : []), ...parameters],
        body: json(ref(codec), example),
        answers: { ...answers, ...refusals, ...(isChange && keyRefusals) },
        curl: `-X ${method.toUpperCase()} URL${path} -H 'X-PARTNER-NAME: mybrand' -H 'X-REQUEST-TOKEN: YOUR_TOKEN' -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'`
      },
      { tag: 'Insider', security: [{ requestToken: [] }] }
    )
  }
}

const calls: ReadonlyArray<Call> = [
  {
    id: 'upsertUsers',
    summary: 'Create users, or change their attributes',
    path: '/api/user/v1/upsert',
    method: 'post',
    codec: 'UpsertBody',
    example: { users: [{ identifiers, attributes: { city: 'Paris', tags: ['a', 'b'] } }] },
    kind: 'change',
    answers: {
      200: {
        description: 'The outcome for the users.',
        content: json(ref('InsiderReport'), { data: { successful: { count: 1 }, fail: {} } })
      }
    }
  },
  {
    id: 'deleteAttributes',
    summary: 'Delete attributes, or values of array attributes',
    path: '/api/user/v1/attribute/delete',
    method: 'post',
    codec: 'AttributeDeleteBody',
    example: { users: [{ identifiers, whole: ['city'], partial: { tags: ['a'] } }] },
    kind: 'change',
    answers: {
      200: {
        description:
          '`{}`, or the report if a user failed, there are warnings, or `Prefer: return=representation` asks for it.',
        content: json(anyOf(ref('Empty'), ref('InsiderReport')), {})
      }
    }
  },
  {
    id: 'replaceIdentifier',
    summary: 'Give a user a new value for one identifier',
    path: '/api/user/v1/identity',
    method: 'patch',
    codec: 'IdentityPatchBody',
    example: { old_identifier: identifiers, new_identifier: { email: 'ada.l@example.org' } },
    kind: 'change',
    answers: { 200: emptyOrWarnings, ...missing }
  },
  {
    id: 'deleteIdentifiers',
    summary: 'Delete identifiers of a user, never the sole one',
    path: '/api/user/v1/identity',
    method: 'delete',
    codec: 'IdentityDeleteBody',
    example: { identifiers: { ...identifiers, phone_number: '+33639980102' } },
    kind: 'change',
    answers: { 200: emptyOrWarnings }
  },
  {
    id: 'deleteUser',
    summary: 'Delete a user, with everything attached',
    path: '/api/user/v1/delete',
    method: 'post',
    codec: 'IdentityBody',
    example: { identifiers },
    kind: 'change',
    answers: { 200: emptyOrWarnings }
  },
  {
    id: 'getUser',
    summary: 'Get attributes of a user',
    path: '/api/user/v1/profile',
    method: 'post',
    codec: 'ProfileBody',
    example: { identifiers, attributes: ['*'] },
    kind: 'read',
    answers: {
      200: {
        description: 'The user.',
        content: json(ref('InsiderProfile'), {
          attributes: { email: 'ada@example.org', city: 'Paris', iid: '019ad000-0000-7000-8000-000000000000' },
          events: {}
        })
      },
      ...missing
    }
  },
  ...(['user', 'contact'] as const).map(
    (name): Call => ({
      id: name === 'user' ? 'anonymiseUser' : 'anonymiseContact',
      summary: 'Delete the personal attributes and identifiers of a user',
      path: `/api/${name}/v1/anonymize`,
      method: 'post',
      codec: 'IdentityBody',
      example: { identifiers },
      kind: 'change',
      answers: { 200: emptyOrWarnings, ...missing }
    })
  ),
  {
    id: 'listColumns',
    summary: 'List attributes',
    path: '/api/user/v3/metadata/columns',
    method: 'post',
    codec: 'ColumnsBody',
    example: { table: 'contacts' },
    kind: 'read',
    answers: {
      200: {
        description: 'The attributes; none for `events`.',
        headers: {
          'X-Incomplete': {
            description: 'The number of users that were read, if there are more.',
            schema: { type: 'integer' }
          }
        },
        content: json(ref('InsiderColumns'), [{ key: 'city', display_name: 'City', type: 'String' }])
      }
    }
  }
]

/** The paths of Insider's dialect; calls on one path stand together. */
export const insiderPaths: Schema = Object.fromEntries(
  [...new Set(calls.map(({ path }) => path))].map((path) => [
    path,
    Object.assign({}, ...calls.filter((each) => each.path === path).map(call)) as Schema
  ])
)

export const emptyAnswer: Schema = empty
