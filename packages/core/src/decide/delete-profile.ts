/** Removes a profile; its user point stays, even without any profile. Never creates. */
import type { DeleteProfile } from '../command/command.ts'
import { sameProfileKey } from '../domain/profile.ts'
import { otherProfiles } from './subject.ts'
import { applied, type Decision, noOp, warned } from './verdict.ts'
import type { View } from './view.ts'

export const deleteProfile = (view: View, { reference, scope }: DeleteProfile): Decision => {
  const subject = view.find(reference)
  if (subject === undefined) return noOp('NOT_FOUND')
  const { id, point } = subject
  const profiles = scope._tag === 'All' ? [] : point.profiles.filter((each) => !sameProfileKey(each, scope.key))
  const deleted = point.profiles.length - profiles.length
  if (deleted === 0) return warned(noOp('NOT_FOUND'), otherProfiles(point, 'user_profile'))
  return applied({ _tag: 'ProfilesDeleted', userPoint: id, profiles: deleted }, { id, point: { ...point, profiles } })
}
