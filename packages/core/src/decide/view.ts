/** What a decision may look at, and what it is given besides: a moment and new ids, never a clock or chance of its own. */
import type { HyperPointLimits, QuarantineLimits } from '../domain/hyper-point.ts'
import type { Reference, UserPointId } from '../domain/identifier.ts'
import type { ProfileMerge } from '../domain/joining.ts'
import type { Moment } from '../domain/moment.ts'
import type { DevicePointId } from '../domain/user-agent-id.ts'
import type { Subject, UserPoint } from '../domain/user-point.ts'

export interface View {
  /** The user point that a reference leads to, at this point of the history. */
  readonly find: (reference: Reference) => Subject | undefined
}

export interface Context {
  /** Milliseconds since 1970. */
  readonly now: number
  /** The moment at which something of this user point is written: later than whatever was written to it before. */
  readonly momentAfter: (point: UserPoint) => Moment
  readonly newUserPointId: () => UserPointId
  readonly newDevicePointId: () => DevicePointId
  /** How two profiles at one key join; `byProperty` unless given. */
  readonly profileMerge?: ProfileMerge | undefined
  /** When a user point takes nothing more; `undefined`: never. */
  readonly quarantine?: QuarantineLimits | undefined
  /** When a user point is a hyper point, which the verdict on a merge then says; `undefined`: never. */
  readonly hyperPoint?: HyperPointLimits | undefined
}
