/** Edits of an existing profile. A removal does not count as a write. */
import { isJsonObject } from '../domain/json.ts'
import { timesAt } from '../domain/moment.ts'
import { apply, type Patch } from '../domain/patch.ts'
import { partOfProfile, type Profile, profileOf, type WrittenProperties } from '../domain/profile.ts'
import type { UserPoint } from '../domain/user-point.ts'
import { latestOfPart, partOfProperties } from '../domain/written.ts'
import type { Context } from './view.ts'

/** Returns the profile after these patches, one after the other; the same reference if nothing changes. */
export const withPatches = (
  { point, profile }: { readonly point: UserPoint; readonly profile: Profile },
  patches: ReadonlyArray<Patch>,
  context: Context
): Profile => {
  const writtenAt = context.momentAfter(point)
  let after: WrittenProperties = { properties: profile.properties, part: partOfProfile(profile) }
  for (const patch of patches) {
    const patched = apply(patch, after.properties)
    const rest = isJsonObject(patched) ? patched : {}
    const change = { before: after.properties, part: after.part, after: rest, now: writtenAt }
    after = { properties: rest, part: partOfProperties(patch, change) }
  }
  if (after.properties === profile.properties) return profile
  // The patch of a caller's own command may also write.
  const latest = Math.max(profile.writtenAt, latestOfPart(after.part))
  const { createdAt, modifiedAt } = timesAt(profile, context.now)
  return profileOf(profile, {
    createdAt,
    modifiedAt,
    writtenAt: latest,
    properties: after.properties,
    part: after.part
  })
}
