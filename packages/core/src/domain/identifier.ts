/**
 * Identifiers and references. An identifier leads to at most one user point; a reference can also name a device point or the
 * user point itself. The claim of an identifier is its text key in a store: two identifiers are equal exactly if their
 * claims are.
 */
import type { CompartmentId } from './compartment.ts'
import type { DevicePointId, TechnicalId } from './user-agent-id.ts'

/** A user point's id: a UUID, in lower case. */
export type UserPointId = string & { readonly UserPointId: unique symbol }

/**
 * A key that leads to at most one user point. A `Named` one is an attribute that identifies, such as `email` or
 * `phone_number`, by its name and its text.
 */
export type Identifier =
  | { readonly _tag: 'Account'; readonly compartment: CompartmentId; readonly accountId: string }
  | { readonly _tag: 'EmailHash'; readonly hash: string }
  | { readonly _tag: 'Agent'; readonly id: TechnicalId }
  | {
      readonly _tag: 'Named'
      readonly name: string
      readonly value: string
      /** The hash of the same address, which is the same identifier; absent: no hash is known. */
      readonly hash?: string
    }

/**
 * Returns a text as a user point's id, which is compared in lower case. Only ASCII letters fold: the Kelvin sign stays
 * different from `k`.
 */
export const userPointIdOf = (text: string): UserPointId =>
  text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) as UserPointId

/** An identifier or a device point's id: a store finds the user point by its claim. */
export type Claimed = Identifier | { readonly _tag: 'DevicePoint'; readonly id: DevicePointId }

/** A claimed key, or the user point's own id: one of the ways in which a command names a user point. */
export type Reference = Claimed | { readonly _tag: 'UserPoint'; readonly id: UserPointId }

export const accountClaim = (compartment: CompartmentId, accountId: string): string =>
  `account:${compartment}:${accountId}`

export const emailHashClaim = (hash: string): string => `email_hash:${hash}`

/** Returns the claim of a technical id or a device point id. They share one name space, as they share one field of a line. */
export const agentClaim = (id: TechnicalId | DevicePointId): string => `agent:${id}`

/** Returns the claim that an absorbed user point's id becomes; its survivor has it. */
export const userPointClaim = (id: UserPointId): string => `user_point:${id}`

/** Returns the claim of a named identifier. A name may have any character; its length tells where it ends. */
export const namedClaim = (name: string, value: string): string => `named:${name.length}:${name}:${value}`

/** Returns an identifier, and the e-mail hash that counts as the same one, if it is known. */
export const withEmailHash = (identifier: Identifier): ReadonlyArray<Identifier> =>
  identifier._tag === 'Named' && identifier.hash !== undefined
    ? [identifier, { _tag: 'EmailHash', hash: identifier.hash }]
    : [identifier]

/** Returns the text that a store keeps for an identifier. Different identifiers have different claims. */
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
