/**
 * Patches the profile at a key, or `{}`. An unknown identifier creates the user point; an unknown id of a device point cannot,
 * because only the store creates those.
 */
import type { UpsertProfile } from '../command/command.ts'
import { sameProfileData } from '../domain/changed-paths.ts'
import { isJsonObject } from '../domain/json.ts'
import { type Moment, timesAt } from '../domain/moment.ts'
import { apply } from '../domain/patch.ts'
import { partOfProfile, profileOf } from '../domain/profile.ts'
import { findProfile, setProfile, type UserPoint } from '../domain/user-point.ts'
import { partOfProperties } from '../domain/written.ts'
import { E } from '../fp.ts'
import { findOrCreate } from './subject.ts'
import { applied, type Decision, type Effect, undecided } from './verdict.ts'
import type { Context, View } from './view.ts'

/** Patches the profile at a key of a user point, and returns whether that profile is new, and whether it is as it was. */
export const patchProfile = (
  point: UserPoint,
  { key, patch }: Pick<UpsertProfile, 'key' | 'patch'>,
  { now, writtenAt }: { readonly now: number; readonly writtenAt: Moment }
): { readonly point: UserPoint; readonly profileCreated: boolean; readonly isSame: boolean } => {
  const existing = findProfile(point, key)
  const before = existing?.properties ?? {}
  const patched = apply(patch, before)
  // If the patch deletes the properties or replaces them with another value, the profile is empty.
  const properties = isJsonObject(patched) ? patched : {}
  const part = existing === undefined ? writtenAt : partOfProfile(existing)
  // No spread: it would cost a third of an import, and nearly every line does this.
  const { createdAt, modifiedAt } = timesAt(existing, now)
  const profile = profileOf(key, {
    createdAt,
    modifiedAt,
    writtenAt,
    properties,
    part: partOfProperties(patch, { before, part, after: properties, now: writtenAt })
  })
  const isSame = existing !== undefined && sameProfileData(existing, profile)
  return { point: setProfile(point, profile), profileCreated: existing === undefined, isSame }
}

export const upsertProfile = (view: View, { reference, key, patch }: UpsertProfile, context: Context): Decision => {
  const subject = findOrCreate(view, reference, context)
  if (E.isLeft(subject)) return undecided(subject.left)
  const { id, created } = subject.right
  const writtenAt = context.momentAfter(subject.right.point)
  const { point, profileCreated, isSame } = patchProfile(
    subject.right.point,
    { key, patch },
    { now: context.now, writtenAt }
  )
  // No spread here either.
  const effect: Effect = isSame
    ? { _tag: 'ProfileUpserted', userPoint: id, userPointCreated: created, profileCreated, changed: 0 }
    : { _tag: 'ProfileUpserted', userPoint: id, userPointCreated: created, profileCreated }
  return applied(effect, { id, point })
}
