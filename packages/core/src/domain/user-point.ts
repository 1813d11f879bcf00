/**
 * A user point: one person, with all that identifies them and all that is known of them. As a value it is also the body
 * of a stored document. Its claims are those of its identifiers, its device points among them.
 */
import type { CompartmentId } from './compartment.ts'
import { edit } from './edit.ts'
import { accountClaim, agentClaim, claimOf, emailHashClaim, type Identifier, type UserPointId } from './identifier.ts'
import { mergeProfiles, type Profile, type ProfileKey, sameProfileKey } from './profile.ts'
import type { DevicePointId, TechnicalId } from './user-agent-id.ts'

/** All `createdAt` are milliseconds since 1970, when it came to its user point or was first seen. */
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

/** A device or browser, with its technical ids; it stays when the last of them is deleted. */
export type DevicePoint = {
  readonly id: DevicePointId
  readonly createdAt: number
  readonly agents: ReadonlyArray<Agent>
}

export type UserPoint = {
  readonly createdAt: number
  readonly accounts: ReadonlyArray<Account>
  readonly emailHashes: ReadonlyArray<EmailHash>
  readonly devicePoints: ReadonlyArray<DevicePoint>
  readonly profiles: ReadonlyArray<Profile>
}

/** A user point and the id it is kept under. */
export type Subject = {
  readonly id: UserPointId
  readonly point: UserPoint
}

/** The user point that has nothing yet. */
export const emptyUserPoint = (createdAt: number): UserPoint => ({
  createdAt,
  accounts: [],
  emailHashes: [],
  devicePoints: [],
  profiles: []
})

/** Every claim of a user point, each once: what a store must lead to it, no more and no less. */
export const claimsOf = (point: UserPoint): ReadonlyArray<string> => [
  ...point.accounts.map((account) => accountClaim(account.compartment, account.accountId)),
  ...point.emailHashes.map((email) => emailHashClaim(email.hash)),
  ...point.devicePoints.flatMap((device) => [
    agentClaim(device.id),
    ...device.agents.map((agent) => agentClaim(agent.id))
  ])
]

/** Holds where both have the very same identifiers, by reference: a cheap proof that their claims are the same. */
export const sharesIdentifiers = (a: UserPoint, b: UserPoint): boolean =>
  a.accounts === b.accounts && a.emailHashes === b.emailHashes && a.devicePoints === b.devicePoints

export const countIdentifiers = (point: UserPoint): number =>
  point.accounts.length +
  point.emailHashes.length +
  point.devicePoints.reduce((sum, device) => sum + device.agents.length, 0)

/** The device point that a technical id or a device point id leads to. */
export const findDevicePoint = (point: UserPoint, id: TechnicalId | DevicePointId): DevicePoint | undefined =>
  point.devicePoints.find((device) => device.id === id || device.agents.some((agent) => agent.id === id))

export const findProfile = (point: UserPoint, key: ProfileKey): Profile | undefined =>
  point.profiles.find((profile) => sameProfileKey(profile, key))

/** The user point with this profile in the place of the one at its key, if there was one. */
export const setProfile = (point: UserPoint, profile: Profile): UserPoint => ({
  ...point,
  profiles: findProfile(point, profile)
    ? point.profiles.map((each) => (sameProfileKey(each, profile) ? profile : each))
    : [...point.profiles, profile]
})

/** The user point with one more account or e-mail hash; the same reference where it has it already. */
export const addIdentifier = (
  point: UserPoint,
  identifier: Exclude<Identifier, { readonly _tag: 'Agent' }>,
  createdAt: number
): UserPoint => {
  if (claimsOf(point).includes(claimOf(identifier))) return point
  switch (identifier._tag) {
    case 'Account': {
      const { compartment, accountId } = identifier
      return { ...point, accounts: [...point.accounts, { compartment, accountId, createdAt }] }
    }
    case 'EmailHash':
      return { ...point, emailHashes: [...point.emailHashes, { hash: identifier.hash, createdAt }] }
  }
}

/** The user point with one more device point that has these technical ids. */
export const addDevicePoint = (
  point: UserPoint,
  id: DevicePointId,
  agents: ReadonlyArray<TechnicalId>,
  createdAt: number
): UserPoint => ({
  ...point,
  devicePoints: [...point.devicePoints, { id, createdAt, agents: agents.map((agent) => ({ id: agent, createdAt })) }]
})

/** The user point without this identifier; a device point stays when it loses a technical id. */
export const removeIdentifier = (point: UserPoint, identifier: Identifier): UserPoint => {
  switch (identifier._tag) {
    case 'Account':
      return {
        ...point,
        accounts: point.accounts.filter(
          (account) => account.compartment !== identifier.compartment || account.accountId !== identifier.accountId
        )
      }
    case 'EmailHash':
      return { ...point, emailHashes: point.emailHashes.filter((email) => email.hash !== identifier.hash) }
    case 'Agent':
      return edit(point, (draft) => {
        const device = draft.devicePoints.find(({ agents }) => agents.some((agent) => agent.id === identifier.id))
        if (device !== undefined) device.agents = device.agents.filter((agent) => agent.id !== identifier.id)
      })
  }
}

type Aged = { readonly createdAt: number; readonly id: string }

/** The older first, ties going to the smaller id. */
export const byAge = (a: Aged, b: Aged): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)

/** The oldest of some: what survives a merge. */
const oldest = <A extends Aged>(first: A, rest: ReadonlyArray<A>): A =>
  rest.reduce((winner, each) => (byAge(each, winner) < 0 ? each : winner), first)

/** The user point that has everything of both; profiles that clash are decided by {@link mergeProfiles}. */
export const absorb = (survivor: UserPoint, other: UserPoint): UserPoint =>
  other.profiles.reduce<UserPoint>(
    (point, profile) => {
      const own = findProfile(point, profile)
      return setProfile(point, own === undefined ? profile : mergeProfiles(own, profile))
    },
    {
      createdAt: Math.min(survivor.createdAt, other.createdAt),
      accounts: [...survivor.accounts, ...other.accounts],
      emailHashes: [...survivor.emailHashes, ...other.emailHashes],
      devicePoints: [...survivor.devicePoints, ...other.devicePoints],
      profiles: survivor.profiles
    }
  )

/**
 * The user point where the device points with these ids are one, which also has these new technical ids: the oldest stays
 * (SPEC 2.3.3). The same reference where nothing changes.
 */
export const joinDevicePoints = (
  point: UserPoint,
  ids: ReadonlyArray<DevicePointId>,
  fresh: ReadonlyArray<TechnicalId>,
  now: number
): UserPoint => {
  const joined = point.devicePoints.filter((device) => ids.includes(device.id))
  const [first, ...rest] = joined
  if (first === undefined || (rest.length === 0 && fresh.length === 0)) return point
  const survivor = oldest(first, rest)
  const others = joined.filter((device) => device !== survivor)
  const whole: DevicePoint = {
    ...survivor,
    agents: [
      ...survivor.agents,
      ...others.flatMap((device) => device.agents),
      ...fresh.map((id) => ({ id, createdAt: now }))
    ]
  }
  return {
    ...point,
    devicePoints: point.devicePoints
      .filter((device) => !others.includes(device))
      .map((device) => (device === survivor ? whole : device))
  }
}
