/**
 * Identifiers lead to at most one user point; references also name a device point or the user point itself. An
 * identifier's claim is its text key in a store: `claimOf` is injective, so that two identifiers are equal exactly when
 * their claims are.
 */
import type { CompartmentId } from './compartment.ts'
import type { DevicePointId, TechnicalId } from './user-agent-id.ts'

/** A user point's id: a UUID, in lower case. */
export type UserPointId = string & { readonly UserPointId: unique symbol }

export type Identifier =
  | { readonly _tag: 'Account'; readonly compartment: CompartmentId; readonly accountId: string }
  | { readonly _tag: 'EmailHash'; readonly hash: string }
  | { readonly _tag: 'Agent'; readonly id: TechnicalId }

/** What leads to a user point through a claim. */
export type Claimed = Identifier | { readonly _tag: 'DevicePoint'; readonly id: DevicePointId }

/** What a command may say to mean a user point. */
export type Reference = Claimed | { readonly _tag: 'UserPoint'; readonly id: UserPointId }

export const accountClaim = (compartment: CompartmentId, accountId: string): string =>
  `account:${compartment}:${accountId}`

export const emailHashClaim = (hash: string): string => `email_hash:${hash}`

/** Technical ids and device point ids share one name space, as they share one field on the wire. */
export const agentClaim = (id: TechnicalId | DevicePointId): string => `agent:${id}`

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
  }
}
