/** Patches an existing profile at a key; an edit never creates (A-24, B-05). */
import type { Check, EditProfile, PropertyPath } from '../command/command.ts'
import type { Warning } from '../command/decoded.ts'
import { shownName } from '../command/rejection.ts'
import { getKey, isJsonArray, isJsonObject, type Json } from '../domain/json.ts'
import { deletion, type Patch, within } from '../domain/patch.ts'
import { findProfile, setProfile } from '../domain/user-point.ts'
import { E } from '../fp.ts'
import { withPatches } from './removal.ts'
import { findWho, notFound, otherProfiles } from './subject.ts'
import { applied, type Decision, noOp, rejected, undecided, warned } from './verdict.ts'
import type { Context, View } from './view.ts'

const at = (value: Json | undefined, path: ReadonlyArray<string>): Json | undefined =>
  path.reduce<Json | undefined>((inner, key) => (isJsonObject(inner) ? getKey(inner, key) : undefined), value)

const deletionAt = ([first, ...rest]: ReadonlyArray<string>): Patch =>
  first === undefined ? deletion : within(new Map([[first, deletionAt(rest)]]))

/** Returns deletions of the arrays that a patch has emptied (B-10). */
const emptiedDeletions = (before: Json, after: Json, paths: ReadonlyArray<PropertyPath>): ReadonlyArray<Patch> =>
  paths
    .filter((path) => {
      const array = at(after, path)
      const had = at(before, path)
      return isJsonArray(array) && array.length === 0 && isJsonArray(had) && had.length > 0
    })
    .map(deletionAt)

const failsCheck = (check: Check, properties: Json): boolean => {
  const isThere = (path: PropertyPath): boolean => at(properties, path) !== undefined
  switch (check._tag) {
    case 'ArrayExpected':
      return (
        isThere(check.path) &&
        !isJsonArray(at(properties, check.path)) &&
        !(check.orObject && isJsonObject(at(properties, check.path)))
      )
    case 'Namespace':
      return isJsonObject(at(properties, check.path))
    case 'Elsewhere':
      return !check.places.some(isThere) && isThere(check.other)
  }
}

const warningOf = (check: Check): Warning => ({
  code: check._tag === 'ArrayExpected' ? 'NOT_AN_ARRAY' : 'OTHER_NAMESPACE',
  path: check.path.map(shownName).join('.')
})

export const editProfile = (view: View, command: EditProfile, context: Context): Decision => {
  const subject = findWho(view, command.reference)
  if (E.isLeft(subject)) return undecided(subject.left)
  if (subject.right === undefined) return notFound(view, command.reference)
  const { id, point } = subject.right
  const identifying = command.protected?.find(({ identifierName }) =>
    point.named.some(({ name }) => name === identifierName)
  )
  if (identifying !== undefined) return rejected('IDENTIFIER_ATTRIBUTE', identifying.path)
  const profile = findProfile(point, command.key)
  if (profile === undefined)
    return warned(
      noOp('NOT_FOUND'),
      otherProfiles(point, command.reference._tag === 'AnyOf' ? 'attributes' : 'user_profile')
    )
  const failed = command.checks.filter((check) => failsCheck(check, profile.properties))
  const fatal = failed.find((check) => check._tag === 'ArrayExpected' && check.strict)
  if (fatal !== undefined) return rejected('NOT_AN_ARRAY', fatal.path)
  const patched = withPatches({ point, profile }, [command.patch], context)
  const emptied = emptiedDeletions(profile.properties, patched.properties, command.dropEmptied)
  const edited = emptied.length === 0 ? patched : withPatches({ point, profile }, [command.patch, ...emptied], context)
  return warned(
    edited === profile
      ? noOp('UNCHANGED')
      : applied({ _tag: 'ProfileEdited', userPoint: id }, { id, point: setProfile(point, edited) }),
    failed.map(warningOf)
  )
}
