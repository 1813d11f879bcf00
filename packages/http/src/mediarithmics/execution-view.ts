/** An execution as answers show it. */
import { parseExecutionId } from '@userpoint/core'
import type { Datamart } from '../context.ts'
import type { ExecutionAnswer } from './answers.ts'
import type { DocumentImport } from './document-import.ts'
import { Problem } from './envelope.ts'
import { type ExecutionRecord, executionPath, type ExecutionStatus } from './execution-record.ts'

/** The totals of an execution. */
interface Totals {
  readonly success: number
  readonly failure: number
  readonly noop: number
}

/** Returns the name of an execution in the store. */
export const engineIdOf = ({ uuid }: ExecutionRecord) => {
  const id = parseExecutionId(`http/${uuid}`)
  if (id === undefined) throw new TypeError('an execution has no id')
  return id
}

const totalsOf = async ({ engine }: Datamart, record: ExecutionRecord): Promise<Totals> => {
  const found = await engine.findExecution(engineIdOf(record))
  if (found._tag === 'Left') throw new Problem('STORE_FAILED')
  const counts = found.right?.counts
  return {
    success: (counts?.applied ?? 0) + (counts?.noOp ?? 0),
    failure: counts?.rejected ?? 0,
    noop: counts?.noOp ?? 0
  }
}

/** The vendor's clients read the ids among the parameters as numbers. */
const numberOf = (id: string): number | string => {
  const number = Number(id)
  return `${number}` === id && Number.isSafeInteger(number) ? number : id
}

interface Shown {
  readonly datamart: Datamart
  readonly documentImport: DocumentImport
  readonly record: ExecutionRecord
  readonly status: ExecutionStatus
  readonly now: number
}

/** @throws Problem if the store fails. */
export const shownExecution = async (shown: Shown): Promise<ExecutionAnswer> => {
  const { datamart, documentImport, record, status, now } = shown
  const { id, creation_date, start_date, end_date, input_file_name, error } = record
  const { success, failure, noop } = await totalsOf(datamart, record)
  const path = executionPath(shown)
  return {
    id,
    status,
    creation_date,
    ...(start_date !== undefined && { start_date }),
    ...(start_date !== undefined && { duration: (end_date ?? now) - start_date }),
    external_model_name: 'PUBLIC_DOCUMENT_IMPORT',
    parameters: {
      datamart_id: numberOf(datamart.id),
      document_import_id: numberOf(documentImport.id),
      document_type: documentImport.document_type,
      total_success: success,
      total_failure: failure
    },
    ...(record.status !== undefined && {
      result: {
        total_success: success,
        total_failure: failure,
        total_noop: noop,
        ...(input_file_name !== undefined && { input_file_name }),
        input_file_uri: `${path}/input`,
        ...(failure > 0 && { error_file_uri: `${path}/errors` }),
        ...(record.verdicts === 'all' && { verdict_file_uri: `${path}/verdicts` })
      }
    }),
    ...(error !== undefined && { error: { message: error } })
  }
}
