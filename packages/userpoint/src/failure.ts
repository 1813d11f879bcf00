/** The two errors that a service meets: a command that is rejected, and a store that fails. */
import type {
  EngineError,
  ExecutionFailure,
  ImportFailure,
  ImportReport,
  PurgeFailed,
  Rejection,
  RejectionCode
} from '@userpoint/core'

/**
 * The command was understood as wrong, or is not allowed; nothing of it is applied. Sending it again gives the same error.
 * The message holds no value of the command.
 */
export class UserpointRejected extends Error {
  override readonly name = 'UserpointRejected'
  /** Stable; `rejectionMessages` of `@userpoint/core` lists them all. */
  readonly code: RejectionCode
  /** The place in the command, such as `user_profile.$compartment_id`; absent: the command as a whole. */
  readonly path: string | undefined

  constructor({ code, path, message }: Rejection) {
    super(path === undefined ? message : `${path}: ${message}`)
    this.code = code
    this.path = path
  }
}

/** The caller's own function for verdicts failed. */
interface VerdictsFailed {
  readonly _tag: 'VerdictsFailed'
  readonly cause: unknown
}

/** The call came after `close`. */
interface Closed {
  readonly _tag: 'Closed'
}

type AnyFailure =
  | Closed
  | EngineError
  | PurgeFailed
  | ImportFailure['error']
  | ExecutionFailure['error']
  | VerdictsFailed

/** The reason for a failure; stable. */
export type FailureCode =
  | 'CONTENTION'
  | 'STORE_FAILED'
  | 'INDETERMINATE'
  | 'PURGE_FAILED'
  | 'INPUT_FAILED'
  | 'EXECUTION_REFUSED'
  | 'EXECUTION_SUPERSEDED'
  | 'VERDICTS_FAILED'
  | 'CLOSED'

/**
 * The certainty after a failure. `nothing-applied`: the call changed nothing. `unknown`: the call, or the last batch of an
 * import, is applied whole or not at all, and only the store can tell which. `applied`: everything is applied, and only the
 * purge that was asked for failed. `part-applied`: the batches that `report` counts are applied.
 */
export type Certainty = 'nothing-applied' | 'unknown' | 'applied' | 'part-applied'

const failures: Readonly<Record<AnyFailure['_tag'], { readonly code: FailureCode; readonly message: string }>> = {
  Contention: { code: 'CONTENTION', message: 'other writers kept changing the same people; try again' },
  StoreFailed: { code: 'STORE_FAILED', message: 'the store failed' },
  Indeterminate: {
    code: 'INDETERMINATE',
    message: 'the store failed while it committed; look at the store before you try again'
  },
  PurgeFailed: {
    code: 'PURGE_FAILED',
    message: 'the store could not purge its files; what was erased is erased, and the purge is still owed'
  },
  InputFailed: { code: 'INPUT_FAILED', message: 'the input could not be read' },
  ExecutionRefused: { code: 'EXECUTION_REFUSED', message: 'the execution began as another import' },
  ExecutionSuperseded: { code: 'EXECUTION_SUPERSEDED', message: 'another run of this execution has taken over' },
  Closed: { code: 'CLOSED', message: 'people.close() was called before: open the store again' },
  VerdictsFailed: {
    code: 'VERDICTS_FAILED',
    message: 'the function that takes the verdicts failed; the import has stopped after that batch'
  }
}

const certaintyOf = (error: AnyFailure, report: ImportReport | undefined): Certainty => {
  if (error._tag === 'Indeterminate') return 'unknown'
  if (error._tag === 'PurgeFailed') return 'applied'
  // The counts are those of the runs before.
  if (error._tag === 'ExecutionRefused') return 'nothing-applied'
  return report !== undefined && report.applied > 0 ? 'part-applied' : 'nothing-applied'
}

/** Returns the code and the sentence. A conflict in a transaction of the caller's is not tried again there, and is contention too. */
const failureOf = (error: AnyFailure): (typeof failures)[keyof typeof failures] => {
  const { code } = ('cause' in error ? (error.cause ?? {}) : {}) as { readonly code?: unknown }
  return error._tag === 'StoreFailed' && code === 'CONFLICT' ? failures.Contention : failures[error._tag]
}

/** The store or the input failed. `cause` is the store's own error, and may hold personal data. */
export class UserpointFailed extends Error {
  override readonly name = 'UserpointFailed'
  readonly code: FailureCode
  readonly certain: Certainty
  /** The counts of an import, up to its last batch that is certain; absent for other calls. */
  readonly report: ImportReport | undefined

  constructor(error: AnyFailure, report?: ImportReport) {
    const { code, message } = failureOf(error)
    super(message, { cause: 'cause' in error ? error.cause : error })
    this.code = code
    this.certain = certaintyOf(error, report)
    this.report = report
  }
}
