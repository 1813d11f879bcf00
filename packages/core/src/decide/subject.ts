/** Finds, or creates, the user point of a command. */
import type { Who } from '../command/command.ts'
import type { Warning } from '../command/decoded.ts'
import { type Rejection, rejection } from '../command/rejection.ts'
import type { Reference } from '../domain/identifier.ts'
import { addDevicePoint, emptyUserPoint, type Subject, type UserPoint } from '../domain/user-point.ts'
import { startUserPoint } from '../domain/user-point-identifiers.ts'
import { E } from '../fp.ts'
import { type Decision, noOp, warned } from './verdict.ts'
import type { Context, View } from './view.ts'

/** Returns the user points that references lead to, each once, in the order of the references. */
export const findDistinct = (view: View, references: ReadonlyArray<Reference>): ReadonlyArray<Subject> => {
  const [only] = references
  if (only !== undefined && references.length === 1) {
    const subject = view.find(only)
    return subject === undefined ? [] : [subject]
  }
  const found = new Map<string, Subject>()
  for (const reference of references) {
    const subject = view.find(reference)
    if (subject !== undefined) found.set(subject.id, subject)
  }
  return [...found.values()]
}

/** Returns the user point of a command, if it exists; a rejection if the references conflict (B-01, B-02). */
export const findWho = (view: View, who: Who): E.Either<Rejection, Subject | undefined> => {
  if (who._tag !== 'AnyOf') return E.right(view.find(who))
  if (who.decisive && view.find(who.references[0]) === undefined) return E.right(undefined)
  const found = findDistinct(view, who.references)
  return found.length > 1 && who.onConflict === 'Reject' ? E.left(rejection('IDENTIFIER_CONFLICT')) : E.right(found[0])
}

/**
 * Returns the no-op for a deletion whose user point is missing. It warns if the decisive id is unknown while another
 * identifier leads to a user point, which is not changed (B-04).
 */
export const notFound = (view: View, who: Who): Decision =>
  warned(
    noOp('NOT_FOUND'),
    who._tag === 'AnyOf' &&
      who.decisive &&
      view.find(who.references[0]) === undefined &&
      findDistinct(view, who.references).length > 0
      ? [{ code: 'OTHER_USER', path: 'identifiers' }]
      : []
  )

/** A user point, and whether it is new. */
export interface FoundOrCreated extends Subject {
  readonly created: boolean
}

/** Returns a new user point with this one identifier; `undefined` for an id that only the store may create. */
const create = (reference: Reference, context: Context): FoundOrCreated | undefined => {
  if (reference._tag === 'DevicePoint' || reference._tag === 'UserPoint') return undefined
  const point =
    reference._tag === 'Agent'
      ? addDevicePoint(
          emptyUserPoint(context.now),
          { id: context.newDevicePointId(), agents: [reference.id] },
          context.now
        )
      : startUserPoint(reference, context.now)
  return { id: context.newUserPointId(), point, created: true }
}

/** Returns the user point that a reference leads to, or a new one; a rejection for an unknown id of the store's. */
export const findOrCreate = (
  view: View,
  reference: Reference,
  context: Context
): E.Either<Rejection, FoundOrCreated> => {
  const found = view.find(reference)
  const subject =
    found === undefined ? create(reference, context) : { id: found.id, point: found.point, created: false }
  if (subject !== undefined) return E.right(subject)
  return E.left(
    reference._tag === 'UserPoint'
      ? rejection('UNKNOWN_USER_POINT')
      : rejection('UNKNOWN_DEVICE_POINT', ['user_agent_id'])
  )
}

/** Returns the warning about a missing profile of a user point that has other profiles. */
export const otherProfiles = (point: UserPoint, path: string): ReadonlyArray<Warning> =>
  point.profiles.length === 0 ? [] : [{ code: 'OTHER_PROFILES', path }]
