/** Limits of one user point: what a store, a request and a reader of it must be able to hold. */
import { isJsonArray, type Json, type JsonObject } from './json.ts'
import { sameProfileKey } from './profile.ts'
import type { UserPoint } from './user-point.ts'

export interface PersonLimits {
  /** The most identifiers; device points and the ids of absorbed user points and device points count too. */
  readonly identifiers: number
  /** The most profiles, segments, scenarios and choices together. */
  readonly attachments: number
  /** The most bytes of one profile's properties as JSON in UTF-8. */
  readonly profileBytes: number
  /** The most elements of one array in a profile. */
  readonly arrayLength: number
}

/** Limits that suit most services; no policy applies them by default. */
export const suggestedPersonLimits: PersonLimits = {
  identifiers: 20_000,
  attachments: 20_000,
  profileBytes: 1_000_000,
  arrayLength: 10_000
}

export type PersonExcess = 'TOO_MANY_IDENTIFIERS' | 'TOO_MANY_ATTACHMENTS' | 'PROFILE_TOO_LARGE' | 'ARRAY_TOO_LONG'

const countClaims = ({ accounts, emailHashes, named, devicePoints, formerIds }: UserPoint): number =>
  devicePoints.reduce(
    (sum, device) => sum + 1 + device.agents.length + (device.formerIds?.length ?? 0),
    accounts.length + emailHashes.length + named.length + formerIds.length
  )

const countAttachments = ({ profiles, segments, scenarios, choices }: UserPoint): number =>
  profiles.length + segments.length + scenarios.length + choices.length

const utf8Length = (text: string): number => {
  let length = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // Each half of a surrogate pair is two of the four bytes.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return length
}

const longestArray = (value: Json): number => {
  if (typeof value !== 'object' || value === null) return 0
  const members = isJsonArray(value) ? value : Object.values(value)
  return members.reduce<number>(
    (longest, member) => Math.max(longest, longestArray(member)),
    isJsonArray(value) ? value.length : 0
  )
}

/** The sizes of a profile's properties, each measured when it is asked for. */
const sizesOf = (properties: JsonObject) => {
  const text = JSON.stringify(properties)
  return {
    // No unit of a text is more than three bytes, so that most texts need no look at each.
    bytes: (limit: number): number => (text.length * 3 <= limit ? text.length : utf8Length(text)),
    // An array of so many elements has at least as many commas.
    longest: (limit: number): number => (text.length <= limit ? 0 : longestArray(properties))
  }
}

const nothing: JsonObject = {}

const excessOfProfile = (
  before: JsonObject,
  after: JsonObject,
  { profileBytes, arrayLength }: PersonLimits
): PersonExcess | undefined => {
  const sizes = sizesOf(after)
  const bytes = sizes.bytes(profileBytes)
  const longest = sizes.longest(arrayLength)
  if (bytes <= profileBytes && longest <= arrayLength) return undefined
  const earlier = sizesOf(before)
  if (bytes > profileBytes && bytes > earlier.bytes(0)) return 'PROFILE_TOO_LARGE'
  return longest > arrayLength && longest > earlier.longest(0) ? 'ARRAY_TOO_LONG' : undefined
}

/**
 * Returns the limit that a change exceeds. One that a user point exceeded before, and that the change does not exceed
 * further, does not count: what is too large can still be made smaller.
 *
 * @param before The user point before the change; in a merge, the survivor. `undefined`: it is new.
 */
export const excessOf = (
  before: UserPoint | undefined,
  after: UserPoint,
  limits: PersonLimits
): PersonExcess | undefined => {
  const grows = (count: (point: UserPoint) => number, limit: number): boolean => {
    const now = count(after)
    return now > limit && (before === undefined || now > count(before))
  }
  if (grows(countClaims, limits.identifiers)) return 'TOO_MANY_IDENTIFIERS'
  if (grows(countAttachments, limits.attachments)) return 'TOO_MANY_ATTACHMENTS'
  for (const profile of after.profiles) {
    const earlier = before?.profiles.find((each) => sameProfileKey(each, profile))
    if (earlier?.properties === profile.properties) continue
    const excess = excessOfProfile(earlier?.properties ?? nothing, profile.properties, limits)
    if (excess !== undefined) return excess
  }
  return undefined
}
