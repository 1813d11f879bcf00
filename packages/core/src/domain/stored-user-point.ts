/**
 * A user point as the body of a stored document. Empty lists, and times that follow from other times, are left out. That makes
 * the body of the usual user point, with one identifier and one profile, a quarter shorter.
 */
import type { Writable } from './edit.ts'
import { millisecondOf, type Moment, momentOf } from './moment.ts'
import { partOfProfile, type Profile } from './profile.ts'
import { type Account, type EmailHash, emptyUserPoint, type UserPoint } from './user-point.ts'
import { momentOfPart, type Parts } from './written.ts'

/** Without `createdAt`: it is the user point's. */
type Dated<A extends { readonly createdAt: number }> = Omit<A, 'createdAt'> & { readonly createdAt?: number }

/**
 * Without `modifiedAt`: it is the millisecond of `writtenAt`. Without `writtenAt`: it is the first moment of `modifiedAt`,
 * or, without that too, the moment at which the profile was created.
 */
type StoredProfile = Omit<Dated<Profile>, 'modifiedAt' | 'writtenAt' | 'parts'> & {
  readonly modifiedAt?: number
  readonly writtenAt?: Moment
  readonly parts?: Omit<Parts, 'at'> & { readonly at?: Moment }
}

type StoredStart =
  | { readonly createdAt: number; readonly moment?: never }
  | { readonly moment: Moment; readonly createdAt?: never }

/**
 * The stored form of a user point; {@link fromStored} reads it. It has `moment`, at which the data of the first line was
 * written, or `createdAt` if that is not the millisecond of such a moment.
 */
export type StoredUserPoint = StoredStart &
  Partial<Omit<UserPoint, 'createdAt' | 'accounts' | 'emailHashes' | 'profiles'>> & {
    readonly accounts?: ReadonlyArray<Dated<Account>>
    readonly emailHashes?: ReadonlyArray<Dated<EmailHash>>
    readonly profiles?: ReadonlyArray<StoredProfile>
  }

/**
 * Returns the moment of a creation.
 *
 * @param since The creation of the user point, in milliseconds.
 * @param moment The moment of that creation, if it is known.
 */
const creationOf = (createdAt: number, since: number, moment: Moment | undefined): Moment =>
  createdAt === since && moment !== undefined ? moment : momentOf(createdAt)

const fromAccount = ({ compartment, accountId, createdAt }: Dated<Account>, since: number): Account => ({
  compartment,
  accountId,
  createdAt: createdAt ?? since
})

const fromEmailHash = ({ hash, createdAt }: Dated<EmailHash>, since: number): EmailHash => ({
  hash,
  createdAt: createdAt ?? since
})

const fromProfile = (stored: StoredProfile, since: number, moment: Moment | undefined): Profile => {
  const { compartment, accountId, createdAt = since, properties, parts } = stored
  const creation = creationOf(createdAt, since, moment)
  const writtenAt = stored.writtenAt ?? (stored.modifiedAt === undefined ? creation : momentOf(stored.modifiedAt))
  const modifiedAt = stored.modifiedAt ?? (stored.writtenAt === undefined ? createdAt : millisecondOf(writtenAt))
  // One shape each, field by field, because every line reads at least one of these.
  const plain: Profile =
    accountId === undefined
      ? { compartment, createdAt, modifiedAt, writtenAt, properties }
      : { compartment, accountId, createdAt, modifiedAt, writtenAt, properties }
  return parts === undefined ? plain : { ...plain, parts: { at: creation, ...parts } }
}

const toAccount = ({ compartment, accountId, createdAt }: Account, since: number): Dated<Account> =>
  createdAt === since ? { compartment, accountId } : { compartment, accountId, createdAt }

const toEmailHash = ({ hash, createdAt }: EmailHash, since: number): Dated<EmailHash> =>
  createdAt === since ? { hash } : { hash, createdAt }

const toProfile = (profile: Profile, since: number, moment: Moment | undefined): StoredProfile => {
  const { compartment, accountId, createdAt, modifiedAt, writtenAt, parts, properties } = profile
  const stored: Writable<StoredProfile> = { compartment, properties }
  if (accountId !== undefined) stored.accountId = accountId
  if (createdAt !== since) stored.createdAt = createdAt
  const creation = creationOf(createdAt, since, moment)
  if (writtenAt !== creation || modifiedAt !== createdAt) {
    const isExact = writtenAt === momentOf(modifiedAt)
    if (!isExact) stored.writtenAt = writtenAt
    if (isExact || modifiedAt !== millisecondOf(writtenAt)) stored.modifiedAt = modifiedAt
  }
  if (parts !== undefined) {
    const { at, ...rest } = parts
    stored.parts = at === creation ? rest : parts
  }
  return stored
}

/** Returns the user point of a stored body. */
export const fromStored = (body: StoredUserPoint): UserPoint => {
  const { moment } = body
  const since = body.createdAt ?? millisecondOf(moment ?? 0)
  const { accounts, emailHashes, devicePoints, named, profiles, segments, scenarios, choices, mergedAt, formerIds } =
    emptyUserPoint(since)
  return {
    createdAt: since,
    accounts: body.accounts?.map((each) => fromAccount(each, since)) ?? accounts,
    emailHashes: body.emailHashes?.map((each) => fromEmailHash(each, since)) ?? emailHashes,
    devicePoints: body.devicePoints ?? devicePoints,
    named: body.named ?? named,
    profiles: body.profiles?.map((each) => fromProfile(each, since, moment)) ?? profiles,
    segments: body.segments ?? segments,
    scenarios: body.scenarios ?? scenarios,
    choices: body.choices ?? choices,
    mergedAt: body.mergedAt ?? mergedAt,
    formerIds: body.formerIds ?? formerIds
  }
}

/** Returns the moment of the first write of a user point; `undefined` if its creation does not tell the millisecond of it. */
const startOf = ({ createdAt, profiles }: UserPoint): Moment | undefined => {
  const [first] = profiles
  if (first === undefined || first.createdAt !== createdAt) return undefined
  const moment = momentOfPart(partOfProfile(first))
  return millisecondOf(moment) === createdAt ? moment : undefined
}

/** Returns the stored body of a user point. */
export const toStored = (point: UserPoint): StoredUserPoint => {
  const { createdAt } = point
  const start = startOf(point)
  // `moment` takes no more characters than `createdAt`, so that a user point with one write costs no extra space.
  const body: Writable<StoredUserPoint> = start === undefined ? { createdAt } : { moment: start }
  if (point.accounts.length > 0) body.accounts = point.accounts.map((each) => toAccount(each, createdAt))
  if (point.emailHashes.length > 0) body.emailHashes = point.emailHashes.map((each) => toEmailHash(each, createdAt))
  if (point.devicePoints.length > 0) body.devicePoints = point.devicePoints
  if (point.named.length > 0) body.named = point.named
  if (point.profiles.length > 0) body.profiles = point.profiles.map((each) => toProfile(each, createdAt, start))
  if (point.segments.length > 0) body.segments = point.segments
  if (point.scenarios.length > 0) body.scenarios = point.scenarios
  if (point.choices.length > 0) body.choices = point.choices
  if (point.mergedAt.length > 0) body.mergedAt = point.mergedAt
  if (point.formerIds.length > 0) body.formerIds = point.formerIds
  return body
}
