/** The operations of mediarithmics' dialect. */
import { documentTypes } from '@userpoint/core/mediarithmics'
import { problems } from '../mediarithmics/envelope.ts'
import {
  anyOf,
  count,
  idempotencyKey,
  json,
  listOf,
  object,
  type Operation,
  operation,
  parameter,
  ref,
  type Schema,
  text
} from './parts.ts'

const mediarithmics = (described: Operation): Schema =>
  operation(described, { tag: 'mediarithmics', security: [{ token: [] }] })

const ok = (data: Schema, example: unknown, beside: Schema = {}): Schema => ({
  description: 'Done.',
  content: json(object({ status: { const: 'ok' }, data, ...beside }, ['status', 'data', ...Object.keys(beside)]), {
    status: 'ok',
    data: example,
    ...(beside.verdict !== undefined && { verdict: 'applied' }),
    ...(beside.warnings !== undefined && { warnings: [{ code: 'ACTIVITY_NOT_KEPT', message: 'not kept' }] })
  })
})

const page = (items: Schema, example: unknown): Schema => ({
  description: 'A page of the list.',
  content: json(
    object(
      { status: { const: 'ok' }, data: listOf(items), count, total: count, first_result: count, max_results: count },
      ['status', 'data', 'count', 'total', 'first_result', 'max_results']
    ),
    { status: 'ok', data: [example], count: 1, total: 1, first_result: 0, max_results: 50 }
  )
})

const problem = (status: number): Schema => {
  const codes = Object.entries(problems).filter(([, [each]]) => each === status)
  return {
    description: codes.map(([code, [, message]]) => `${code}: ${message}.`).join(' '),
    content: json(ref('Problem'))
  }
}

/** Returns the answers of an operation: those of success, and the problems that it may have. */
const answers = (success: Schema, ...statuses: ReadonlyArray<number>): Schema => ({
  200: success,
  ...Object.fromEntries([401, 403, ...statuses].map((status) => [status, problem(status)]))
})

const bodyProblems = [400, 408, 413, 415] as const

const datamart = parameter('path', 'datamart', {
  description: 'The id of the datamart that the token opens',
  example: '1162'
})
const documentImport = parameter('path', 'import', {
  description: 'The id of a document import',
  example: '1764450000000000'
})
const execution = parameter('path', 'execution', { description: 'The id of an execution', example: '1764450000000001' })
const selector = parameter('path', 'selector', {
  description:
    'The user point: an id, `user_point_id=…`, `user_agent_id=…`, `email_hash=…`, `compartment_id=…,user_account_id=…` (a slash may stand for the comma) or `user_account_id=…`, percent-encoded.',
  example: 'email_hash=a1b2'
})
const kinds = [
  'user_identifiers',
  'user_profiles',
  'user_segments',
  'user_scenarios',
  'user_choices',
  'user_activities'
]
const document = parameter('path', 'document', {
  description: 'The kind of document of the user point',
  schema: { enum: kinds },
  example: 'user_profiles'
})
const item = parameter('path', 'item', {
  description:
    '`compartment_id=…` (optionally followed by `/user_account_id=…`), `segment_id=…`, `segment_technical_name=…`, `scenario_id=…` or `processing_id=…`.',
  example: 'compartment_id=1000'
})
const account = parameter('path', 'account', {
  description: '`user_account_id=…`: the account of the profile.',
  example: 'user_account_id=crm-7'
})
const paging: ReadonlyArray<Schema> = ['first_result', 'max_results'].map((name) =>
  parameter('query', name, { schema: { type: 'integer', minimum: 0 } })
)
const flag = (name: string, description: string): Schema =>
  parameter('query', name, { description, schema: { type: 'string', enum: ['true', 'false'] } })

const importExample = {
  id: '1764450000000000',
  datamart_id: '1162',
  datafarm_key: 'userpoint',
  document_type: 'USER_PROFILE',
  mime_type: 'APPLICATION_X_NDJSON',
  encoding: 'utf-8',
  name: 'nightly',
  priority: 'MEDIUM',
  creation_date: 1_764_450_000_000
}
const executionExample = {
  id: '1764450000000001',
  status: 'PENDING',
  creation_date: 1_764_450_000_000,
  external_model_name: 'PUBLIC_DOCUMENT_IMPORT',
  parameters: {
    datamart_id: 1162,
    document_import_id: 1_764_450_000_000_000,
    document_type: 'USER_PROFILE',
    total_success: 0,
    total_failure: 0
  }
}
const profileExample = {
  $compartment_id: '1000',
  $creation_ts: 1_764_450_000_000,
  $last_modified_ts: 1_764_450_000_000,
  city: 'Paris'
}
const userPointExample = {
  user_point_id: '019ad000-0000-7000-8000-000000000000',
  identifiers: [{ type: 'USER_EMAIL', hash: 'a1b2' }],
  profiles: [profileExample]
}
const identifierExample = { type: 'USER_EMAIL', hash: 'a1b2', providers: [], creation_ts: 1_764_450_000_000 }
const segmentExample = { segment_id: '12', creation_ts: 1_764_450_000_000, last_modified_ts: 1_764_450_000_000 }

