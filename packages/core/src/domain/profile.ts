/**
 * Profiles: a user point has at most one for each key, a compartment and an account id or none (SPEC 2.5). The key is no
 * part of the merged data, and neither are the system's own timestamps.
 */
import type { CompartmentId } from './compartment.ts'
import type { JsonObject } from './json.ts'

/** Which profile of a user point; without an account it is the compartment's anonymous one. */
export type ProfileKey = {
  readonly compartment: CompartmentId
  readonly accountId?: string
}

export type Profile = ProfileKey & {
  /** Milliseconds since 1970, set when the profile was created; later upserts keep it. */
  readonly createdAt: number
  /** Milliseconds since 1970, set by each upsert. */
  readonly modifiedAt: number
  readonly properties: JsonObject
}

export const sameProfileKey = (a: ProfileKey, b: ProfileKey): boolean =>
  a.compartment === b.compartment && a.accountId === b.accountId
