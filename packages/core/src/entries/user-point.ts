/**
 * `@userpoint/core/user-point`: the parts of a user point, its stored form, and the limits on it.
 *
 * @module
 */
export { accessPageOf } from '../access-page.ts'
export { accessFileOf } from '../domain/access-file.ts'
export type { Choice, Scenario, Segment, SegmentKey } from '../domain/attachments.ts'
export {
  type HyperPointLimits,
  type HyperPointReason,
  hyperPointReasons,
  isQuarantined,
  type QuarantineLimits,
  type Rate,
  suggestedHyperPointLimits,
  suggestedQuarantineLimits
} from '../domain/hyper-point.ts'
export { claimsOf } from '../domain/claims.ts'
export type { LostValue } from '../domain/joined-properties.ts'
export type { ProfileMerge } from '../domain/joining.ts'
export type { Profile, ProfileKey } from '../domain/profile.ts'
export { type PersonLimits, suggestedPersonLimits } from '../domain/person-limits.ts'
export { fromStored, type StoredUserPoint } from '../domain/stored-user-point.ts'
export {
  type Account,
  type Agent,
  type DevicePoint,
  type EmailHash,
  isCollectable,
  type NamedIdentifier
} from '../domain/user-point.ts'
