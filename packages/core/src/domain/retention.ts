/**
 * Retention: what of a user point is so old that the rules of the datamart forget it (L-39). Ages are counted from the last
 * write, so each write begins them anew.
 */
import { isJsonObject } from './json.ts'
import { millisecondOf } from './moment.ts'
import { apply, deletion, within } from './patch.ts'
import { partOfProfile, type Profile, profileOf } from './profile.ts'
import type { UserPoint } from './user-point.ts'
import { latestOfPart, partOfMember, partOfProperties } from './written.ts'

/** A property of profiles that is forgotten some days after its last write. */
export type PropertyRule = { readonly name: string; readonly days: number }

/** The rules, in days since the last write. An absent rule forgets nothing. */
export type Retention = {
  /** Top-level properties of profiles, by name. */
  readonly properties?: ReadonlyArray<PropertyRule> | undefined
  /** Whole profiles. */
  readonly profiles?: number | undefined
  /** Memberships of segments, whether they have ended or not. */
  readonly memberships?: number | undefined
  /** Whole people: days since anything of them was last written. */
  readonly people?: number | undefined
}

/** Returns whether there is any rule. */
export const hasRules = ({ properties = [], profiles, memberships, people }: Retention): boolean =>
  properties.length > 0 || (profiles ?? memberships ?? people) !== undefined

/** Counts what the rules forget of one user point. */
export interface Forgotten {
  /** The user point without it; `undefined`: the whole person is forgotten. */
  readonly point: UserPoint | undefined
  readonly profiles: number
  readonly properties: number
  readonly memberships: number
}

const dayLength = 86_400_000

/** Returns whether something that was last written at a time has the age of a rule. */
const isOld = (written: number, days: number | undefined, now: number): boolean =>
  days !== undefined && written + days * dayLength <= now

const latest = (times: ReadonlyArray<number>): number =>
  times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)

/** Returns the time of the last write to anything of a user point, in milliseconds since 1970. */
const lastActivityOf = (point: UserPoint): number =>
  latest([
    point.createdAt,
    ...point.mergedAt,
    ...[...point.accounts, ...point.emailHashes, ...point.named].map(({ createdAt }) => createdAt),
    ...point.devicePoints.flatMap(({ createdAt, agents }) => [createdAt, ...agents.map((each) => each.createdAt)]),
    ...[...point.profiles, ...point.segments, ...point.scenarios, ...point.choices].map(({ modifiedAt }) => modifiedAt)
  ])

/** Returns a profile without its old properties; the same reference if none is old. */
const withoutOld = (profile: Profile, rules: ReadonlyArray<PropertyRule>, now: number): Profile => {
  const part = partOfProfile(profile)
  const old = rules.filter(({ name, days }) => isOld(millisecondOf(latestOfPart(partOfMember(part, name))), days, now))
  const patch = within(new Map(old.map(({ name }) => [name, deletion])))
  const { createdAt, modifiedAt, writtenAt, properties: before } = profile
  const properties = apply(patch, before)
  if (properties === before || !isJsonObject(properties)) return profile
  // It is no write: what stays keeps its age.
  const after = partOfProperties(patch, { before, part, after: properties, now: writtenAt })
  return profileOf(profile, { createdAt, modifiedAt, writtenAt, properties, part: after })
}

const countProperties = (profiles: ReadonlyArray<Profile>): number =>
  profiles.reduce((sum, { properties }) => sum + Object.keys(properties).length, 0)

const sameOrFiltered = <A>(all: ReadonlyArray<A>, keeps: (one: A) => boolean): ReadonlyArray<A> =>
  all.every(keeps) ? all : all.filter(keeps)

/** Returns what the rules forget of a user point at a time; `undefined`: nothing of it. */
export const forgottenBy = (rules: Retention, point: UserPoint, now: number): Forgotten | undefined => {
  const nothing = { profiles: 0, properties: 0, memberships: 0 }
  if (isOld(lastActivityOf(point), rules.people, now)) return { point: undefined, ...nothing }
  const keptProfiles = sameOrFiltered(point.profiles, ({ modifiedAt }) => !isOld(modifiedAt, rules.profiles, now))
  const properties = rules.properties ?? []
  const profiles = keptProfiles.map((profile) => withoutOld(profile, properties, now))
  const segments = sameOrFiltered(point.segments, ({ modifiedAt }) => !isOld(modifiedAt, rules.memberships, now))
  const counts = {
    profiles: point.profiles.length - keptProfiles.length,
    properties: countProperties(keptProfiles) - countProperties(profiles),
    memberships: point.segments.length - segments.length
  }
  if (counts.profiles + counts.properties + counts.memberships === 0) return undefined
  return { point: { ...point, profiles, segments }, ...counts }
}
