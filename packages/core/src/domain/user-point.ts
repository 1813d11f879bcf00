/**
 * A user point: one person, with all identifiers and all attached data. Its claims are those of its identifiers and device points.
 */
import { type Choice, currentSegments, isCurrent, type Scenario, type Segment } from './attachments.ts'
import type { CompartmentId } from './compartment.ts'
import { edit } from './edit.ts'
import {
  accountClaim,
  agentClaim,
  claimOf,
  emailHashClaim,
  type Identifier,
  namedClaim,
  type UserPointId,
  userPointClaim,
  withEmailHash
} from './identifier.ts'
import { grown, setItem } from './keyed.ts'
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

const claimOfAccount = (account: Account): string => accountClaim(account.compartment, account.accountId)
const claimOfEmailHash = (email: EmailHash): string => emailHashClaim(email.hash)
const claimOfAgent = (agent: Agent): string => agentClaim(agent.id)
const claimOfNamed = ({ name, value }: NamedIdentifier): string => namedClaim(name, value)

// Most lists have at most one item; `map` on an empty list would allocate a new one.
const mapped = <A, B>(items: ReadonlyArray<A>, map: (item: A) => B): ReadonlyArray<B> =>
  items.length === 0 ? none : items.map((item) => map(item))

const addDeviceClaims = (device: DevicePoint, claims: string[]): void => {
  claims.push(agentClaim(device.id))
  for (const agent of device.agents) claims.push(claimOfAgent(agent))
  for (const id of device.formerIds ?? none) claims.push(agentClaim(id))
}

/** Returns every claim of a user point once: exactly the claims that a store must lead to it. */
export const claimsOf = (point: UserPoint): ReadonlyArray<string> => {
  const ofDevices: string[] = []
  for (const device of point.devicePoints) addDeviceClaims(device, ofDevices)
  return grown(
    grown(grown(mapped(point.accounts, claimOfAccount), mapped(point.emailHashes, claimOfEmailHash)), ofDevices),
    grown(mapped(point.named, claimOfNamed), mapped(point.formerIds, userPointClaim))
  )
}

/** Strips the common prefix and suffix of two lists. */
const middles = <A>(before: ReadonlyArray<A>, after: ReadonlyArray<A>) => {
  let start = 0
  let [beforeEnd, afterEnd] = [before.length, after.length]
  while (start < beforeEnd && start < afterEnd && before[start] === after[start]) start++
  while (beforeEnd > start && afterEnd > start && before[beforeEnd - 1] === after[afterEnd - 1]) {
    beforeEnd--
    afterEnd--
  }
  return { before: before.slice(start, beforeEnd), after: after.slice(start, afterEnd) }
}

/** Claims that a change may have removed from a user point, and claims that it may have added. */
interface ClaimChanges {
  readonly old: string[]
  readonly current: string[]
}

const addChanges = <A>(
  before: ReadonlyArray<A>,
  after: ReadonlyArray<A>,
  claim: (item: A) => string,
  changes: ClaimChanges
): void => {
  if (before === after) return
  const middle = middles(before, after)
  for (const item of middle.before) changes.old.push(claim(item))
  for (const item of middle.after) changes.current.push(claim(item))
}

const addDeviceChanges = (
  before: ReadonlyArray<DevicePoint>,
  after: ReadonlyArray<DevicePoint>,
  changes: ClaimChanges
): void => {
  if (before === after) return
  const middle = middles(before, after)
  const [old, current] = [middle.before[0], middle.after[0]]
  // A device point may have thousands of technical ids, of which one changed.
  if (old && current && old.id === current.id && middle.before.length === 1 && middle.after.length === 1) {
    addChanges(old.agents, current.agents, claimOfAgent, changes)
    addChanges(old.formerIds ?? none, current.formerIds ?? none, agentClaim, changes)
    return
  }
  for (const device of middle.before) addDeviceClaims(device, changes.old)
  for (const device of middle.after) addDeviceClaims(device, changes.current)
}

/**
 * Compares the claims of a user point: `old` has every removed claim, `current` every added one, and both may have unchanged
 * claims. The cost depends on the size of the change, because unchanged parts are shared.
 */
export const claimChanges = (before: UserPoint, after: UserPoint): ClaimChanges => {
  const changes: ClaimChanges = { old: [], current: [] }
  addChanges(before.accounts, after.accounts, claimOfAccount, changes)
  addChanges(before.emailHashes, after.emailHashes, claimOfEmailHash, changes)
  addDeviceChanges(before.devicePoints, after.devicePoints, changes)
  addChanges(before.named, after.named, claimOfNamed, changes)
  addChanges(before.formerIds, after.formerIds, userPointClaim, changes)
  return changes
}

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
const many = 16

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

type Attachable = Exclude<Identifier, { readonly _tag: 'Agent' }>

/** Returns the named identifiers with the e-mail hashes of the given ones; the same reference if nothing changes. */
const linkHashes = (named: UserPoint['named'], identifiers: ReadonlyArray<Attachable>): UserPoint['named'] => {
  const hashes = new Map<string, string>()
  for (const each of identifiers) {
    if (each._tag === 'Named' && each.hash !== undefined) hashes.set(claimOf(each), each.hash)
  }
  if (hashes.size === 0) return named
  const linked = named.map((each) => {
    const hash = hashes.get(claimOfNamed(each))
    return hash === undefined || hash === each.hash ? each : { ...each, hash }
  })
  return linked.every((each, at) => each === named[at]) ? named : linked
}