const itemSchema = anyOf(ref('Profile'), ref('Segment'), ref('Scenario'), ref('Choice'))
const verdict: Schema = { verdict: { enum: ['applied', 'no_op'] } }
const lines = (name: string): Schema => ({
  description: 'The file: one line of JSON each.',
  content: { 'application/x-ndjson': { schema: ref(name) } }
})

const token = "-H 'Authorization: YOUR_TOKEN'"
const jsonBody = (body: unknown): string => `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`
const base = 'URL/v1/datamarts/1162'

const { id: _, datamart_id: __, datafarm_key: ___, creation_date: ____, ...importBodyExample } = importExample
const lineExample = '{"operation":"UPSERT","email_hash":"a1b2","force_replace":true,"user_profile":{"city":"Paris"}}\n'

const cancelation = (id: string): Schema =>
  mediarithmics({
    id,
    summary: 'Cancel an execution; lines that are already applied stay applied',
    body: json(object({ action: { const: 'CANCEL' } }, ['action']), { action: 'CANCEL' }),
    answers: answers(ok(ref('Execution'), { ...executionExample, status: 'CANCELED' }), 404, 409, 503, ...bodyProblems)
  })

const onItem = (name: string, parameters: ReadonlyArray<Schema>): Schema => ({
  parameters,
  get: mediarithmics({
    id: `get${name}`,
    summary: 'Get one document of a user point',
    answers: answers(ok(itemSchema, profileExample), 400, 404, 503)
  }),
  put: mediarithmics({
    id: `put${name}`,
    summary: 'Put a profile, segment, scenario or choice',
    description: 'The answer is what the same path reads. A body that contradicts the path is 400.',
    parameters: [
      flag('force_replace', '`false`: the profile is merged into the existing one instead of replacing it.'),
      flag('merge_objects', '`true`, with `force_replace=false`: nested objects and arrays are merged too.')
    ],
    body: json(ref('Properties'), { city: 'Paris' }),
    answers: answers(ok(anyOf(itemSchema, ref('DocumentKey')), profileExample, verdict), 404, 503, ...bodyProblems)
  }),
  delete: mediarithmics({
    id: `delete${name}`,
    summary: 'Delete a profile, segment, scenario or choice',
    answers: answers(ok(ref('Done'), { verdict: 'applied' }), 400, 404, 503)
  })
})

