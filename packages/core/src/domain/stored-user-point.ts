/**
 * A user point as the body of a stored document. Most have one identifier and one profile, which came with them: lists that
 * are empty and times that are those of the user point are left out, which makes the usual body a quarter shorter.
 */
import type { Writable } from './edit.ts'
import type { Profile } from './profile.ts'
import { type Account, type EmailHash, emptyUserPoint, type UserPoint } from './user-point.ts'

/** Without `createdAt`: it is the user point's. */
type Dated<A extends { readonly createdAt: number }> = Omit<A, 'createdAt'> & { readonly createdAt?: number }

/** Without `modifiedAt`: it was not modified since it was created. */
type StoredProfile = Omit<Dated<Profile>, 'modifiedAt'> & { readonly modifiedAt?: number }

/** What a user point is kept as; {@link fromStored} reads it. */
export type StoredUserPoint = Pick<UserPoint, 'createdAt'> &
  Partial<Omit<UserPoint, 'createdAt' | 'accounts' | 'emailHashes' | 'profiles'>> & {
    readonly accounts?: ReadonlyArray<Dated<Account>>
    readonly emailHashes?: ReadonlyArray<Dated<EmailHash>>
    readonly profiles?: ReadonlyArray<StoredProfile>
  }

const fromAccount = ({ compartment, accountId, createdAt }: Dated<Account>, since: number): Account => ({
  compartment,
  accountId,
  createdAt: createdAt ?? since
})

const fromEmailHash = ({ hash, createdAt }: Dated<EmailHash>, since: number): EmailHash => ({
  hash,
  createdAt: createdAt ?? since
})

const fromProfile = (stored: StoredProfile, since: number): Profile => {
  const { compartment, accountId, createdAt = since, properties } = stored
  const modifiedAt = stored.modifiedAt ?? createdAt
  return accountId === undefined
    ? { compartment, createdAt, modifiedAt, properties }
    : { compartment, accountId, createdAt, modifiedAt, properties }
}

const toAccount = ({ compartment, accountId, createdAt }: Account, since: number): Dated<Account> =>
  createdAt === since ? { compartment, accountId } : { compartment, accountId, createdAt }

const toEmailHash = ({ hash, createdAt }: EmailHash, since: number): Dated<EmailHash> =>
  createdAt === since ? { hash } : { hash, createdAt }

const toProfile = ({ compartment, accountId, createdAt, modifiedAt, properties }: Profile, since: number) => {
  const stored: Writable<StoredProfile> = { compartment, properties }
  if (accountId !== undefined) stored.accountId = accountId
  if (createdAt !== since) stored.createdAt = createdAt
  if (modifiedAt !== createdAt) stored.modifiedAt = modifiedAt
  return stored
}

/** The user point that is kept as this body. */
export const fromStored = (body: StoredUserPoint): UserPoint => {
  const { createdAt } = body
  const { accounts, emailHashes, devicePoints, named, profiles, segments, scenarios, choices, mergedAt } =
    emptyUserPoint(createdAt)
  return {
    createdAt,
    accounts: body.accounts?.map((each) => fromAccount(each, createdAt)) ?? accounts,
    emailHashes: body.emailHashes?.map((each) => fromEmailHash(each, createdAt)) ?? emailHashes,
    devicePoints: body.devicePoints ?? devicePoints,
    named: body.named ?? named,
    profiles: body.profiles?.map((each) => fromProfile(each, createdAt)) ?? profiles,
    segments: body.segments ?? segments,
    scenarios: body.scenarios ?? scenarios,
    choices: body.choices ?? choices,
    mergedAt: body.mergedAt ?? mergedAt
  }
}

/** The body that a user point is kept as. */
export const toStored = (point: UserPoint): StoredUserPoint => {
  const { createdAt } = point
  const body: Writable<StoredUserPoint> = { createdAt }
  if (point.accounts.length > 0) body.accounts = point.accounts.map((each) => toAccount(each, createdAt))
  if (point.emailHashes.length > 0) body.emailHashes = point.emailHashes.map((each) => toEmailHash(each, createdAt))
  if (point.devicePoints.length > 0) body.devicePoints = point.devicePoints
  if (point.named.length > 0) body.named = point.named
  if (point.profiles.length > 0) body.profiles = point.profiles.map((each) => toProfile(each, createdAt))
  if (point.segments.length > 0) body.segments = point.segments
  if (point.scenarios.length > 0) body.scenarios = point.scenarios
  if (point.choices.length > 0) body.choices = point.choices
  if (point.mergedAt.length > 0) body.mergedAt = point.mergedAt
  return body
}
