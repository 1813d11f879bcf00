/**
 * Removes a collectable user point; from any other, it removes the device points without technical ids. Only a
 * sweep sends this command.
 */
import type { CollectUserPoint } from '../command/command.ts'
import { isCollectable } from '../domain/user-point.ts'
import { applied, type Decision, noOp } from './verdict.ts'
import type { Context, View } from './view.ts'

export const collectUserPoint = (view: View, { id }: CollectUserPoint, { now }: Context): Decision => {
  const subject = view.find({ _tag: 'UserPoint', id })
  if (subject === undefined) return noOp('NOT_FOUND')
  const { point } = subject
  if (isCollectable(point, now)) {
    return applied({ _tag: 'UserPointCollected', userPoint: id }, { id, point: undefined })
  }
  const devicePoints = point.devicePoints.filter((device) => device.agents.length > 0)
  const collected = point.devicePoints.length - devicePoints.length
  return collected === 0
    ? noOp('STILL_NEEDED')
    : applied(
        { _tag: 'DevicePointsCollected', userPoint: id, devicePoints: collected },
        { id, point: { ...point, devicePoints } }
      )
}
