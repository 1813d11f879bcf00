/**
 * Attaches all the identifiers of a line to one user point: a new one, the one that they lead to, or the oldest of several,
 * which absorbs the others. The devices of the line become one device point.
 */
import type { Associate } from '../command/command.ts'
import { hyperPointReasons } from '../domain/hyper-point.ts'
import { absorbAll, joinDevicePoints, oldestFirst } from '../domain/joining.ts'
import type { TechnicalId } from '../domain/user-agent-id.ts'
import {
  addDevicePoint,
  addIdentifiers,
  devicePointLookup,
  emptyUserPoint,
  type UserPoint
} from '../domain/user-point.ts'
import { findDistinct } from './subject.ts'
import { applied, type Decision, losing, noOp, rejected } from './verdict.ts'
import type { Context, View } from './view.ts'

const withoutDevices = (references: Associate['references']) =>
  references.filter((reference) => reference._tag !== 'Agent' && reference._tag !== 'DevicePoint')

const withDevices = (point: UserPoint, { references }: Associate, context: Context): UserPoint => {
  const named = references.filter((reference) => reference._tag === 'Agent' || reference._tag === 'DevicePoint')
  if (named.length === 0) return point
  const holderOf = devicePointLookup(point, named.length)
  const known = named.flatMap((reference) => holderOf(reference.id)?.id ?? [])
  const fresh = new Set<TechnicalId>()
  for (const reference of named) {
    if (reference._tag === 'Agent' && holderOf(reference.id) === undefined) fresh.add(reference.id)
  }
  return known.length === 0
    ? addDevicePoint(point, context.newDevicePointId(), [...fresh], context.now)
    : joinDevicePoints(point, known, [...fresh], context.now)
}

export const associate = (view: View, command: Associate, context: Context): Decision => {
  const unknown = command.references.findIndex(
    (reference) => reference._tag === 'DevicePoint' && view.find(reference) === undefined
  )
  if (unknown !== -1) return rejected('UNKNOWN_DEVICE_POINT', ['identifiers', unknown, 'user_agent_id'])
  // By age, so that the order in which a line names its identifiers never shows (L-23).
  const [survivor, ...others] = oldestFirst(findDistinct(view, command.references))
  const { point: joined, lost } =
    survivor === undefined
      ? { point: emptyUserPoint(context.now), lost: [] }
      : absorbAll([survivor, ...others], context.now, context.profileMerge ?? 'byProperty')
  const point = withDevices(addIdentifiers(joined, withoutDevices(command.references), context.now), command, context)
  if (point === survivor?.point) return noOp('ALREADY_ASSOCIATED')
  const id = survivor?.id ?? context.newUserPointId()
  return losing(
    lost,
    applied(
      {
        _tag: 'Associated',
        userPoint: id,
        userPointCreated: survivor === undefined,
        merged: others.map((other) => other.id),
        lost: lost.length,
        ...(context.hyperPoint !== undefined &&
          others.length > 0 && { hyperPoint: hyperPointReasons(point, context.now, context.hyperPoint) })
      },
      { id, point },
      ...others.map((other) => ({ id: other.id, point: undefined }))
    )
  )
}
