/**
 * Profiles. A user point has at most one for each key: a compartment, with or without an account id. Neither the key nor the
 * system's own timestamps belong to the merged data.
 */
import type { CompartmentId } from './compartment.ts'
import type { JsonObject } from './json.ts'
import type { Moment } from './moment.ts'
import type { Part, Parts } from './written.ts'

/** The key of a profile within its user point; without an account it is the compartment's anonymous profile. */
export type ProfileKey = {
  readonly compartment: CompartmentId
  readonly accountId?: string
}

export type Profile = ProfileKey & {
  /** Milliseconds since 1970, set when the profile was created; later upserts keep it. */
  readonly createdAt: number
  /** Milliseconds since 1970, set by each upsert. */
  readonly modifiedAt: number
  /** The moment of the last write. */
  readonly writtenAt: Moment
  /** When the properties were written; absent: all of them at `writtenAt`. */
  readonly parts?: Parts
  readonly properties: JsonObject
}

/** The properties of a profile, and when each of them was written. */
export interface WrittenProperties {
  readonly properties: JsonObject
  readonly part: Part
}

export const sameProfileKey = (a: ProfileKey, b: ProfileKey): boolean =>
  a.compartment === b.compartment && a.accountId === b.accountId

/** Returns when the properties of a profile were written. */
export const partOfProfile = ({ parts, writtenAt }: Profile): Part => parts ?? writtenAt

type ProfileParts = WrittenProperties & Pick<Profile, 'createdAt' | 'modifiedAt' | 'writtenAt'>

/** Creates a profile; fields with a default value are left out. */
export const profileOf = ({ compartment, accountId }: ProfileKey, parts: ProfileParts): Profile => {
  const { createdAt, modifiedAt, writtenAt, properties, part } = parts
  // Field by field, because nearly every line does this.
  const plain: Profile =
    accountId === undefined
      ? { compartment, createdAt, modifiedAt, writtenAt, properties }
      : { compartment, accountId, createdAt, modifiedAt, writtenAt, properties }
  if (part === writtenAt) return plain
  const written: Parts = typeof part === 'number' ? { at: part } : part
  return accountId === undefined
    ? { compartment, createdAt, modifiedAt, writtenAt, parts: written, properties }
    : { compartment, accountId, createdAt, modifiedAt, writtenAt, parts: written, properties }
}
