/**
 * `@userpoint/core`: the engine, and the types of its options and results. Commands and dialects are in
 * `@userpoint/core/command`, changes of JSON in `@userpoint/core/patch`, the parts of a user point in
 * `@userpoint/core/user-point`, sweeps and purges in `@userpoint/core/maintenance`, the port of stores in
 * `@userpoint/core/repository`.
 *
 * @module
 */
export { type Bounds, defaultBounds } from './command/decode-line.ts'
export { recommendedBlockedValues } from './command/blocked-values.ts'
export { type Warning, warningMessages } from './command/decoded.ts'
export { defaultPolicies, isSystemVersion, type Policies } from './command/policies.ts'
export { type Rejection, type RejectionCode, rejectionMessages } from './command/rejection.ts'
export type { Effect, NoOpReason, Verdict } from './decide/verdict.ts'
export type { Difference } from './domain/difference.ts'
export type { UserPointId } from './domain/identifier.ts'
export type { Json, JsonObject } from './domain/json.ts'
export type { Subject, UserPoint } from './domain/user-point.ts'
export { createEngine, type Engine } from './engine/engine.ts'
export type { EngineOptions, ExplainOptions } from './engine/engine-options.ts'
export type {
  Contention,
  EngineError,
  Indeterminate,
  PurgeFailed,
  StoreFailed
} from './engine/transaction/engine-error.ts'
export {
  type Execution,
  type ExecutionId,
  type ExecutionRefused,
  type ExecutionStatus,
  type ExecutionSuperseded,
  type InputIdentity,
  parseExecutionId
} from './engine/execution/execution.ts'
export type { VerdictSink } from './engine/execution/stored-execution.ts'
export type { ExplainedChange, ExplainedLine } from './engine/import/explain.ts'
export type { FramingMode } from './engine/input/framing.ts'
export type { ImportFailure, ImportOptions } from './engine/import/import-document.ts'
export type { JobRejection } from './engine/input/screening.ts'
export type { LineVerdict } from './engine/transaction/judgement.ts'
export type { DocumentInput, InputFailed, ReadingOptions, RejectionLimit } from './engine/input/reading.ts'
export type {
  ImportCounts,
  ImportReport,
  ImportStatus,
  RejectionCount
} from './engine/import/report.ts'
export type {
  ExecutionFailure,
  ExecutionOptions,
  ExecutionReport,
  Hash
} from './engine/execution/run-execution.ts'
export type { OtherCall, Receipt } from './engine/transaction/receipt.ts'
export type { RuntimeOptions } from './engine/transaction/runtime.ts'
export { createTimeOrderedIds } from './time-ordered-ids.ts'
