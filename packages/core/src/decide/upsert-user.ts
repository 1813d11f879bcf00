/**
 * Patches the user point that named identifiers lead to, and attaches the missing ones. If they lead to several user points,
 * these are merged if the limits of the names allow; else the first identifier decides (the public page *Identity
 * Resolution Management Settings*).
 */
import type { Named, UpsertUser } from '../command/command.ts'
import type { Warning } from '../command/decoded.ts'
import { hyperPointReasons } from '../domain/hyper-point.ts'
import { withEmailHash } from '../domain/identifier.ts'
import type { LostValue } from '../domain/joined-properties.ts'
import { absorbAll, oldestFirst } from '../domain/joining.ts'
import { addIdentifiers, emptyUserPoint, identifierCheck, type Subject, type UserPoint } from '../domain/user-point.ts'
import { findDistinct } from './subject.ts'
import { patchProfile } from './upsert-profile.ts'
import { applied, type Decision, losing, rejected, warned } from './verdict.ts'
import type { Context, View } from './view.ts'

const hasRoom = (point: UserPoint, name: string, limits: UpsertUser['limits']): boolean =>
  point.named.filter((each) => each.name === name).length < (limits.get(name) ?? Number.POSITIVE_INFINITY)

const isWithinLimits = (point: UserPoint, limits: UpsertUser['limits']): boolean =>
  [...limits].every(([name, limit]) => point.named.filter((each) => each.name === name).length <= limit)

interface Joined {
  readonly survivor: Subject | undefined
  readonly point: UserPoint
  readonly absorbed: ReadonlyArray<Subject>
  readonly lost: ReadonlyArray<LostValue>
}

/** Merges the user points and attaches all the identifiers; `undefined` if a name would then exceed its limit. */
const joinAll = (found: ReadonlyArray<Subject>, command: UpsertUser, now: number): Joined | undefined => {
  const [survivor, ...absorbed] = oldestFirst(found)
  // A merge keeps the attributes of all, even under the policy `newestWhole`.
  const { point: joined, lost } =
    survivor === undefined
      ? { point: emptyUserPoint(now), lost: [] }
      : absorbAll([survivor, ...absorbed], now, 'byProperty')
  const point = addIdentifiers(joined, command.identifiers, now)
  return isWithinLimits(point, command.limits) ? { survivor, point, absorbed, lost } : undefined
}

/** Returns whether the identifier is free: no user point has it, and only the owners may have its e-mail hash. */
const isFree = (view: View, identifier: Named, owners: ReadonlyArray<Subject>): boolean => {
  const [holder, hashHolder] = withEmailHash(identifier).map((each) => view.find(each))
  return holder === undefined && (hashHolder === undefined || owners.some(({ id }) => id === hashHolder.id))
}

/** Attaches to the first user point the identifiers that are free and within the limits. */
const joinFirst = (view: View, first: Subject | undefined, command: UpsertUser, now: number): Joined => ({
  survivor: first,
  point: command.identifiers.reduce(
    (point, identifier) =>
      isFree(view, identifier, first === undefined ? [] : [first]) && hasRoom(point, identifier.name, command.limits)
        ? addIdentifiers(point, [identifier], now)
        : point,
    first?.point ?? emptyUserPoint(now)
  ),
  absorbed: [],
  lost: []
})

/** Attaches the other identifiers that are free and within the limits. */
const withAttached = (
  view: View,
  { point, survivor, absorbed }: Joined,
  { attach = [], limits }: UpsertUser,
  now: number
): UserPoint => {
  const owners = survivor === undefined ? [] : [survivor, ...absorbed]
  return attach.reduce(
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
  const joined = joinAll(subjects, command, context.now) ?? joinFirst(view, subjects[0], command, context.now)
  const id = joined.survivor?.id ?? context.newUserPointId()
  const attached = withAttached(view, joined, command, context.now)
  const writtenAt = context.momentAfter(attached)
  const { point, profileCreated } = patchProfile(attached, command.key, command.patch, {
    now: context.now,
    writtenAt
  })
  return warned(
    losing(
      joined.lost,
      applied(
        {
          _tag: 'UserUpserted',
          userPoint: id,
          userPointCreated: joined.survivor === undefined,
          profileCreated,
          merged: joined.absorbed.map((other) => other.id),
          lost: joined.lost.length,
          ...(context.hyperPoint !== undefined &&
            joined.absorbed.length > 0 && { hyperPoint: hyperPointReasons(point, context.now, context.hyperPoint) })
        },
        { id, point },
        ...joined.absorbed.map((other) => ({ id: other.id, point: undefined }))
      )
    ),
    [
      ...(isStale ? [{ code: 'UNKNOWN_USER_POINT', path: 'user_point_id' } as const] : []),
      ...notAttached(point, identifiers, 'identifiers'),
      ...notAttached(point, command.attach ?? [], 'attributes')
    ]
  )
}
