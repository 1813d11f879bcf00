/** Removes the personal identifiers of a user point, the last one included, and personal properties of one profile (B-35). */
import type { AnonymiseUser } from '../command/command.ts'
import { findProfile, setProfile } from '../domain/user-point.ts'
import { E } from '../fp.ts'
import { withPatches } from './removal.ts'
import { findWho, notFound } from './subject.ts'
import { applied, type Decision, noOp, undecided, warned } from './verdict.ts'
import type { Context, View } from './view.ts'

export const anonymiseUser = (view: View, command: AnonymiseUser, context: Context): Decision => {
  const subject = findWho(view, command.reference)
  if (E.isLeft(subject)) return undecided(subject.left)
  if (subject.right === undefined) return notFound(view, command.reference)
  const { id, point } = subject.right
  const named = point.named.filter(({ name }) => !command.names.includes(name))
  const profile = findProfile(point, command.key)
  const identifiers = point.named.length - named.length
  const patched = profile && withPatches(point, profile, [command.patch], context)
  const anonymous = patched === undefined || patched === profile ? point : setProfile(point, patched)
  const others = point.profiles.length - (profile === undefined ? 0 : 1)
  return warned(
    identifiers === 0 && anonymous === point
      ? noOp('UNCHANGED')
      : applied({ _tag: 'UserAnonymised', userPoint: id, identifiers }, { id, point: { ...anonymous, named } }),
    others > 0 ? [{ code: 'OTHER_PROFILES', path: 'profiles' }] : []
  )
}
