/**
 * `@userpoint/core/command`: the commands on user points, the references in them, and the parts of a dialect, which
 * decodes lines into commands.
 *
 * @module
 */
export type {
  AnonymiseUser,
  AnyOf,
  ApplyRetention,
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
  LiftSuppression,
  Named,
  PropertyPath,
  Protected,
  ReplaceIdentifier,
  UpdateSegment,
  UpsertChoice,
  UpsertProfile,
  UpsertUser,
  Who
} from '../command/command.ts'
export { type Decoded, type Decoder, unknownFields } from '../command/decoded.ts'
export type { Dialect, DocumentKind } from '../command/dialect.ts'
export { rejection } from '../command/rejection.ts'
export { decide } from '../decide/decide.ts'
export type { Change, Decision } from '../decide/verdict.ts'
export type { Context, View } from '../decide/view.ts'
export { type CompartmentId, parseCompartmentId } from '../domain/compartment.ts'
export { type Claimed, claimOf, type Identifier, type Reference, userPointIdOf } from '../domain/identifier.ts'
export {
  type DevicePointId,
  parseUserAgentId,
  type TechnicalId,
  type UserAgentGrammar,
  type UserAgentId
} from '../domain/user-agent-id.ts'
