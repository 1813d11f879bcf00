/** The operations on document imports and their executions. */
import { documentTypes } from '@userpoint/core/mediarithmics'
import {
  mediarithmics,
  ok,
  page,
  answers,
  bodyProblems,
  datamart,
  documentImport,
  execution,
  paging,
  importExample,
  executionExample,
  token,
  jsonBody,
  base,
  lineExample,
  importBodyExample
} from './mediarithmics-parts.ts'
import { idempotencyKey, json, object, operation, parameter, ref, text, type Schema } from './parts.ts'

const lines = (name: string): Schema => ({
  description: 'The file: one line of JSON each.',
  content: { 'application/x-ndjson': { schema: ref(name) } }
})

const cancelation = (id: string): Schema =>
  mediarithmics({
    id,
    summary: 'Cancel an execution; lines that are already applied stay applied',
    body: json(object({ action: { const: 'CANCEL' } }, ['action']), { action: 'CANCEL' }),
    answers: answers(ok(ref('Execution'), { ...executionExample, status: 'CANCELED' }), 404, 409, 507, ...bodyProblems)
  })

export const importPaths: Schema = {
  '/v1/datamarts/{datamart}/document_imports': {
    parameters: [datamart],
    post: mediarithmics({
      id: 'createDocumentImport',
      summary: 'Create a document import',
      body: json(ref('DocumentImportBody'), importBodyExample),
      answers: answers(ok(ref('DocumentImport'), importExample), 507, ...bodyProblems),
      curl: `-X POST ${base}/document_imports ${token} ${jsonBody(importBodyExample)}`
    }),
    get: mediarithmics({
      id: 'listDocumentImports',
      summary: 'List document imports',
      parameters: [
        ...paging,
        parameter('query', 'keywords', { description: 'Only those whose name has these words, in any case' })
      ],
      answers: answers(page(ref('DocumentImport'), importExample))
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
      answers: answers(ok(ref('DocumentImport'), importExample), 404, 507, ...bodyProblems)
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
      answers: answers(ok(ref('Execution'), executionExample), 404, 409, 422, 507, ...bodyProblems),
      curl: `-X POST ${base}/document_imports/$IMPORT/executions ${token} -H 'Content-Type: application/x-ndjson' -H 'Idempotency-Key: nightly-1' --data-binary @people.ndjson`
    }),
    get: mediarithmics({
      id: 'listExecutions',
      summary: 'List the executions of a document import',
      parameters: paging,
      answers: answers(page(ref('Execution'), executionExample), 404, 503)
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
