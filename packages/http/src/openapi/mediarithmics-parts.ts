/** The parameters, answers and examples that the operations of mediarithmics' dialect share. */
import { problems } from '../mediarithmics/envelope.ts'
import { anyOf, count, json, listOf, object, operation, parameter, ref, type Operation, type Schema } from './parts.ts'

export const mediarithmics = (described: Operation): Schema =>
  operation(described, { tag: 'mediarithmics', security: [{ token: [] }] })

export const ok = (data: Schema, example: unknown, beside: Schema = {}): Schema => ({
  description: 'Done.',
  content: json(object({ status: { const: 'ok' }, data, ...beside }, ['status', 'data', ...Object.keys(beside)]), {
    status: 'ok',
    data: example,
    ...(beside.verdict !== undefined && { verdict: 'applied' }),
    ...(beside.warnings !== undefined && { warnings: [{ code: 'ACTIVITY_NOT_KEPT', message: 'not kept' }] })
  })
})

export const page = (items: Schema, example: unknown): Schema => ({
  description: 'A page of the list.',
  content: json(
    object(
      { status: { const: 'ok' }, data: listOf(items), count, total: count, first_result: count, max_results: count },
      ['status', 'data', 'count', 'total', 'first_result', 'max_results']
    ),
    { status: 'ok', data: [example], count: 1, total: 1, first_result: 0, max_results: 50 }
  )
})

export const problem = (status: number): Schema => {
  const codes = Object.entries(problems).filter(([, [each]]) => each === status)
  return {
    description: codes.map(([code, [, message]]) => `${code}: ${message}.`).join(' '),
    content: json(ref('Problem'))
  }
}

/** Returns the answers of an operation: those of success, and the problems that it may have. */
export const answers = (success: Schema, ...statuses: ReadonlyArray<number>): Schema => ({
  200: success,
  ...Object.fromEntries([400, 401, 403, 429, 500, 503, ...statuses].map((status) => [status, problem(status)]))
})

export const bodyProblems = [408, 413, 415] as const

export const datamart = parameter('path', 'datamart', {
  description: 'The id of the datamart that the token opens',
  example: '1162'
})
export const documentImport = parameter('path', 'import', {
  description: 'The id of a document import',
  example: '1764450000000000'
})
export const execution = parameter('path', 'execution', {
  description: 'The id of an execution',
  example: '1764450000000001'
})
export const receipt = parameter('path', 'receipt', { description: 'The number of a receipt, from 1', example: '1' })
export const selector = parameter('path', 'selector', {
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
export const document = parameter('path', 'document', {
  description: 'The kind of document of the user point',
  schema: { enum: kinds },
  example: 'user_profiles'
})
export const item = parameter('path', 'item', {
  description:
    '`compartment_id=…` (optionally followed by `/user_account_id=…`), `segment_id=…`, `segment_technical_name=…`, `scenario_id=…` or `processing_id=…`.',
  example: 'compartment_id=1000'
})
export const account = parameter('path', 'account', {
  description: '`user_account_id=…`: the account of the profile.',
  example: 'user_account_id=crm-7'
})
export const paging: ReadonlyArray<Schema> = ['first_result', 'max_results'].map((name) =>
  parameter('query', name, { schema: { type: 'integer', minimum: 0 } })
)
export const flag = (name: string, description: string): Schema =>
  parameter('query', name, { description, schema: { type: 'string', enum: ['true', 'false'] } })

export const importBodyExample = {
  document_type: 'USER_PROFILE',
  mime_type: 'APPLICATION_X_NDJSON',
  encoding: 'utf-8',
  name: 'nightly',
  priority: 'MEDIUM'
}

export const importExample = {
  id: '1764450000000000',
  datamart_id: '1162',
  datafarm_key: 'userpoint',
  ...importBodyExample,
  creation_date: 1_764_450_000_000
}
export const executionExample = {
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
export const profileExample = {
  $compartment_id: '1000',
  $creation_ts: 1_764_450_000_000,
  $last_modified_ts: 1_764_450_000_000,
  city: 'Paris'
}
export const suppressionExample = {
  claim: 'keyed:9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de',
  since_ts: 1_764_450_000_000
}
export const receiptExample = {
  number: 1,
  hash: '5d41402abc4b2a76b9719d911017c592ae55b2a1e2b8a8e1c8f6b4e2f2a4c0de',
  entry: {
    _tag: 'Erasure',
    id: '9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de.0',
    at: 1_764_450_000_000,
    verb: 'DeleteUserPoint',
    removed: { people: 1, identifiers: 1 }
  }
}
export const accessExample = {
  format: 'userpoint-access',
  version: 1,
  made: '2025-11-29T21:00:00.000Z',
  person: { id: '019ad000-0000-7000-8000-000000000000', since: '2025-11-29T21:00:00.000Z' },
  identifiers: [{ type: 'email_hash', value: 'a1b2', since: '2025-11-29T21:00:00.000Z' }]
}
export const userPointExample = {
  user_point_id: '019ad000-0000-7000-8000-000000000000',
  identifiers: [{ type: 'USER_EMAIL', hash: 'a1b2' }],
  profiles: [profileExample]
}
export const identifierExample = { type: 'USER_EMAIL', hash: 'a1b2', providers: [], creation_ts: 1_764_450_000_000 }
export const segmentExample = { segment_id: '12', creation_ts: 1_764_450_000_000, last_modified_ts: 1_764_450_000_000 }

export const itemSchema = anyOf(ref('Profile'), ref('Segment'), ref('Scenario'), ref('Choice'))
export const verdict: Schema = { verdict: { enum: ['applied', 'no_op'] } }
export const token = "-H 'Authorization: YOUR_TOKEN'"
export const jsonBody = (body: unknown): string => `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`
export const base = 'URL/v1/datamarts/1162'

export const lineExample =
  '{"operation":"UPSERT","email_hash":"a1b2","force_replace":true,"user_profile":{"city":"Paris"}}\n'
