/** The spool's record of an execution, and the places of what belongs to it. */
import { z } from 'zod'
import type { Context, Datamart } from '../context.ts'
import type { SpoolKey } from '../spool.ts'
import type { ExecutionAnswer } from './answers.ts'
import type { DocumentImport } from './document-import.ts'
import { soundRecord } from './sound-record.ts'

/** The status of an execution. `EXECUTOR_NOT_RESPONDING`: the store failed, and the execution is retried. */
export type ExecutionStatus = ExecutionAnswer['status']

export interface ExecutionRecord {
  readonly id: string
  readonly document_import_id: string
  /** Names the execution in the store, where other spools may have the same numbers. */
  readonly uuid: string
  /** Milliseconds since 1970. */
  readonly creation_date: number
  /** The name of the uploaded file, if it has one. */
  readonly input_file_name?: string
  /** `all`: the verdict file has every line, and not only the rejected ones. */
  readonly verdicts?: 'all'
  readonly start_date?: number
  readonly end_date?: number
  readonly isCanceled?: boolean
  /** The final status; absent until the execution has finished. */
  readonly status?: 'SUCCEEDED' | 'FAILED' | 'CANCELED'
  readonly error?: string
}

const executionRecord = z.looseObject({
  id: z.string(),
  document_import_id: z.string(),
  uuid: z.string().min(1),
  creation_date: z.number(),
  start_date: z.number().optional(),
  end_date: z.number().optional(),
  status: z.enum(['SUCCEEDED', 'FAILED', 'CANCELED']).optional(),
  verdicts: z.literal('all').optional(),
  isCanceled: z.boolean().optional()
})

/** Returns whether a record of the spool is an execution of this document import, with this id. */
export const isExecutionRecord = (
  record: unknown,
  documentImport: Place['documentImport'],
  id: string
): record is ExecutionRecord => {
  const decoded = executionRecord.safeParse(record)
  return decoded.success && decoded.data.id === id && decoded.data.document_import_id === documentImport.id
}

/** An execution with the document import and the datamart that it belongs to. */
export interface Place {
  readonly datamart: Pick<Datamart, 'id'>
  readonly documentImport: Pick<DocumentImport, 'id'>
  readonly record: Pick<ExecutionRecord, 'id'>
}

/** Returns the key below which the records of a document import's executions are. */
export const executionKey = (datamart: Place['datamart'], { id }: Place['documentImport']): SpoolKey => [
  datamart.id,
  'executions',
  id
]

/** Returns the key of an upload, or of the verdicts on it. */
export const contentKey = ({ datamart, documentImport, record }: Place, content: 'uploads' | 'errors'): SpoolKey => [
  datamart.id,
  content,
  `${documentImport.id}-${record.id}`
]

/** Returns the record of an execution for a request. A damaged one is set aside with its upload. */
export const soundExecution = (
  context: Pick<Context, 'spool' | 'log'>,
  place: Place
): Promise<ExecutionRecord | undefined> => {
  const { datamart, documentImport, record } = place
  return soundRecord(
    context,
    [...executionKey(datamart, documentImport), record.id],
    (found) => isExecutionRecord(found, documentImport, record.id),
    [contentKey(place, 'uploads')]
  )
}

/** Returns the path of an execution. */
export const executionPath = ({ datamart, documentImport, record }: Place): string =>
  `/v1/datamarts/${datamart.id}/document_imports/${documentImport.id}/executions/${record.id}`