const hasIdentifier = (point: UserPoint, identifier: Attachable): boolean => {
  switch (identifier._tag) {
    case 'Account': {
      const { compartment, accountId } = identifier
      return point.accounts.some((each) => each.accountId === accountId && each.compartment === compartment)
    }
    case 'EmailHash':
      return point.emailHashes.some(({ hash }) => hash === identifier.hash)
    case 'Named':
      return point.named.some(({ name, value }) => value === identifier.value && name === identifier.name)
  }
}

/**
 * Returns a check of the accounts, e-mail hashes and named identifiers that a user point has.
 *
 * @param count The number of checks to come.
 */
export const identifierCheck = (point: UserPoint, count: number): ((identifier: Attachable) => boolean) => {
  if (count < many) return (identifier) => hasIdentifier(point, identifier)
  const held = new Set(claimsOf(point))
  return (identifier) => held.has(claimOf(identifier))
}

/** Adds accounts, e-mail hashes and named identifiers; returns the same reference if the user point has them all. */
export const addIdentifiers = (
  point: UserPoint,
  identifiers: ReadonlyArray<Attachable>,
  createdAt: number
): UserPoint => {
  const all = identifiers.flatMap(withEmailHash) as ReadonlyArray<Attachable>
  const isHeld = identifierCheck(point, all.length)
  const added = new Set<string>()
  const accounts: Account[] = []
  const emailHashes: EmailHash[] = []
  const named: NamedIdentifier[] = []
  for (const identifier of all) {
    if (isHeld(identifier)) continue
    const claim = claimOf(identifier)
    if (added.has(claim)) continue
    added.add(claim)
    switch (identifier._tag) {
      case 'Account':
        accounts.push({ compartment: identifier.compartment, accountId: identifier.accountId, createdAt })
        break
      case 'EmailHash':
        emailHashes.push({ hash: identifier.hash, createdAt })
        break
      case 'Named':
        named.push({ name: identifier.name, value: identifier.value, createdAt })
        break
    }
  }
  const linked = linkHashes(grown(point.named, named), identifiers)
  if (accounts.length + emailHashes.length === 0 && linked === point.named) return point
  return {
    ...point,
    accounts: grown(point.accounts, accounts),
    emailHashes: grown(point.emailHashes, emailHashes),
    named: linked
  }
}

/** Returns the moment of the last write to a user point; 0 without one. */
export const latestMoment = ({ profiles, segments, choices }: UserPoint): Moment => {
  let latest = 0
  for (const { writtenAt } of profiles) if (writtenAt > latest) latest = writtenAt
  for (const segment of segments) latest = Math.max(latest, lastWritten(segment))
  for (const choice of choices) latest = Math.max(latest, lastWritten(choice))
  return latest
}

/** Returns a new user point with this one identifier. */
export const startUserPoint = (identifier: Attachable, createdAt: number): UserPoint => {
  const empty = emptyUserPoint(createdAt)
  switch (identifier._tag) {
    case 'Account': {
      const { compartment, accountId } = identifier
      return { ...empty, accounts: [{ compartment, accountId, createdAt }] }
    }
    case 'EmailHash':
      return { ...empty, emailHashes: [{ hash: identifier.hash, createdAt }] }
    case 'Named': {
      const { name, value } = identifier
      return { ...empty, named: [{ name, value, createdAt }] }
    }
  }
}

/** Adds a device point with these technical ids. */
export const addDevicePoint = (
  point: UserPoint,
  id: DevicePointId,
  agents: ReadonlyArray<TechnicalId>,
  createdAt: number
): UserPoint => ({
  ...point,
  devicePoints: [...point.devicePoints, { id, createdAt, agents: agents.map((agent) => ({ id: agent, createdAt })) }]
})

/** Returns the user point without a named identifier, nor its e-mail hash if no other named identifier has the same. */
const removeNamed = (
  point: UserPoint,
  { name, value, hash }: Extract<Identifier, { readonly _tag: 'Named' }>
): UserPoint => {
  const isGone = (each: NamedIdentifier): boolean => each.name === name && each.value === value
  const named = point.named.filter((each) => !isGone(each))
  const hashes = [hash, ...point.named.filter(isGone).map((each) => each.hash)].filter(
    (each) => each !== undefined && !named.some((other) => other.hash === each)
  )
  return hashes.length === 0
    ? { ...point, named }
    : { ...point, named, emailHashes: point.emailHashes.filter((email) => !hashes.includes(email.hash)) }
}

/** Removes an identifier. A device point stays when it loses a technical id. */
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
      return {
        ...point,
        emailHashes: point.emailHashes.filter((email) => email.hash !== identifier.hash),
        named: point.named.some(({ hash }) => hash === identifier.hash)
          ? point.named.filter(({ hash }) => hash !== identifier.hash)
          : point.named
      }
    case 'Agent': {
      const at = point.devicePoints.findIndex(({ agents }) => agents.some((agent) => agent.id === identifier.id))
      const rest = point.devicePoints[at]?.agents.filter((agent) => agent.id !== identifier.id)
      return edit(point, (draft) => {
        const device = draft.devicePoints[at]
        if (device !== undefined && rest !== undefined) device.agents = rest
      })
    }
    case 'Named':
      return removeNamed(point, identifier)
  }
}

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
