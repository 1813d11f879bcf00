/**
 * `@userpoint/core`: what is asked of user points, what becomes of it, and the engine that does it over a repository. The
 * port that a store implements is `@userpoint/core/repository`.
 *
 * @module
 */
export type {
  AnyOf,
  Associate,
  Check,
  CollectUserPoint,
  Command,
  DeleteChoice,
  DeleteDevicePoint,
  DeleteIdentifier,
  DeleteNamedIdentifiers,
  DeleteProfile,
  DeleteSegment,
  DeleteUserPoint,
  EditProfile,
  EnterScenario,
  LeaveScenario,
  Named,
  PropertyPath,
  ReplaceIdentifier,
  UpdateSegment,
  UpsertChoice,
  UpsertProfile,
  UpsertUser,
  Who
} from './command/command.ts'
export type { Decoded, Decoder, Warning } from './command/decoded.ts'
export { type Bounds, defaultBounds } from './command/decode-line.ts'
export type { Dialect, DocumentKind } from './command/dialect.ts'
export { defaultPolicies, type Policies } from './command/policies.ts'
export { type Rejection, type RejectionCode, rejectionMessages } from './command/rejection.ts'
export { decide } from './decide/decide.ts'
export type { Change, Decision, Effect, NoOpReason, Verdict } from './decide/verdict.ts'
export type { Context, View } from './decide/view.ts'
export type { Choice, Scenario, Segment, SegmentKey } from './domain/attachments.ts'
export { type CompartmentId, parseCompartmentId } from './domain/compartment.ts'
export type { Difference } from './domain/difference.ts'
export {
  type HyperPointLimits,
  type HyperPointReason,
  hyperPointReasons,
  isQuarantined,
  type QuarantineLimits,
  type Rate,
  suggestedHyperPointLimits,
  suggestedQuarantineLimits
} from './domain/hyper-point.ts'
export {
  type Claimed,
  claimOf,
  type Identifier,
  type Reference,
  type UserPointId,
  userPointIdOf
} from './domain/identifier.ts'
export { type Json, type JsonObject, jsonEq } from './domain/json.ts'
export {
  type ArrayPolicy,
  append,
  apply,
  concat,
  deepMerge,
  deletion,
  identity,
  merge,
  overlay,
  type Patch,
  patchMonoid,
  put,
  removeValues,
  shallowMerge,
  structuralRemoval,
  unite,
  within
} from './domain/patch.ts'
export type { Profile, ProfileKey } from './domain/profile.ts'
export {
  type DevicePointId,
  parseUserAgentId,
  type TechnicalId,
  type UserAgentGrammar,
  type UserAgentId
} from './domain/user-agent-id.ts'
export { fromStored, type StoredUserPoint } from './domain/stored-user-point.ts'
export {
  type Account,
  type Agent,
  claimsOf,
  type DevicePoint,
  type EmailHash,
  isCollectable,
  type NamedIdentifier,
  type Subject,
  type UserPoint
} from './domain/user-point.ts'
export { createEngine, type Engine, type EngineOptions, type ExplainOptions } from './engine/engine.ts'
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
export type { LineVerdict } from './engine/transaction/transaction.ts'
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
export type { RuntimeOptions } from './engine/transaction/runtime.ts'
export type { SweepOptions, SweepReport } from './engine/maintenance/sweep.ts'
