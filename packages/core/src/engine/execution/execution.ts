/**
 * An execution: one import under an id of its caller's, as a document of the store that it writes to. It commits in the
 * same batch as what each unit of work changes, so that it always says exactly how far the import is.
 */
import { E } from '../../fp.ts'
import type { JsonObject, Kind, Repository, Stored, Write } from '../../repository/index.ts'
import type { EngineError, StoreFailed } from '../transaction/engine-error.ts'
import type { ImportCounts, ImportStatus } from '../import/report.ts'
import type { ImportPosition } from '../import/run-import.ts'
import type { FramingMode } from '../input/framing.ts'
import type { JobRejection } from '../input/screening.ts'

declare const executionId: unique symbol

/** The caller's name for an execution: 1 to 512 printable ASCII characters, no space among them. */
export type ExecutionId = string & { readonly [executionId]: true }

/** The execution id that a text is, if it is one. */
export const parseExecutionId = (text: string): ExecutionId | undefined =>
  /^[\x21-\x7e]{1,512}$/.test(text) ? (text as ExecutionId) : undefined

/**
 * How an execution stands. `Running`: a run is at work, or ended without a word. `Stopped`, `Failed`: the last run ended
 * before the input did. All three go on with the next run; `Completed` and `JobRejected` are final.
 */
export type ExecutionStatus = 'Running' | ImportStatus

/** Tells inputs apart. */
export interface InputIdentity {
  /** In bytes. */
  readonly length: number
  /** Of all its bytes, by the hash that the caller gave. */
  readonly digest: string
}

/** An execution as it is stored. It holds counts, codes and line numbers, and nothing of any line. */
export interface Execution {
  readonly id: ExecutionId
  /** The name of the document type. */
  readonly type: string
  readonly framing: FramingMode
  readonly status: ExecutionStatus
  readonly input: InputIdentity
  /** A digest of the policies and bounds that its verdicts follow. */
  readonly settings: string
  readonly position: ImportPosition
  readonly counts: ImportCounts
  readonly jobRejection: JobRejection | undefined
  /** How long the output of its verdicts is; `undefined`: it has none. */
  readonly verdictsLength: number | undefined
  /** Whether the store still has to drop what deleted data left behind in its files. */
  readonly purgeDue: boolean
  /** In milliseconds since 1970. */
  readonly startedAt: number
  readonly modifiedAt: number
  /** Names the commit that wrote it, by which a run knows its own. */
  readonly commit: string
}

/** Another run of the same execution is at work, and continues in the place of this one. */
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

const executionKind: Kind = 'execution'

export const isFinal = ({ status }: Execution): boolean => status === 'Completed' || status === 'JobRejected'

/** A stored document as the execution that it is; core wrote it, so that nothing is checked again. */
const toExecution = ({ id, body }: Stored): Execution => ({
  jobRejection: undefined,
  verdictsLength: undefined,
  ...(body as unknown as Omit<Execution, 'id' | 'jobRejection' | 'verdictsLength'>),
  id: id as ExecutionId
})

/** The write that makes this execution the stored one. */
export const executionWrite = (execution: Execution, expected: number): Write => {
  const { id, jobRejection, verdictsLength, ...rest } = execution
  const body = {
    ...rest,
    ...(jobRejection !== undefined && { jobRejection }),
    ...(verdictsLength !== undefined && { verdictsLength })
  }
  return { kind: executionKind, id, expected, body: body as unknown as JsonObject, claim: [], release: [] }
}

export const loadExecution = async (
  repository: Repository,
  id: ExecutionId
): Promise<E.Either<StoreFailed, HeldExecution | undefined>> => {
  try {
    const [stored] = await repository.load([{ _tag: 'ById', kind: executionKind, id }])
    return E.right(stored && { version: stored.version, execution: toExecution(stored) })
  } catch (cause) {
    return E.left({ _tag: 'StoreFailed', operation: 'load', cause })
  }
}

/** Every execution of a store, ascending by id. Throws what the store's scan throws. */
export async function* scanExecutions(repository: Repository): AsyncGenerator<Execution, void, undefined> {
  for await (const stored of repository.scan(executionKind)) yield toExecution(stored)
}
