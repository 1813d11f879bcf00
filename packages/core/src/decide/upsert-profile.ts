/**
 * The profile at a key becomes what the patch makes of it, or of `{}`. An unknown identifier starts a user point; a
 * device point's id cannot, because only the store mints those.
 */
import type { UpsertProfile } from '../command/command.ts'
import type { Claimed } from '../domain/identifier.ts'
import { isJsonObject } from '../domain/json.ts'
import { apply } from '../domain/patch.ts'
import {
  addDevicePoint,
  addIdentifier,
  emptyUserPoint,
  findProfile,
  setProfile,
  type Subject
} from '../domain/user-point.ts'
import { applied, type Decision, rejected } from './verdict.ts'
import type { Context, View } from './view.ts'

/** A new user point with this one identifier; none where the reference is a device point's id. */
const createFrom = (reference: Claimed, context: Context): Subject | undefined => {
  if (reference._tag === 'DevicePoint') return undefined
  const empty = emptyUserPoint(context.now)
  const point =
    reference._tag === 'Agent'
      ? addDevicePoint(empty, context.newDevicePointId(), [reference.id], context.now)
      : addIdentifier(empty, reference, context.now)
  return { id: context.newUserPointId(), point }
}

export const upsertProfile = (view: View, { reference, key, patch }: UpsertProfile, context: Context): Decision => {
  const found = view.find(reference)
  const subject = found ?? createFrom(reference, context)
  if (subject === undefined) return rejected('UNKNOWN_DEVICE_POINT', ['user_agent_id'])
  const existing = findProfile(subject.point, key)
  const properties = apply(patch, existing?.properties ?? {})
  const point = setProfile(subject.point, {
    ...key,
    createdAt: existing?.createdAt ?? context.now,
    modifiedAt: context.now,
    // A patch may leave nothing, or no object: the profile is there all the same, and is empty.
    properties: isJsonObject(properties) ? properties : {}
  })
  return applied(
    {
      _tag: 'ProfileUpserted',
      userPoint: subject.id,
      userPointCreated: found === undefined,
      profileCreated: existing === undefined
    },
    { id: subject.id, point }
  )
}
