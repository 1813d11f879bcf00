/** Merges user points, and device points. */
import {
  currentSegments,
  dataBagOf,
  joinChoices,
  joinScenarios,
  joinSegments,
  type Choice,
  type Segment,
  sameChoice,
  sameScenario,
  sameSegment
} from './attachments.ts'
import { equalsJson, type Json } from './json.ts'
import { joinProperties, type LostValue, lostValues } from './joined-properties.ts'
import { grown, joinItems } from './keyed.ts'
import { partOfProfile, type Profile, profileOf, sameProfileKey } from './profile.ts'
import type { DevicePointId, TechnicalId } from './user-agent-id.ts'
import type { DevicePoint, Subject, UserPoint } from './user-point.ts'

type Aged = { readonly createdAt: number; readonly id: string }

/** Orders by age, the oldest first; on a tie the smaller id comes first. */
const byAge = (a: Aged, b: Aged): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)

/** Returns the oldest, which survives a merge. */
const oldest = <A extends Aged>(first: A, rest: ReadonlyArray<A>): A =>
  rest.reduce((winner, each) => (byAge(each, winner) < 0 ? each : winner), first)

/** Sorts user points by age: first the survivor of a merge, then the others in the order in which it absorbs them. */
export const oldestFirst = (subjects: ReadonlyArray<Subject>): ReadonlyArray<Subject> =>
  subjects
    .map((subject) => ({ id: subject.id, createdAt: subject.point.createdAt, subject }))
    .sort(byAge)
    .map(({ subject }) => subject)

/**
 * The rule by which two profiles at one key are joined. `byProperty`: each property keeps the value that was written last.
 * `newestWhole`: the profile that was modified last replaces the other one; on a tie the older user point's stays.
 */
export type ProfileMerge = 'byProperty' | 'newestWhole'

/** A user point that absorbed others, and the lost values. */
export interface Joined {
  readonly point: UserPoint
  readonly lost: ReadonlyArray<LostValue>
}

const timesOf = (a: Profile, b: Profile): Pick<Profile, 'createdAt' | 'modifiedAt'> => ({
  createdAt: Math.min(a.createdAt, b.createdAt),
  modifiedAt: Math.max(a.modifiedAt, b.modifiedAt)
})

const joinProfiles = (survivor: Profile, other: Profile, lose: (value: LostValue) => void): Profile => {
  const joined = joinProperties(
    { properties: survivor.properties, part: partOfProfile(survivor) },
    { properties: other.properties, part: partOfProfile(other) }
  )
  joined.lost.forEach(lose)
  const writtenAt = Math.max(survivor.writtenAt, other.writtenAt)
  return profileOf(survivor, { ...timesOf(survivor, other), writtenAt, ...joined })
}

const newestProfile = (survivor: Profile, other: Profile, lose: (value: LostValue) => void): Profile => {
  const [winner, loser] = other.modifiedAt > survivor.modifiedAt ? [other, survivor] : [survivor, other]
  lostValues(loser.properties, winner.properties).forEach(lose)
  return { ...winner, ...timesOf(survivor, other) }
}

const choiceShown = ({ chosenAt, properties }: Choice): Json => ({ ...properties, $choice_ts: chosenAt })

const lostSegment = (loser: Segment, joined: Segment): ReadonlyArray<LostValue> => {
  const { dataBag } = dataBagOf(loser)
  return [
    ...(loser.expiresAt === joined.expiresAt ? [] : [{ path: ['expiration_ts'], value: loser.expiresAt ?? null }]),
    ...(dataBag === undefined || equalsJson(dataBag, joined.dataBag ?? null)
      ? []
      : [{ path: ['data_bag'], value: dataBag }])
  ]
}

/**
 * Merges one user point into another. Where both have a profile, a segment, a scenario or a choice at one key, the two are
 * joined. Expired memberships are dropped.
 */
