/** The arguments of a decision besides its command: the current user points, and a context with the time and new ids. */
import type { HyperPointLimits, QuarantineLimits } from '../domain/hyper-point.ts'
import type { Reference, UserPointId } from '../domain/identifier.ts'
import type { ProfileMerge } from '../domain/joining.ts'
import type { Moment } from '../domain/moment.ts'
import type { PersonLimits } from '../domain/person-limits.ts'
import type { DevicePointId } from '../domain/user-agent-id.ts'
import type { Subject, UserPoint } from '../domain/user-point.ts'

export interface View {
  /** Returns the user point that a reference leads to after all earlier commands. */
  readonly find: (reference: Reference) => Subject | undefined
  /** The claims that are suppressed after all earlier commands, as far as they are loaded; absent: no claim (L-37). */
  readonly suppressed?: Pick<ReadonlySet<string>, 'has' | 'size'>
}

export interface Context {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Returns the moment of a write to this user point, later than every earlier write to it. */
  readonly momentAfter: (point: UserPoint) => Moment
  readonly newUserPointId: () => UserPointId
  readonly newDevicePointId: () => DevicePointId
  /** The join of two profiles at one key; default: `byProperty`. */
  readonly profileMerge?: ProfileMerge | undefined
  /** The limits beyond which a user point rejects additions; `undefined`: no limits. */
  readonly quarantine?: QuarantineLimits | undefined
  /** The limits beyond which the verdict on a merge reports a hyper point; `undefined`: no limits. */
  readonly hyperPoint?: HyperPointLimits | undefined
  /** The limits beyond which a change that makes a user point larger is rejected; `undefined`: no limits. */
  readonly limits?: PersonLimits | undefined
  /** The deletions that suppress identifiers; default: `none` (L-37). */
  readonly suppression?: 'none' | 'people' | 'all' | undefined
  /** `true`: the store keeps claims as keyed digests, so that identifiers can be suppressed. */
  readonly canSuppress?: boolean | undefined
}