const importPaths: Schema = {
  '/v1/datamarts/{datamart}/document_imports': {
    parameters: [datamart],
    post: mediarithmics({
      id: 'createDocumentImport',
      summary: 'Create a document import',
      body: json(ref('DocumentImportBody'), importBodyExample),
      answers: answers(ok(ref('DocumentImport'), importExample), ...bodyProblems),
      curl: `-X POST ${base}/document_imports ${token} ${jsonBody(importBodyExample)}`
    }),
    get: mediarithmics({
      id: 'listDocumentImports',
      summary: 'List document imports',
      parameters: [
        ...paging,
        parameter('query', 'keywords', { description: 'Only those whose name has these words, in any case' })
      ],
      answers: answers(page(ref('DocumentImport'), importExample), 400)
    })
  },
  '/v1/datamarts/{datamart}/document_imports/{import}': {
    parameters: [datamart, documentImport],
    get: mediarithmics({
      id: 'getDocumentImport',
      summary: 'Get a document import',
      answers: answers(ok(ref('DocumentImport'), importExample), 404)
    }),
    put: mediarithmics({
      id: 'changeDocumentImport',
      summary: 'Change the name or the priority of a document import',
      body: json(ref('DocumentImportChange'), { name: 'nightly, second try' }),
      answers: answers(ok(ref('DocumentImport'), importExample), 404, ...bodyProblems)
    }),
    delete: mediarithmics({
      id: 'deleteDocumentImport',
      summary: 'Delete a document import with its executions and their files; what they applied stays',
      answers: answers(ok(ref('DocumentImport'), importExample), 404, 409)
    })
  },
  '/v1/datamarts/{datamart}/document_imports/{import}/executions': {
    parameters: [datamart, documentImport],
    post: mediarithmics({
      id: 'upload',
      summary: 'Upload a file, which is applied in the background',
      parameters: [
        parameter('query', 'verdicts', {
          description: '`all`: keep the verdict on every line, and not only on the rejected ones.',
          schema: { type: 'string', enum: ['all'] }
        }),
        idempotencyKey
      ],
      body: {
        'application/x-ndjson': {
          schema: text(
            `Commands, one JSON object a line, of the document import’s type (${documentTypes.join(', ')}).`
          ),
          example: lineExample
        },
        'text/csv': {
          schema: text('For `TEXT_CSV`: the first record names the fields.'),
          example: 'operation,email_hash,segment_id,expiration_duration\nUPDATE,a1b2,12,0\n'
        },
        'multipart/form-data': {
          schema: object({ file: { type: 'string', contentMediaType: 'application/octet-stream' } }, ['file'])
        }
      },
      answers: answers(ok(ref('Execution'), executionExample), 404, 409, 422, 503, ...bodyProblems),
      curl: `-X POST ${base}/document_imports/$IMPORT/executions ${token} -H 'Content-Type: application/x-ndjson' -H 'Idempotency-Key: nightly-1' --data-binary @people.ndjson`
    }),
    get: mediarithmics({
      id: 'listExecutions',
      summary: 'List the executions of a document import',
      parameters: paging,
      answers: answers(page(ref('Execution'), executionExample), 400, 404, 503)
    })
  },
  '/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}': {
    parameters: [datamart, documentImport, execution],
    get: mediarithmics({
      id: 'getExecution',
      summary: 'Get an execution',
      answers: answers(ok(ref('Execution'), executionExample), 404, 503),
      curl: `${base}/document_imports/$IMPORT/executions/$EXECUTION ${token}`
    })
  },
  ...Object.fromEntries(
    ['action', 'actions'].map((name) => [
      `/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}/${name}`,
      {
        parameters: [datamart, documentImport, execution],
        put: cancelation(name === 'actions' ? 'cancelExecution' : 'cancelExecutionByPut'),
        post: cancelation(name === 'actions' ? 'cancelExecutionByPost' : 'cancelExecutionByAction')
      }
    ])
  ),
  '/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}/input': {
    parameters: [datamart, documentImport, execution],
    get: mediarithmics({
      id: 'getInput',
      summary: 'Download the upload, until it is applied',
      answers: answers(
        { description: 'The upload, as NDJSON.', content: { 'application/x-ndjson': { schema: text() } } },
        404,
        410
      )
    })
  },
  '/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}/errors': {
    parameters: [datamart, documentImport, execution],
    get: mediarithmics({
      id: 'getErrors',
      summary: 'Download the error file: one line for each rejected command',
      answers: answers(lines('RejectedLine'), 404, 409),
      curl: `${base}/document_imports/$IMPORT/executions/$EXECUTION/errors ${token}`
    })
  },
  '/v1/datamarts/{datamart}/document_imports/{import}/executions/{execution}/verdicts': {
    parameters: [datamart, documentImport, execution],
    get: mediarithmics({
      id: 'getVerdicts',
      summary: 'Download the verdict file: one line for each command, if the upload asked for `verdicts=all`',
      answers: answers(lines('LineVerdict'), 404, 409)
    })
  },
  '/v1/data_file/data': {
    get: operation(
      {
        id: 'getFile',
        summary: 'Download a file of an execution by its address',
        parameters: [
          parameter('query', 'uri', {
            description: 'The `input_file_uri`, `error_file_uri` or `verdict_file_uri` of an execution',
            required: true
          }),
          parameter('query', 'access_token', { description: 'The token, unless `Authorization` has it' })
        ],
        answers: answers(lines('RejectedLine'), 404, 409, 410)
      },
      { tag: 'mediarithmics', security: [{ token: [] }, { queryToken: [] }] }
    )
  }
}

const listed = (id: string, summary: string, items: Schema, example: unknown): Schema =>
  mediarithmics({ id, summary, parameters: paging, answers: answers(page(items, example), 400, 404, 503) })

