/**
 * Hyper points and quarantine: implausible user points. Both depend only on the current state of the user point, and
 * not on the order in which its parts arrived.
 */
import { isCurrent } from './attachments.ts'
import { parseUserAgentId } from './user-agent-id.ts'
import { countIdentifiers, type UserPoint } from './user-point.ts'

/** More than `count` within `days`. */
export interface Rate {
  readonly count: number
  readonly days: number
}

export interface HyperPointLimits {
  /** New technical ids of one registry. */
  readonly technicalIds: Rate
  readonly accounts: Rate
  readonly emailHashes: Rate
  /** User points merged into this one. */
  readonly merges: Rate
  /** Identifiers attached, however old. */
  readonly identifiers: number
}

/** Limits that suit most datamarts; no policy applies them by default. */
export const suggestedHyperPointLimits: HyperPointLimits = {
  technicalIds: { count: 10, days: 2 },
  accounts: { count: 4, days: 7 },
  emailHashes: { count: 4, days: 7 },
  merges: { count: 8, days: 14 },
  identifiers: 100
}

export type HyperPointReason = 'TECHNICAL_IDS' | 'ACCOUNTS' | 'EMAIL_HASHES' | 'MERGES' | 'IDENTIFIERS'

const day = 86_400_000

const exceeds = (moments: ReadonlyArray<number>, rate: Rate, now: number): boolean =>
  moments.filter((moment) => moment > now - rate.days * day).length > rate.count

const technicalIdsByRegistry = (point: UserPoint): ReadonlyArray<ReadonlyArray<number>> => {
  const moments = new Map<string, number[]>()
  for (const agent of point.devicePoints.flatMap((device) => device.agents)) {
    const parsed = parseUserAgentId(agent.id, 'open')
    // Where an id names no registry, its scheme is one.
    const scheme = agent.id.slice(0, agent.id.indexOf(':'))
    const registry =
      parsed?._tag === 'Technical' && parsed.registry !== undefined ? `${scheme}:${parsed.registry}` : scheme
    const known = moments.get(registry)
    // One user point may have thousands.
    if (known === undefined) moments.set(registry, [agent.createdAt])
    else known.push(agent.createdAt)
  }
  return [...moments.values()]
}

/** Returns the reasons why a user point is a hyper point at this moment; empty: it is not. */
export const hyperPointReasons = (
  point: UserPoint,
  now: number,
  limits: HyperPointLimits = suggestedHyperPointLimits
): ReadonlyArray<HyperPointReason> => {
  const createdAt = (each: { readonly createdAt: number }): number => each.createdAt
  const tests: ReadonlyArray<readonly [HyperPointReason, boolean]> = [
    ['TECHNICAL_IDS', technicalIdsByRegistry(point).some((moments) => exceeds(moments, limits.technicalIds, now))],
    ['ACCOUNTS', exceeds(point.accounts.map(createdAt), limits.accounts, now)],
    ['EMAIL_HASHES', exceeds(point.emailHashes.map(createdAt), limits.emailHashes, now)],
    ['MERGES', exceeds(point.mergedAt, limits.merges, now)],
    ['IDENTIFIERS', countIdentifiers(point) > limits.identifiers]
  ]
  return tests.flatMap(([reason, holds]) => (holds ? [reason] : []))
}

export interface QuarantineLimits {
  /** More memberships than this, of those that have not expired. */
  readonly segments: number
}

/** A limit that suits most datamarts; no policy applies it by default. */
export const suggestedQuarantineLimits: QuarantineLimits = { segments: 5_000 }

/** Returns whether a user point is in quarantine at this moment: it can be read and deleted, and takes nothing more. */
export const isQuarantined = (point: UserPoint, now: number, limits: QuarantineLimits): boolean =>
  point.segments.filter((segment) => isCurrent(segment, now)).length > limits.segments
