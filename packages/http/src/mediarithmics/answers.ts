/** The shapes of answers in mediarithmics' dialect: the types of the code that builds them, and the schemas of the description. */
import { rejectionMessages } from '@userpoint/core'
import { documentTypes } from '@userpoint/core/mediarithmics'
import { z } from 'zod'
import { problems } from './envelope.ts'

const count = z.int().min(0)
const moment = z.number().meta({ description: 'Milliseconds since 1970' })

const oneOf = <A extends string>(names: ReadonlyArray<A>) => z.enum(names as [A, ...A[]])

export const problemAnswerShape = z.object({
  status: z.literal('error'),
  error: z.string().meta({ description: 'The problem as a sentence' }),
  error_id: z.string().meta({ description: 'The id of the request, also in the log' }),
  error_code: oneOf(Object.keys(problems))
})

export const documentImportShape = z.object({
  id: z.string().meta({ description: 'Digits; a JSON number keeps them exactly' }),
  datamart_id: z.string(),
  datafarm_key: z.string(),
  document_type: oneOf(documentTypes),
  mime_type: z.enum(['APPLICATION_X_NDJSON', 'TEXT_CSV']),
  encoding: z.string(),
  name: z.string(),
  priority: z.enum(['LOW', 'MEDIUM', 'HIGH']),
  creation_date: moment
})

const id = z.union([z.int().min(0), z.string()])

export const executionShape = z.object({
  id: z.string().meta({ description: 'Digits; a JSON number keeps them exactly' }),
  status: z.enum(['PENDING', 'RUNNING', 'EXECUTOR_NOT_RESPONDING', 'SUCCEEDED', 'FAILED', 'CANCELED']),
  creation_date: moment,
  start_date: moment.optional(),
  duration: z.number().optional().meta({ description: 'Milliseconds' }),
  external_model_name: z.string(),
  parameters: z.object({
    datamart_id: id,
    document_import_id: id,
    document_type: oneOf(documentTypes),
    total_success: count,
    total_failure: count
  }),
  result: z
    .object({
      total_success: count,
      total_failure: count,
      total_noop: count,
      input_file_name: z.string().optional().meta({ description: 'The name of the file in the form' }),
      input_file_uri: z.string().meta({ description: 'Answers 410 once the upload is applied' }),
      error_file_uri: z.string().optional().meta({ description: 'Only if lines were rejected' }),
      verdict_file_uri: z.string().optional().meta({ description: 'Only if the upload asked for `verdicts=all`' })
    })
    .optional()
    .meta({ description: 'Once the execution has ended' }),
  error: z.object({ message: z.string() }).optional()
})

const rejectedFields = {
  code: oneOf(Object.keys(rejectionMessages)),
  path: z.string().optional(),
  message: z.string()
}
const place = { index: count, line: z.int().min(1) }

export const rejectedLineShape = z.object({ ...place, ...rejectedFields })

const remarks = {
  changed: z.literal(0).optional().meta({ description: 'Of an upsert that altered nothing but the time of the write' }),
  lost: z.int().min(1).optional(),
  hyper_point: z.array(z.string()).optional(),
  warnings: z.array(z.object({ code: z.string(), path: z.string() })).optional()
}

export const lineVerdictShape = z.union([
  z.object({ ...place, verdict: z.literal('applied'), ...remarks }),
  z.object({ ...place, verdict: z.literal('no_op'), reason: z.string() }),
  z.object({ ...place, verdict: z.literal('rejected'), ...rejectedFields })
])

export const doneShape = z.object({ verdict: z.enum(['applied', 'no_op']) })

const account = { type: z.literal('USER_ACCOUNT'), compartment_id: z.string(), user_account_id: z.string() }
const named = { type: z.literal('NAMED'), name: z.string(), value: z.string() }
const seen = { creation_ts: moment }

const technicalIdentifierShape = z.object({
  type: z.string().optional(),
  user_agent_id: z.string(),
  registry_id: z.string().optional(),
  ...seen
})

export const identifierShape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('USER_POINT'), user_point_id: z.string(), ...seen }),
  z.object({ ...account, ...seen }),
  z.object({ type: z.literal('USER_EMAIL'), hash: z.string(), providers: z.array(z.never()), ...seen }),
  z.object({
    type: z.literal('USER_DEVICE_POINT'),
    id: z.string(),
    technical_identifiers: z.array(technicalIdentifierShape),
    ...seen
  }),
  z.object({ ...named, ...seen })
])

export const profileShape = z
  .looseObject({
    $compartment_id: z.string(),
    $user_account_id: z.string().optional(),
    $creation_ts: moment,
    $last_modified_ts: moment
  })
  .meta({ description: 'Its own properties stand beside these' })

export const segmentShape = z.object({
  segment_id: z.string().optional(),
  segment_technical_name: z.string().optional(),
  creation_ts: moment,
  last_modified_ts: moment,
  expiration_ts: moment.optional(),
  data_bag: z.unknown().optional()
})

export const scenarioShape = z.object({ scenario_id: z.string(), creation_ts: moment })

export const choiceShape = z
  .looseObject({ $processing_id: z.string(), $choice_ts: moment, $creation_ts: moment, $last_modified_ts: moment })
  .meta({ description: 'Its own properties stand beside these' })

export const userPointShape = z.object({
  user_point_id: z.string(),
  identifiers: z.array(
    z.discriminatedUnion('type', [
      z.object(account),
      z.object({ type: z.literal('USER_EMAIL'), hash: z.string() }),
      z.object({ type: z.literal('USER_AGENT'), user_agent_id: z.string(), device_point_id: z.string() }),
      z.object(named)
    ])
  ),
  profiles: z.array(profileShape),
  segments: z.array(segmentShape).optional(),
  scenarios: z.array(scenarioShape).optional(),
  choices: z.array(choiceShape).optional()
})

/** A receipt of the chain, as `userpoint receipts verify` takes it in a line. */
export const receiptShape = z.object({
  number: z.int().min(1),
  hash: z.string().meta({ description: 'The head of the chain after this receipt' }),
  entry: z.looseObject({
    _tag: z.enum(['Erasure', 'Purge']),
    id: z.string(),
    at: moment
  })
})

/** The head of the chain of receipts. */
export const receiptHeadShape = z.object({ entries: count, hash: z.string() })

/** A suppressed identifier, as `userpoint suppressions list` prints it. */
export const suppressionShape = z.object({
  claim: z
    .string()
    .meta({ description: 'A keyed digest of the identifier: only the key of the datamart tells which one' }),
  since_ts: moment
})

/** The access file; docs/access.md describes it. */
export const accessShape = z.looseObject({
  format: z.literal('userpoint-access'),
  version: z.literal(1),
  made: z.string(),
  person: z.object({ id: z.string(), since: z.string() })
})

/** The key of a document that is not there after its PUT: a membership that is over already. */
export const documentKeyShape = z.record(z.string(), z.string())

export const datamartShape = z.object({ id: z.string() })

export const consumerShape = z.object({ consumer: z.string() })
export const compartmentShape = z.object({ id: z.string(), default: z.boolean() })

export const warningShape = z.object({ code: z.string(), message: z.string() })

export type DocumentImportAnswer = z.infer<typeof documentImportShape>
export type ExecutionAnswer = z.infer<typeof executionShape>
export type IdentifierAnswer = z.infer<typeof identifierShape>
export type ReceiptAnswer = z.infer<typeof receiptShape>
export type ReceiptHeadAnswer = z.infer<typeof receiptHeadShape>
export type SuppressionAnswer = z.infer<typeof suppressionShape>
export type Done = z.infer<typeof doneShape>
