/** Policies: settings of a datamart for questions that the documents leave open, each with a default. */
import type { CompartmentId } from '../domain/compartment.ts'
import type { HyperPointLimits, QuarantineLimits } from '../domain/hyper-point.ts'
import type { ProfileMerge } from '../domain/joining.ts'
import type { ArrayPolicy } from '../domain/patch.ts'
import type { PersonLimits } from '../domain/person-limits.ts'
import type { UserAgentGrammar } from '../domain/user-agent-id.ts'

export interface Policies {
  /** The join of arrays that meet in a deep merge: `concat` keeps all, `union` adds missing elements only. */
  readonly arrays: ArrayPolicy
  /** The compartment of accounts and profiles that name none; `undefined`: such lines are rejected. */
  readonly defaultCompartment: CompartmentId | undefined
  /** The scope of a profile DELETE: the profile at its `key`, or `all` profiles of the user point. */
  readonly profileDeleteScope: 'key' | 'all'
  /** The join of two profiles at one key in a merge of user points. */
  readonly profileMerge: ProfileMerge
  /** The accepted user agent ids. */
  readonly userAgentIds: UserAgentGrammar
  /** `uuid`: a user point's id must have the shape of a UUID; `any`: it may be any text. */
  readonly userPointIds: 'any' | 'uuid'
  /** The known compartments; `undefined`: any. Lines that would create in another are rejected. */
  readonly knownCompartments: ReadonlyArray<CompartmentId> | undefined
  /** The known registries, by their digits; `undefined`: any. Lines that would create in another are rejected. */
  readonly knownRegistries: ReadonlyArray<string> | undefined
  /** Placeholders: a line that adds data by one of them is rejected. */
  readonly blockedValues: ReadonlyArray<string>
  /** The meaning of an UPSERT of a profile that does not say how to merge; `undefined`: it is rejected. */
  readonly defaultStrategy: 'replace' | 'shallow' | 'deep' | undefined
  /** The datamart's user point system version; documents that need a newer one reject the job; `undefined`: no check. */
  readonly systemVersion: string | undefined
  /** The limits beyond which a user point is in quarantine and rejects additions; `undefined`: no limits. */
  readonly quarantine: QuarantineLimits | undefined
  /** The limits beyond which the verdict on a merge reports a hyper point; `undefined`: no limits. */
  readonly hyperPoint: HyperPointLimits | undefined
  /** The limits beyond which a line that makes a user point larger is rejected; `undefined`: no limits. */
  readonly limits: PersonLimits | undefined
  /**
   * The deletions that suppress the identifiers that they delete, so that no later line brings them back (L-37): `none`, those
   * of whole `people`, or `all` deletions of people, identifiers and device points.
   */
  readonly suppression: 'none' | 'people' | 'all'
}

/** The defaults, with `0` as the default compartment. */
export const defaultPolicies: Policies = {
  arrays: 'concat',
  defaultCompartment: '0' as CompartmentId,
  profileDeleteScope: 'key',
  profileMerge: 'byProperty',
  userAgentIds: 'open',
  userPointIds: 'any',
  knownCompartments: undefined,
  knownRegistries: undefined,
  blockedValues: [],
  defaultStrategy: undefined,
  systemVersion: undefined,
  quarantine: undefined,
  hyperPoint: undefined,
  limits: undefined,
  suppression: 'none'
}

const versionShape = /^v\d{6}$/

/** Returns whether a text is a user point system version: `v` and six digits, such as `v202205`. */
export const isSystemVersion = (text: string): boolean => versionShape.test(text)

/**
 * Returns policies with the defaults filled in.
 *
 * @throws TypeError if `systemVersion` is not a version: documents would be rejected or accepted by mistake.
 */
export const policiesFrom = (given: Partial<Policies> = {}): Policies => {
  const policies = { ...defaultPolicies, ...given }
  if (policies.systemVersion !== undefined && !isSystemVersion(policies.systemVersion))
    throw new TypeError('systemVersion must be v and six digits, such as v202205')
  return policies
}
