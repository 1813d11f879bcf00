/** Merges the user points of a command, and decides to store the result. */
import { hyperPointReasons } from '../domain/hyper-point.ts'
import type { LostValue } from '../domain/joined-properties.ts'
import { absorbAll, oldestFirst, type ProfileMerge } from '../domain/joining.ts'
import { emptyUserPoint, type Subject, type UserPoint } from '../domain/user-point.ts'
import { applied, type Decision, type Effect, losing } from './verdict.ts'
import type { Context } from './view.ts'

/** A user point and those that it absorbed. */
export interface Merged {
  /** The oldest user point; `undefined`: `point` is new. */
  readonly survivor: Subject | undefined
  readonly point: UserPoint
  readonly absorbed: ReadonlyArray<Subject>
  readonly lost: ReadonlyArray<LostValue>
}

/** Merges user points into the oldest; without user points, returns a new one without data. */
export const mergeAll = (found: ReadonlyArray<Subject>, now: number, profileMerge: ProfileMerge): Merged => {
  // By age, so that the order in which a command names its identifiers does not matter (L-23).
  const [survivor, ...absorbed] = oldestFirst(found)
  if (survivor === undefined) return { survivor, point: emptyUserPoint(now), absorbed, lost: [] }
  return { survivor, absorbed, ...absorbAll([survivor, ...absorbed], now, profileMerge) }
}

type MergeEffect = Extract<Effect, { readonly _tag: 'Associated' | 'UserUpserted' }>
type Own<E> = E extends MergeEffect
  ? Omit<E, 'userPoint' | 'userPointCreated' | 'merged' | 'lost' | 'hyperPoint'>
  : never

/** Returns the decision that stores a merged user point in its final state, and deletes the absorbed ones. */
export const storeMerged = (
  { survivor, absorbed, lost }: Merged,
  point: UserPoint,
  { effect, context }: { readonly effect: Own<MergeEffect>; readonly context: Context }
): Decision => {
  const { now, hyperPoint: limits } = context
  const id = survivor?.id ?? context.newUserPointId()
  return losing(
    lost,
    applied(
      {
        ...effect,
        userPoint: id,
        userPointCreated: survivor === undefined,
        merged: absorbed.map((other) => other.id),
        lost: lost.length,
        ...(limits !== undefined && absorbed.length > 0 && { hyperPoint: hyperPointReasons(point, now, limits) })
      },
      { id, point },
      ...absorbed.map((other) => ({ id: other.id, point: undefined }))
    )
  )
}
