/**
 * `@userpoint/core`: what is asked of user points, what becomes of it, and the engine that does it over a repository. The
 * port that a store implements is `@userpoint/core/repository`.
 *
 * @module
 */
export { encodeUserPoint } from './command/codec/user-point.ts'
export type {
  Associate,
  Command,
  DeleteDevicePoint,
  DeleteIdentifier,
  DeleteProfile,
  DeleteUserPoint,
  UpsertProfile
} from './command/command.ts'
export type { Decoded, Warning } from './command/decoded.ts'
export {
  type Bounds,
  type DocumentType,
  decodeLine,
  defaultBounds,
  documentTypes,
  parseDocumentType
} from './command/document.ts'
export { defaultPolicies, type Policies } from './command/policies.ts'
export type { Rejection, RejectionCode } from './command/rejection.ts'
export { decide } from './decide/decide.ts'
export type { Change, Decision, Effect, NoOpReason, Verdict } from './decide/verdict.ts'
export type { Context, View } from './decide/view.ts'
export { type CompartmentId, parseCompartmentId } from './domain/compartment.ts'
export { type Claimed, claimOf, type Identifier, type Reference, type UserPointId } from './domain/identifier.ts'
export type { Json, JsonObject } from './domain/json.ts'
export {
  type ArrayPolicy,
  append,
  apply,
  concat,
  deepMerge,
  deletion,
  identity,
  merge,
  type Patch,
  put,
  removeValues,
  shallowMerge,
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
export {
  type Account,
  type Agent,
  claimsOf,
  type DevicePoint,
  type EmailHash,
  type Subject,
  type UserPoint
} from './domain/user-point.ts'
export { createEngine, type Engine, type EngineOptions } from './engine/engine.ts'
export type { Contention, EngineError, Indeterminate, PurgeFailed, StoreFailed } from './engine/engine-error.ts'
export type { FramingMode } from './engine/framing.ts'
export type { DocumentInput, ImportFailure, ImportOptions, InputFailed } from './engine/import-document.ts'
export type { ImportReport, ImportStatus, JobRejection, LineVerdict, RejectionCount } from './engine/report.ts'
export type { RuntimeOptions } from './engine/runtime.ts'
