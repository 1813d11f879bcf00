/**
 * A user point: one person, with all identifiers and all attached data. Its claims are those of its identifiers and device points.
 */
import { type Choice, currentSegments, isCurrent, type Scenario, type Segment } from './attachments.ts'
import type { CompartmentId } from './compartment.ts'
import type { UserPointId } from './identifier.ts'
import { setItem } from './keyed.ts'
import { lastWritten, type Moment } from './moment.ts'
import { type Profile, type ProfileKey, sameProfileKey } from './profile.ts'
import type { DevicePointId, TechnicalId } from './user-agent-id.ts'

/** An account. Every `createdAt` is the time in milliseconds since 1970 at which its user point got the identifier. */
export type Account = {
  readonly compartment: CompartmentId
  readonly accountId: string
  readonly createdAt: number
}

export type EmailHash = {
  readonly hash: string
  readonly createdAt: number
}

export type Agent = {
  readonly id: TechnicalId
  readonly createdAt: number
}

/** A device or browser, with its technical ids. It stays when the last of them is deleted. */
export type DevicePoint = {
  readonly id: DevicePointId
  readonly createdAt: number
  readonly agents: ReadonlyArray<Agent>
  /** The ids of the device points that were merged into this one, and lead to it; absent: no ids. */
  readonly formerIds?: ReadonlyArray<DevicePointId>
}

/** An attribute that identifies, such as `email`. A user point may have several of one name. */
export type NamedIdentifier = {
  readonly name: string
  readonly value: string
  readonly createdAt: number
  /** The user point's e-mail hash that counts as the same identifier; absent: no hash does. */
  readonly hash?: string
}

export type UserPoint = {
  readonly createdAt: number
  readonly accounts: ReadonlyArray<Account>
  readonly emailHashes: ReadonlyArray<EmailHash>
  readonly devicePoints: ReadonlyArray<DevicePoint>
  readonly named: ReadonlyArray<NamedIdentifier>
  readonly profiles: ReadonlyArray<Profile>
  readonly segments: ReadonlyArray<Segment>
  readonly scenarios: ReadonlyArray<Scenario>
  readonly choices: ReadonlyArray<Choice>
  /** The times at which other user points were merged into this one. */
  readonly mergedAt: ReadonlyArray<number>
  /** The ids of those user points, which lead to this one. */
  readonly formerIds: ReadonlyArray<UserPointId>
}

/** A user point with its id. */
export type Subject = {
  readonly id: UserPointId
  readonly point: UserPoint
}

// One empty list for all: most lists of most user points are empty.
const none: ReadonlyArray<never> = []

/** Returns a user point without any data. */
export const emptyUserPoint = (createdAt: number): UserPoint => ({
  createdAt,
  accounts: none,
  emailHashes: none,
  devicePoints: none,
  named: none,
  profiles: none,
  segments: none,
  scenarios: none,
  choices: none,
  mergedAt: none,
  formerIds: none
})

export const countIdentifiers = (point: UserPoint): number =>
  point.accounts.length +
  point.emailHashes.length +
  point.named.length +
  point.devicePoints.reduce((sum, device) => sum + device.agents.length, 0)

const isIdOf = ({ id, agents, formerIds = none }: DevicePoint, sought: TechnicalId | DevicePointId): boolean =>
  id === sought || agents.some((agent) => agent.id === sought) || formerIds.some((former) => former === sought)

/** Returns the device point of a technical id or a device point id; the id of a merged device point leads to it too. */
export const findDevicePoint = (point: UserPoint, id: TechnicalId | DevicePointId): DevicePoint | undefined =>
  point.devicePoints.find((device) => isIdOf(device, id))

/** From this number of identifiers in one line on, an index of the user point costs less than a look at it for each. */
export const many = 16

/**
 * Returns a lookup of device points by a technical id, or by a present or former device point id.
 *
 * @param count The number of lookups to come.
 */
export const devicePointLookup = (
  point: UserPoint,
  count: number
): ((id: TechnicalId | DevicePointId) => DevicePoint | undefined) => {
  if (count < many) return (id) => findDevicePoint(point, id)
  const byId = new Map<TechnicalId | DevicePointId, DevicePoint>()
  for (const device of point.devicePoints) {
    for (const id of [device.id, ...(device.formerIds ?? none)]) byId.set(id, device)
    for (const { id } of device.agents) byId.set(id, device)
  }
  return (id) => byId.get(id)
}

export const findProfile = (point: UserPoint, key: ProfileKey): Profile | undefined =>
  point.profiles.find((profile) => sameProfileKey(profile, key))

/** Returns the user point with this profile, which replaces the one at its key. */
export const setProfile = (point: UserPoint, profile: Profile): UserPoint => ({
  // Field by field, because nearly every line does this: a spread costs more than the rest of the decision.
  createdAt: point.createdAt,
  accounts: point.accounts,
  emailHashes: point.emailHashes,
  devicePoints: point.devicePoints,
  named: point.named,
  profiles: setItem(point.profiles, profile, sameProfileKey),
  segments: point.segments,
  scenarios: point.scenarios,
  choices: point.choices,
  mergedAt: point.mergedAt,
  formerIds: point.formerIds
})

/** Returns the moment of the last write to a user point; 0 without one. */
export const latestMoment = ({ profiles, segments, choices }: UserPoint): Moment => {
  let latest = 0
  for (const { writtenAt } of profiles) if (writtenAt > latest) latest = writtenAt
  for (const segment of segments) latest = Math.max(latest, lastWritten(segment))
  for (const choice of choices) latest = Math.max(latest, lastWritten(choice))
  return latest
}

/** Adds a device point with these technical ids. */
export const addDevicePoint = (
  point: UserPoint,
  { id, agents }: { readonly id: DevicePointId; readonly agents: ReadonlyArray<TechnicalId> },
  createdAt: number
): UserPoint => ({
  ...point,
  devicePoints: [...point.devicePoints, { id, createdAt, agents: agents.map((agent) => ({ id: agent, createdAt })) }]
})

/** Returns the user point as it is at a moment: without expired memberships. */
export const asOf = (point: UserPoint, now: number): UserPoint => {
  const segments = currentSegments(point.segments, now)
  return segments === point.segments ? point : { ...point, segments }
}

/**
 * Returns whether a sweep may remove a user point: it has no profile and no unexpired segment. Identifiers, scenarios and
 * choices do not keep it.
 */
export const isCollectable = (point: UserPoint, now: number): boolean =>
  point.profiles.length === 0 && !point.segments.some((segment) => isCurrent(segment, now))
