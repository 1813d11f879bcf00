/**
 * Identifiers lead to at most one user point; references also name a device point or the user point itself. An
 * identifier's claim is its text key in a store: `claimOf` is injective, so that two identifiers are equal exactly when
 * their claims are.
 */
import type { CompartmentId } from './compartment.ts'
import type { DevicePointId, TechnicalId } from './user-agent-id.ts'

/** A user point's id: a UUID, in lower case. */
export type UserPointId = string & { readonly UserPointId: unique symbol }

/**
 * What leads to at most one user point. A `Named` one is an attribute that identifies, such as `email` or `phone_number`,
 * by its name and its text.
 */
export type Identifier =
  | { readonly _tag: 'Account'; readonly compartment: CompartmentId; readonly accountId: string }
  | { readonly _tag: 'EmailHash'; readonly hash: string }
  | { readonly _tag: 'Agent'; readonly id: TechnicalId }
  | {
      readonly _tag: 'Named'
      readonly name: string
      readonly value: string
      /** The e-mail hash that is the same identifier; absent: none is. */
      readonly hash?: string
    }

/**
 * A text as a user point's id, which is compared in lower case. Only ASCII letters fold: the Kelvin sign, for one, is
 * no `k`.
 */
export const userPointIdOf = (text: string): UserPointId =>
  text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) as UserPointId

/** What leads to a user point through a claim. */
export type Claimed = Identifier | { readonly _tag: 'DevicePoint'; readonly id: DevicePointId }

/** What a command may say to mean a user point. */
export type Reference = Claimed | { readonly _tag: 'UserPoint'; readonly id: UserPointId }

export const accountClaim = (compartment: CompartmentId, accountId: string): string =>
  `account:${compartment}:${accountId}`

export const emailHashClaim = (hash: string): string => `email_hash:${hash}`

/** Technical ids and device point ids share one name space, as they share one field on the wire. */
export const agentClaim = (id: TechnicalId | DevicePointId): string => `agent:${id}`

/** A user point's own id is a claim of the one that absorbed it. */
export const userPointClaim = (id: UserPointId): string => `user_point:${id}`

/** Names may hold any character, so that their length says where they end. */
export const namedClaim = (name: string, value: string): string => `named:${name.length}:${name}:${value}`

/** Returns an identifier, and the e-mail hash that is the same one, if there is any. */
export const withEmailHash = (identifier: Identifier): ReadonlyArray<Identifier> =>
  identifier._tag === 'Named' && identifier.hash !== undefined
    ? [identifier, { _tag: 'EmailHash', hash: identifier.hash }]
    : [identifier]

/** The text that a store keeps for this identifier; injective. */
export const claimOf = (claimed: Claimed): string => {
  switch (claimed._tag) {
    case 'Account':
      return accountClaim(claimed.compartment, claimed.accountId)
    case 'EmailHash':
      return emailHashClaim(claimed.hash)
    case 'Agent':
    case 'DevicePoint':
      return agentClaim(claimed.id)
    case 'Named':
      return namedClaim(claimed.name, claimed.value)
  }
}
