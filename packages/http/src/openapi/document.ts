/**
 * The handler's interface as an OpenAPI 3.1 document, derived from the codecs of this package, and from the document types,
 * codes and bounds of core.
 */
import { maxUsersPerRequest } from '@userpoint/core/insider'
import { z } from 'zod'
import * as insider from '../insider/answers.ts'
import { maxRequestBytes } from '../insider/limits.ts'
import * as mediarithmics from '../mediarithmics/answers.ts'
import { documentImportBody, documentImportChange } from '../mediarithmics/document-import.ts'
import { readinessReasons } from '../readiness.ts'
import { emptyAnswer, insiderPaths } from './insider-paths.ts'
import { mediarithmicsPaths, notFoundAnswer } from './mediarithmics-paths.ts'
import { json, listOf, object, operation, type Schema, schemasOf, text } from './parts.ts'

const operations = { tag: 'operations', security: [] }

const introduction = `The HTTP interfaces of mediarithmics (document imports, user points) and of Insider (users), over one store.

## How to authenticate

A token opens one datamart.

- **mediarithmics**: send it as \`Authorization: YOUR_TOKEN\`, alone or after \`api:\` or \`Bearer \`.
- **Insider**: send it as \`X-REQUEST-TOKEN: YOUR_TOKEN\`, and the partner of the datamart as \`X-PARTNER-NAME\`.

An unknown token is 401 (mediarithmics) or 403 (Insider). Another datamart's paths are 403, whether it exists or not.

## How to repeat a request

Send \`Idempotency-Key\` with an upload or a change. Within a day, the same key and body give the same answer, and are applied once.`

const answerSchemas = schemasOf(
  {
    Problem: mediarithmics.problemAnswerShape,
    Done: mediarithmics.doneShape,
    DocumentImport: mediarithmics.documentImportShape,
    Execution: mediarithmics.executionShape,
    RejectedLine: mediarithmics.rejectedLineShape,
    LineVerdict: mediarithmics.lineVerdictShape,
    UserPoint: mediarithmics.userPointShape,
    Access: mediarithmics.accessShape,
    Receipt: mediarithmics.receiptShape,
    ReceiptHead: mediarithmics.receiptHeadShape,
    Suppression: mediarithmics.suppressionShape,
    Identifier: mediarithmics.identifierShape,
    Profile: mediarithmics.profileShape,
    Segment: mediarithmics.segmentShape,
    Scenario: mediarithmics.scenarioShape,
    Choice: mediarithmics.choiceShape,
    DocumentKey: mediarithmics.documentKeyShape,
    Datamart: mediarithmics.datamartShape,
    Compartment: mediarithmics.compartmentShape,
    Consumer: mediarithmics.consumerShape,
    Warning: mediarithmics.warningShape,
    Empty: insider.emptyShape,
    InsiderMessage: insider.insiderMessageShape,
    InsiderError: insider.insiderErrorShape,
    InsiderWarnings: insider.insiderWarningsShape,
    InsiderReport: insider.insiderReportShape,
    InsiderProfile: insider.insiderProfileShape,
    InsiderColumns: insider.insiderColumnsShape
  },
  'output'
)

const bodySchemas = schemasOf(
  {
    Properties: z.record(z.string(), z.unknown()),
    DocumentImportBody: documentImportBody,
    DocumentImportChange: documentImportChange,
    UpsertBody: insider.upsertBody,
    AttributeDeleteBody: insider.attributeDeleteBody,
    IdentityBody: insider.identityBody,
    IdentityPatchBody: insider.identityPatchBody,
    IdentityDeleteBody: insider.identityDeleteBody,
    ProfileBody: insider.profileBody,
    ColumnsBody: insider.columnsBody
  },
  'input'
)

/** The handler's interface, as OpenAPI 3.1; `/openapi.json` serves it. */
export const openApiDocument: Schema = {
  openapi: '3.1.0',
  info: {
    title: 'userpoint',
    version: '1',
    description: introduction,
    contact: { name: 'The userpoint authors', url: 'https://github.com/userpoint-org/userpoint' },
    license: { name: 'Apache 2.0', identifier: 'Apache-2.0' }
  },
  servers: [{ url: '/', description: 'This server' }],
  tags: [
    { name: 'mediarithmics', description: 'Document imports and user points of one datamart' },
    { name: 'Insider', description: 'Calls on users of one partner' },
    { name: 'operations', description: 'Calls for the operator of the server' }
  ],
  paths: {
    ...mediarithmicsPaths,
    ...insiderPaths,
    '/healthz': {
      get: operation(
        {
          id: 'getHealth',
          summary: 'Check whether the process is alive',
          answers: { 200: { ...emptyAnswer, content: { 'application/json': { schema: { type: 'object' } } } } }
        },
        operations
      )
    },
    '/readyz': {
      get: operation(
        {
          id: 'getReadiness',
          summary: 'Check whether the server can take requests now',
          description:
            'The store and the spool are asked, each for at most 2 seconds, and the spool must be this server’s.',
          answers: {
            200: {
              description: 'Ready.',
              content: json(object({ status: { const: 'ready' } }, ['status']), { status: 'ready' })
            },
            503: {
              description: Object.entries(readinessReasons)
                .map(([reason, meaning]) => `${reason}: ${meaning}.`)
                .join(' '),
              content: json(
                object(
                  {
                    status: { const: 'not_ready' },
                    reasons: listOf({ type: 'string', enum: Object.keys(readinessReasons) })
                  },
                  ['status', 'reasons']
                ),
                { status: 'not_ready', reasons: ['STORE_FAILED'] }
              )
            }
          }
        },
        operations
      )
    },
    '/metrics': {
      get: operation(
        {
          id: 'getMetrics',
          summary: 'Get counters for Prometheus, if the handler has metrics',
          answers: {
            200: { description: 'The counters.', content: { 'text/plain': { schema: text() } } },
            404: notFoundAnswer
          }
        },
        operations
      )
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
      queryToken: { type: 'apiKey', in: 'query', name: 'access_token', description: 'The token, for files alone.' },
      requestToken: {
        type: 'apiKey',
        in: 'header',
        name: 'X-REQUEST-TOKEN',
        description: 'The token of the partner in `X-PARTNER-NAME`.'
      }
    },
    schemas: { ...answerSchemas, ...bodySchemas }
  },
  'x-limits': { insider_request_bytes: maxRequestBytes, insider_users_per_request: maxUsersPerRequest }
}
