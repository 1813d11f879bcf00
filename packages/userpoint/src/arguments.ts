/** Arguments become the fields of a line. A mistake that compiles, or that JavaScript allows, must not change data. */
import { WrongCall } from '@userpoint/core/repository'
import type { Json, JsonObject } from '@userpoint/core'
import type { ProfileOf, SegmentName } from './calls.ts'

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Returns whether a spread copies all that the value has. A plain object of another realm has a prototype that has none. */
const isPlain = (value: unknown): value is JsonObject => {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Adds fields to the object that the caller gave. Anything else stays as it is, and is refused as in a line. */
export const withFields = (given: unknown, fields: JsonObject): Json =>
  isPlain(given) ? { ...given, ...fields } : (given as Json)

/** @throws TypeError where the moment is neither a number nor a Date. */
export const momentOf = (moment: unknown): number => {
  if (typeof moment === 'number') return moment
  if (moment instanceof Date) return moment.getTime()
  throw new WrongCall('WRONG_ARGUMENT', 'a moment is a Date, or a number of milliseconds since 1970')
}

/** In a line, a membership that never ends. */
export const never = 0

/** @throws TypeError for no moment, and for the moment 0, which a line takes for no end. */
export const endOf = (moment: unknown): number => {
  const end = momentOf(moment)
  if (end === never)
    throw new WrongCall(
      'WRONG_ARGUMENT',
      'a membership cannot end at the moment 0; leave `expires` out if it never ends'
    )
  return end
}

const profileKeys: ReadonlySet<string> = new Set<keyof ProfileOf>(['account', 'compartment'])

/** @throws TypeError where the argument has another shape, because it would name another profile. */
export const keyFields = (profile: ProfileOf = {}): JsonObject => {
  if (!isPlain(profile) || !Object.keys(profile).every((key) => profileKeys.has(key)))
    throw new WrongCall('WRONG_ARGUMENT', 'name a profile: { compartment?, account? }')
  const { compartment, account } = profile
  return {
    ...(compartment !== undefined && { $compartment_id: compartment }),
    ...(account !== undefined && { $user_account_id: account })
  }
}

/** @throws TypeError where the argument has another shape. */
export const segmentField = (segment: SegmentName): JsonObject => {
  const isOnly = (name: string): boolean => isObject(segment) && name in segment && Object.keys(segment).length === 1
  if (isOnly('id') && 'id' in segment) return { segment_id: segment.id }
  if (isOnly('technicalName') && 'technicalName' in segment) return { segment_technical_name: segment.technicalName }
  throw new WrongCall('WRONG_ARGUMENT', 'name a segment: { id } or { technicalName }')
}

const mergeWays: ReadonlyMap<string, JsonObject> = new Map([
  ['shallow', { force_replace: false }],
  ['deep', { force_replace: false, merge_objects: true }],
  ['replace', { force_replace: true }]
])

/** @throws TypeError if the way is unknown: without its fields, a line may replace the profile. */
export const mergeFields = (merge: string): JsonObject => {
  const fields = mergeWays.get(merge)
  if (fields === undefined) throw new WrongCall('WRONG_ARGUMENT', 'merge is shallow, deep or replace')
  return fields
}