const userPointPaths: Schema = {
  '/v1/datamarts/{datamart}/user_points/{selector}': {
    parameters: [datamart, selector],
    get: mediarithmics({
      id: 'getUserPoint',
      summary: 'Get a user point',
      answers: answers(ok(ref('UserPoint'), userPointExample), 400, 404, 503),
      curl: `${base}/user_points/email_hash=a1b2 ${token}`
    }),
    delete: mediarithmics({
      id: 'deleteUserPoint',
      summary: 'Delete a user point, with everything attached to it',
      answers: answers(ok(ref('Done'), { verdict: 'applied' }), 400, 404, 503),
      curl: `-X DELETE ${base}/user_points/email_hash=a1b2 ${token}`
    })
  },
  '/v1/datamarts/{datamart}/user_points/{selector}/{document}': {
    parameters: [datamart, selector, document],
    get: listed(
      'listDocuments',
      'List documents of a user point',
      anyOf(ref('Identifier'), itemSchema),
      identifierExample
    )
  },
  '/v1/datamarts/{datamart}/user_points/{selector}/{document}/{item}': onItem('Document', [
    datamart,
    selector,
    document,
    item
  ]),
  '/v1/datamarts/{datamart}/user_points/{selector}/{document}/{item}/{account}': onItem('DocumentOfAccount', [
    datamart,
    selector,
    document,
    item,
    account
  ]),
  '/v1/datamarts/{datamart}/user_identifiers/{selector}': {
    parameters: [datamart, selector],
    get: listed('listIdentifiers', 'List the identifiers of a user point', ref('Identifier'), identifierExample)
  },
  '/v1/datamarts/{datamart}/user_segments/{selector}': {
    parameters: [datamart, selector],
    get: listed('listSegments', 'List the segments of a user point', ref('Segment'), segmentExample)
  },
  '/v1/datamarts/{datamart}/user_profiles/{selector}': {
    parameters: [datamart, selector],
    get: mediarithmics({
      id: 'getProfile',
      summary: 'Get one profile of a user point',
      description:
        'The profile of the account in the selector; else the one without an account in the default compartment; else the first.',
      answers: answers(ok(ref('Profile'), profileExample), 400, 404, 503)
    })
  },
  '/v1/datamarts/{datamart}/user_timelines/{selector}/user_activities': {
    parameters: [datamart, selector],
    get: listed('listActivities', 'List activities, of which none is kept', ref('Properties'), {})
  }
}

const declarationPaths: Schema = {
  '/v1/datamarts/{datamart}/user_identifiers_association_declarations': {
    parameters: [datamart],
    post: mediarithmics({
      id: 'associateIdentifiers',
      summary: 'Declare that identifiers are one person’s',
      body: json(object({ identifiers: listOf(ref('Properties')) }, ['identifiers']), {
        identifiers: [
          { type: 'USER_EMAIL', hash: 'a1b2' },
          { type: 'USER_ACCOUNT', compartment_id: '1000', user_account_id: 'crm-7' }
        ]
      }),
      answers: answers(ok(ref('Done'), { verdict: 'applied' }), 404, 503, ...bodyProblems)
    })
  },
  '/v1/datamarts/{datamart}/user_activities': {
    parameters: [datamart],
    post: mediarithmics({
      id: 'declareActivity',
      summary: 'Apply the identifiers of an activity',
      description: 'The activity is not kept: `data` is `false`, and a warning says so.',
      body: json(ref('Properties'), {
        $type: 'APP_VISIT',
        $email_hash: { $hash: 'a1b2' },
        $user_agent_id: 'vec:12',
        $events: []
      }),
      answers: answers(
        ok({ const: false }, false, { ...verdict, warnings: listOf(ref('Warning')) }),
        404,
        503,
        ...bodyProblems
      )
    })
  }
}

const datamartPaths: Schema = {
  '/v1/datamarts': {
    get: mediarithmics({
      id: 'listDatamarts',
      summary: 'List the datamart that the token opens',
      parameters: paging,
      answers: answers(page(ref('Datamart'), { id: '1162' }), 400)
    })
  },
  '/v1/datamarts/{datamart}': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'getDatamart',
      summary: 'Get the datamart that the token opens',
      answers: answers(ok(ref('Datamart'), { id: '1162' }))
    })
  },
  '/v1/datamarts/{datamart}/user_account_compartments': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'listCompartments',
      summary: 'List the compartments that the policies name',
      parameters: paging,
      answers: answers(page(ref('Compartment'), { id: '1000', default: true }), 400)
    })
  },
  '/v1/datamarts/{datamart}/user_agent_identifier_realm_selections': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'listRealms',
      summary: 'List the realms of user agent ids; the list is empty',
      parameters: paging,
      answers: answers(page(ref('Properties'), {}), 400)
    })
  }
}

export const mediarithmicsPaths: Schema = { ...datamartPaths, ...importPaths, ...userPointPaths, ...declarationPaths }
export const notFoundAnswer: Schema = problem(404)
