/** Adds identifiers to a user point, and removes them. */
import { claimsOf } from './claims.ts'
import { edit } from './edit.ts'
import { claimOf, type Identifier, namedClaim, withEmailHash } from './identifier.ts'
import { grown } from './keyed.ts'
import {
  type Account,
  type EmailHash,
  emptyUserPoint,
  many,
  type NamedIdentifier,
  type UserPoint
} from './user-point.ts'

type Attachable = Exclude<Identifier, { readonly _tag: 'Agent' }>

/** Returns the named identifiers with the e-mail hashes of the given ones; the same reference if nothing changes. */
const linkHashes = (named: UserPoint['named'], identifiers: ReadonlyArray<Attachable>): UserPoint['named'] => {
  const hashes = new Map<string, string>()
  for (const each of identifiers) {
    if (each._tag === 'Named' && each.hash !== undefined) hashes.set(claimOf(each), each.hash)
  }
  if (hashes.size === 0) return named
  const linked = named.map((each) => {
    const hash = hashes.get(namedClaim(each.name, each.value))
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
    case 'Named':
      return addIdentifiers(empty, [identifier], createdAt)
  }
}

/** Returns the user point without an e-mail hash, and without every address of this hash. */
const removeEmailHash = (point: UserPoint, hash: string): UserPoint => ({
  ...point,
  emailHashes: point.emailHashes.filter((email) => email.hash !== hash),
  named: point.named.some((each) => each.hash === hash) ? point.named.filter((each) => each.hash !== hash) : point.named
})

/**
 * Returns the user point without a named identifier, nor its e-mail hash if no other named identifier has the same. An address
 * that it does not have in this spelling is its hash.
 */
const removeNamed = (
  point: UserPoint,
  { name, value, hash }: Extract<Identifier, { readonly _tag: 'Named' }>
): UserPoint => {
  const isGone = (each: NamedIdentifier): boolean => each.name === name && each.value === value
  if (hash !== undefined && !point.named.some(isGone)) return removeEmailHash(point, hash)
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
      return removeEmailHash(point, identifier.hash)
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
