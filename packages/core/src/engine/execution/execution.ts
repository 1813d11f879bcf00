/**
 * An execution: an import with an id, as a document of the store to which it writes. It is committed in the batch of each
 * unit of work, so it always has the exact progress of the import.
 */
import type { E } from '../../fp.ts'
import type { JsonObject, Kind, Repository, Stored, Write } from '../../repository/index.ts'
import { type EngineError, fromStore, type StoreFailed } from '../transaction/engine-error.ts'
import type { ImportCounts, ImportStatus } from '../import/report.ts'
import type { ImportPosition } from '../import/run-import.ts'
import type { FramingMode } from '../input/framing.ts'
import type { JobRejection } from '../input/screening.ts'

declare const executionId: unique symbol

/** The caller's name for an execution: 1 to 512 printable ASCII characters without spaces. */
export type ExecutionId = string & { readonly [executionId]: true }

/** Returns a text as an execution id; `undefined` if it is not one. */
export const parseExecutionId = (text: string): ExecutionId | undefined =>
  typeof text === 'string' && /^[\x21-\x7e]{1,512}$/.test(text) ? (text as ExecutionId) : undefined

/**
 * The status of an execution. `Running`: a run is at work, or its process crashed. `Stopped`, `Failed`: the last run ended
 * before the end of the input. The next run continues all three; `Completed` and `JobRejected` are final.
 */
export type ExecutionStatus = 'Running' | ImportStatus

/** Identifies an input. */
export interface InputIdentity {
  /** In bytes. */
  readonly length: number
  /** The digest of all its bytes, by the caller's hash. */
  readonly digest: string
}

/** An execution as it is stored. It has counts, codes and line numbers, and no data of any line. */
export interface Execution {
  readonly id: ExecutionId
  /** The name of the document type. */
  readonly type: string
  readonly framing: FramingMode
  readonly status: ExecutionStatus
  readonly input: InputIdentity
  /** The digest of the settings that its verdicts follow, as `createEngine` has it. */
  readonly settings: string
  readonly position: ImportPosition
  readonly counts: ImportCounts
  readonly jobRejection: JobRejection | undefined
  /** The length of the output of its verdicts; `undefined`: it has none. */
  readonly verdictsLength: number | undefined
  /** In milliseconds since 1970. */
  readonly startedAt: number
  readonly modifiedAt: number
  /** Names the commit that wrote it; a run recognises its own commits by it. */
  readonly commit: string
}

/** Another run of the same execution is at work, and replaces this one. */
export interface ExecutionSuperseded {
  readonly _tag: 'ExecutionSuperseded'
}

/**
 * The execution began as another import, and nothing was done. `OTHER_TYPE`, `OTHER_FRAMING`, `OTHER_SETTINGS` (policies
 * or bounds), `OTHER_INPUT`, `OTHER_VERDICTS` (with a sink for verdicts although it began without one, or the reverse).
 */
export interface ExecutionRefused {
  readonly _tag: 'ExecutionRefused'
  readonly code: 'OTHER_TYPE' | 'OTHER_FRAMING' | 'OTHER_SETTINGS' | 'OTHER_INPUT' | 'OTHER_VERDICTS'
}

/** An error that ends a run. */
export type ExecutionError = EngineError | ExecutionRefused | ExecutionSuperseded

/** An execution at the version it was read or written at. */
export interface HeldExecution {
  readonly version: number
  readonly execution: Execution
}

/** The kind of stored executions. */
export const executionKind: Kind = 'execution'

export const isFinal = ({ status }: Execution): boolean => status === 'Completed' || status === 'JobRejected'

/** Returns a stored document as an execution. Core wrote the document, so it is not checked again. */
const toExecution = ({ id, body }: Stored): Execution => ({
  jobRejection: undefined,
  verdictsLength: undefined,
  ...(body as unknown as Omit<Execution, 'id' | 'jobRejection' | 'verdictsLength'>),
  id: id as ExecutionId
})

/** Returns the write that stores this execution. */
export const executionWrite = (execution: Execution, expected: number): Write => {
  const { id, jobRejection, verdictsLength, ...rest } = execution
  const body = {
    ...rest,
    ...(jobRejection !== undefined && { jobRejection }),
    ...(verdictsLength !== undefined && { verdictsLength })
  }
  return { kind: executionKind, id, expected, body: body as unknown as JsonObject, claim: [], release: [] }
}

export const loadExecution = (
  repository: Repository,
  id: ExecutionId
): Promise<E.Either<StoreFailed, HeldExecution | undefined>> =>
  fromStore('load', async () => {
    const [stored] = await repository.load([{ _tag: 'ById', kind: executionKind, id }])
    return stored && { version: stored.version, execution: toExecution(stored) }
  })

/** Reads all executions of a store, ascending by id. Throws errors of the store's scan. */
export async function* scanExecutions(repository: Repository): AsyncGenerator<Execution, void, undefined> {
  for await (const stored of repository.scan(executionKind)) yield toExecution(stored)
}
