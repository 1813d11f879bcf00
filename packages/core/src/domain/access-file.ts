/**
 * The access file: everything about one person, for the person (articles 15 and 20 of the GDPR), as JSON of a fixed shape. It has all
 * that a user point has, in the words of no dialect.
 */
import type { JsonObject } from './json.ts'
import type { Profile } from './profile.ts'
import type { Subject, UserPoint } from './user-point.ts'

/** The version of the shape. It grows if a member is renamed or removed, or changes its meaning; members may be added at any time. */
const version = 1

const dayLength = 86_400_000
// From the year 1 to the year 9999.
const farthest = 62_135_596_800_000

const digits = (value: number, length: number): string => String(value).padStart(length, '0')

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const daysBefore = (year: number): number => {
  const past = year - 1
  return past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - 719_162
}

/** Returns the date of a day, which is counted from 1970. Core has no clock, and so no `Date`. */
const dayOf = (days: number): string => {
  let year = 1970 + Math.floor(days / 365.2425)
  while (daysBefore(year) > days) year--
  while (daysBefore(year + 1) <= days) year++
  let left = days - daysBefore(year)
  let month = 1
  for (const length of [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
    if (left < length) break
    left -= length
    month++
  }
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(left + 1, 2)}`
}

/** Returns a time as ISO 8601 in UTC; one far from now, as milliseconds since 1970. */
const timeOf = (milliseconds: number): string => {
  if (!(Math.abs(milliseconds) <= farthest)) return String(milliseconds)
  const whole = Math.trunc(milliseconds)
  const days = Math.floor(whole / dayLength)
  const [rest, ms] = [Math.floor((whole - days * dayLength) / 1_000), ((whole % 1_000) + 1_000) % 1_000]
  const clock = [Math.floor(rest / 3_600), Math.floor(rest / 60) % 60, rest % 60].map((part) => digits(part, 2))
  return `${dayOf(days)}T${clock.join(':')}.${digits(ms, 3)}Z`
}

const identifiersOf = (point: UserPoint): ReadonlyArray<JsonObject> => [
  ...point.accounts.map(({ compartment, accountId, createdAt }) => ({
    type: 'account',
    compartment,
    value: accountId,
    since: timeOf(createdAt)
  })),
  ...point.emailHashes.map(({ hash, createdAt }) => ({ type: 'email_hash', value: hash, since: timeOf(createdAt) })),
  ...point.named.map(({ name, value, createdAt }) => ({ type: 'named', name, value, since: timeOf(createdAt) })),
  ...point.devicePoints.map(({ id, createdAt, agents, formerIds }) => ({
    type: 'device',
    value: id,
    since: timeOf(createdAt),
    agents: agents.map((agent) => ({ value: agent.id, since: timeOf(agent.createdAt) })),
    ...(formerIds !== undefined && { merged_devices: formerIds })
  }))
]

const profileIn = ({ compartment, accountId, createdAt, modifiedAt, properties }: Profile): JsonObject => ({
  compartment,
  ...(accountId !== undefined && { account: accountId }),
  created: timeOf(createdAt),
  modified: timeOf(modifiedAt),
  properties
})

/**
 * Returns everything about one person as an access file, version 1; docs/access.md describes each member.
 *
 * @param subject A result of an engine's `find` or `userPoints`.
 * @param now The time at which it is made, in milliseconds since 1970.
 */
export const accessFileOf = ({ id, point }: Subject, now: number): JsonObject => ({
  format: 'userpoint-access',
  version,
  made: timeOf(now),
  person: { id, since: timeOf(point.createdAt) },
  identifiers: identifiersOf(point),
  profiles: point.profiles.map(profileIn),
  segments: point.segments.map(({ naming, segment, createdAt, modifiedAt, expiresAt, dataBag }) => ({
    segment,
    named_by: naming === 'Id' ? 'id' : 'technical_name',
    created: timeOf(createdAt),
    modified: timeOf(modifiedAt),
    ...(expiresAt !== undefined && { expires: timeOf(expiresAt) }),
    ...(dataBag !== undefined && { data: dataBag })
  })),
  scenarios: point.scenarios.map(({ scenario, createdAt, modifiedAt }) => ({
    scenario,
    created: timeOf(createdAt),
    modified: timeOf(modifiedAt)
  })),
  choices: point.choices.map(({ processing, chosenAt, createdAt, modifiedAt, properties }) => ({
    processing,
    chosen: timeOf(chosenAt),
    created: timeOf(createdAt),
    modified: timeOf(modifiedAt),
    properties
  })),
  merges: { times: point.mergedAt.map(timeOf), former_ids: point.formerIds }
})
