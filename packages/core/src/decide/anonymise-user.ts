/** Removes the personal identifiers of a user point, even the last one, and personal properties of one profile (B-35). */
import type { AnonymiseUser } from '../command/command.ts'
import { countIdentifiers, findProfile, setProfile } from '../domain/user-point.ts'
import { removeIdentifier } from '../domain/user-point-identifiers.ts'
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
  const nameless = point.named
    .filter(({ name }) => command.names.includes(name))
    .reduce((rest, { name, value }) => removeIdentifier(rest, { _tag: 'Named', name, value }), point)
  const profile = findProfile(point, command.key)
  const identifiers = countIdentifiers(point) - countIdentifiers(nameless)
  const patched = profile && withPatches({ point: nameless, profile }, [command.patch], context)
  const anonymous = patched === undefined || patched === profile ? nameless : setProfile(nameless, patched)
  const others = point.profiles.length - (profile === undefined ? 0 : 1)
  return warned(
    anonymous === point
      ? noOp('UNCHANGED')
      : applied({ _tag: 'UserAnonymised', userPoint: id, identifiers }, { id, point: anonymous }),
    others > 0 ? [{ code: 'OTHER_PROFILES', path: 'profiles' }] : []
  )
}