export const absorb = (
  survivor: UserPoint,
  { id, point: other }: Subject,
  { now, profileMerge }: { readonly now: number; readonly profileMerge: ProfileMerge }
): Joined => {
  const lost: LostValue[] = []
  const loseAt =
    (...place: ReadonlyArray<string | number>) =>
    ({ path, value }: LostValue): void => {
      lost.push({ path: [...place, ...path], value })
    }
  const join = profileMerge === 'newestWhole' ? newestProfile : joinProfiles
  const point: UserPoint = {
    createdAt: Math.min(survivor.createdAt, other.createdAt),
    accounts: grown(survivor.accounts, other.accounts),
    emailHashes: grown(survivor.emailHashes, other.emailHashes),
    devicePoints: grown(survivor.devicePoints, other.devicePoints),
    named: grown(survivor.named, other.named),
    profiles: joinItems(survivor.profiles, other.profiles, {
      sameKey: sameProfileKey,
      join: (a, b, n) => join(a, b, loseAt('profiles', n))
    }),
    segments: joinItems(currentSegments(survivor.segments, now), currentSegments(other.segments, now), {
      sameKey: sameSegment,
      join: (a, b, n) => {
        const joined = joinSegments(a, b)
        for (const each of [a, b]) lostSegment(each, joined).forEach(loseAt('segments', n))
        return joined
      }
    }),
    scenarios: joinItems(survivor.scenarios, other.scenarios, { sameKey: sameScenario, join: joinScenarios }),
    choices: joinItems(survivor.choices, other.choices, {
      sameKey: sameChoice,
      join: (a, b, n) => {
        const joined = joinChoices(a, b)
        for (const each of [a, b]) {
          if (!equalsJson(choiceShown(each), choiceShown(joined)))
            loseAt('choices', n)({ path: [], value: choiceShown(each) })
        }
        return joined
      }
    }),
    mergedAt: survivor.mergedAt.concat(other.mergedAt, now),
    formerIds: survivor.formerIds.concat(id, other.formerIds)
  }
  return { point, lost }
}

/** Merges user points, which are sorted by age, into the first. */
export const absorbAll = (
  [survivor, ...others]: readonly [Subject, ...ReadonlyArray<Subject>],
  now: number,
  profileMerge: ProfileMerge
): Joined =>
  others.reduce<Joined>(
    ({ point, lost }, other) => {
      const joined = absorb(point, other, { now, profileMerge })
      return { point: joined.point, lost: [...lost, ...joined.lost] }
    },
    { point: survivor.point, lost: [] }
  )

/**
 * Merges the device points with these ids, and adds new technical ids: the oldest stays, and the ids of the others lead to it
 * . Returns the same reference if nothing changes.
 */
export const joinDevicePoints = (
  point: UserPoint,
  { ids, fresh }: { readonly ids: ReadonlyArray<DevicePointId>; readonly fresh: ReadonlyArray<TechnicalId> },
  now: number
): UserPoint => {
  const wanted = new Set(ids)
  const joined = point.devicePoints.filter((device) => wanted.has(device.id))
  const [first, ...rest] = joined
  if (first === undefined || (rest.length === 0 && fresh.length === 0)) return point
  const survivor = oldest(first, rest)
  const others = new Set(joined.filter((device) => device !== survivor))
  const formerIds = [
    ...(survivor.formerIds ?? []),
    ...[...others].flatMap((device) => [device.id, ...(device.formerIds ?? [])])
  ]
  const whole: DevicePoint = {
    ...survivor,
    agents: [
      ...survivor.agents,
      ...[...others].flatMap((device) => device.agents),
      ...fresh.map((id) => ({ id, createdAt: now }))
    ],
    ...(formerIds.length > 0 && { formerIds })
  }
  return {
    ...point,
    devicePoints: point.devicePoints
      .filter((device) => !others.has(device))
      .map((device) => (device === survivor ? whole : device))
  }
}
