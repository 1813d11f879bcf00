/**
 * Patches the user point that named identifiers lead to, and attaches the missing ones. If they lead to several user points,
 * these are merged if the limits of the names allow; else the first identifier decides (the public page *Identity
 * Resolution Management Settings*).
 */
import type { Named, UpsertUser } from '../command/command.ts'
import type { Warning } from '../command/decoded.ts'
import { withEmailHash } from '../domain/identifier.ts'
import type { Subject, UserPoint } from '../domain/user-point.ts'
import { addIdentifiers, identifierCheck } from '../domain/user-point-identifiers.ts'
import { mergeAll, type Merged, storeMerged } from './merging.ts'
import { findDistinct } from './subject.ts'
import { patchProfile } from './upsert-profile.ts'
import { type Decision, rejected, unaltered, warned } from './verdict.ts'
import type { Context, View } from './view.ts'

const hasRoom = (point: UserPoint, name: string, limits: UpsertUser['limits']): boolean =>
  point.named.filter((each) => each.name === name).length < (limits.get(name) ?? Number.POSITIVE_INFINITY)

const isWithinLimits = (point: UserPoint, limits: UpsertUser['limits']): boolean =>
  [...limits].every(([name, limit]) => point.named.filter((each) => each.name === name).length <= limit)

/** Merges the user points and attaches all the identifiers; `undefined` if a name would then exceed its limit. */
const joinAll = (found: ReadonlyArray<Subject>, command: UpsertUser, now: number): Merged | undefined => {
  // A merge keeps the attributes of all, even under the policy `newestWhole`.
  const merged = mergeAll(found, now, 'byProperty')
  const point = addIdentifiers(merged.point, command.identifiers, now)
  return isWithinLimits(point, command.limits) ? { ...merged, point } : undefined
}

/** Returns whether the identifier is free: no user point has it, and only the owners may have its e-mail hash. */
const isFree = (view: View, identifier: Named, owners: ReadonlyArray<Subject>): boolean => {
  const [holder, hashHolder] = withEmailHash(identifier).map((each) => view.find(each))
  return holder === undefined && (hashHolder === undefined || owners.some(({ id }) => id === hashHolder.id))
}

/** Attaches the identifiers that are free and within the limits. */
const attachFree = (
  { point, survivor, absorbed }: Merged,
  identifiers: ReadonlyArray<Named>,
  { view, limits, now }: { readonly view: View; readonly limits: UpsertUser['limits']; readonly now: number }
): UserPoint => {
  const owners = survivor === undefined ? [] : [survivor, ...absorbed]
  return identifiers.reduce(
    (rest, identifier) =>
      isFree(view, identifier, owners) && hasRoom(rest, identifier.name, limits)
        ? addIdentifiers(rest, [identifier], now)
        : rest,
    point
  )
}

const notAttached = (point: UserPoint, identifiers: ReadonlyArray<Named>, field: string): ReadonlyArray<Warning> => {
  const isAttached = identifierCheck(point, identifiers.length)
  return identifiers
    .filter((identifier) => !isAttached(identifier))
    .map(({ name }) => ({ code: 'IDENTIFIER_NOT_ATTACHED', path: `${field}.${name}` }))
}

export const upsertUser = (view: View, command: UpsertUser, context: Context): Decision => {
  const { userPoint, identifiers } = command
  const known = userPoint && view.find({ _tag: 'UserPoint', id: userPoint })
  const isStale = userPoint !== undefined && known === undefined
  if (isStale && identifiers.length === 0) return rejected('UNKNOWN_USER_POINT', ['user_point_id'])
  const found = findDistinct(view, identifiers.flatMap(withEmailHash))
  if (known !== undefined && found.some((subject) => subject.id !== known.id)) return rejected('IDENTIFIER_CONFLICT')
  const subjects = known === undefined ? found : [known]
  const { limits, attach = [] } = command
  const given = { view, limits, now: context.now }
  const joinFirst = (): Merged => {
    const first = mergeAll(subjects.slice(0, 1), context.now, 'byProperty')
    return { ...first, point: attachFree(first, identifiers, given) }
  }
  const merged = joinAll(subjects, command, context.now) ?? joinFirst()
  const attached = attachFree(merged, attach, given)
  const { point, profileCreated, isSame } = patchProfile(attached, command, {
    now: context.now,
    writtenAt: context.momentAfter(attached)
  })
  const isUnchanged = isSame && attached === merged.survivor?.point
  const effect = { _tag: 'UserUpserted', profileCreated, ...(isUnchanged && unaltered) } as const
  return warned(storeMerged(merged, point, { effect, context }), [
    ...(isStale ? [{ code: 'UNKNOWN_USER_POINT', path: 'user_point_id' } as const] : []),
    ...notAttached(point, identifiers, 'identifiers'),
    ...notAttached(point, attach, 'attributes')
  ])
}
