/** The claims of a user point, and their changes. */
import { accountClaim, agentClaim, emailHashClaim, namedClaim, userPointClaim } from './identifier.ts'
import { grown } from './keyed.ts'
import type { Account, Agent, DevicePoint, EmailHash, NamedIdentifier, UserPoint } from './user-point.ts'

const none: ReadonlyArray<never> = []

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

/** Returns the claims of a user point's identifiers: without those of device points and of absorbed user points. */
export const identifierClaimsOf = (point: UserPoint): ReadonlyArray<string> => [
  ...point.accounts.map(claimOfAccount),
  ...point.emailHashes.map(claimOfEmailHash),
  ...point.devicePoints.flatMap(({ agents }) => agents.map(claimOfAgent)),
  ...point.named.map(claimOfNamed)
]

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
class ClaimChanges {
  readonly old: string[] = []
  readonly current: string[] = []

  compare<A>(before: ReadonlyArray<A>, after: ReadonlyArray<A>, claim: (item: A) => string): void {
    if (before === after) return
    const middle = middles(before, after)
    for (const item of middle.before) this.old.push(claim(item))
    for (const item of middle.after) this.current.push(claim(item))
  }

  compareDevices(before: ReadonlyArray<DevicePoint>, after: ReadonlyArray<DevicePoint>): void {
    if (before === after) return
    const middle = middles(before, after)
    const [old, current] = [middle.before[0], middle.after[0]]
    // A device point may have thousands of technical ids, of which one changed.
    if (old && current && old.id === current.id && middle.before.length === 1 && middle.after.length === 1) {
      this.compare(old.agents, current.agents, claimOfAgent)
      this.compare(old.formerIds ?? none, current.formerIds ?? none, agentClaim)
      return
    }
    for (const device of middle.before) addDeviceClaims(device, this.old)
    for (const device of middle.after) addDeviceClaims(device, this.current)
  }
}

/**
 * Compares the claims of a user point: `old` has every removed claim, `current` every added one, and both may have unchanged
 * claims. The cost depends on the size of the change, because unchanged parts are shared.
 */
export const claimChanges = (before: UserPoint, after: UserPoint): ClaimChanges => {
  const changes = new ClaimChanges()
  changes.compare(before.accounts, after.accounts, claimOfAccount)
  changes.compare(before.emailHashes, after.emailHashes, claimOfEmailHash)
  changes.compareDevices(before.devicePoints, after.devicePoints)
  changes.compare(before.named, after.named, claimOfNamed)
  changes.compare(before.formerIds, after.formerIds, userPointClaim)
  return changes
}
