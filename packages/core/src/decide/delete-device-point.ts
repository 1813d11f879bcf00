/** Removes a device point with all its technical ids, also those that the line does not name; the user point stays. */
import type { DeleteDevicePoint } from '../command/command.ts'
import { findDevicePoint } from '../domain/user-point.ts'
import { applied, type Decision, noOp } from './verdict.ts'
import type { View } from './view.ts'

export const deleteDevicePoint = (view: View, { device }: DeleteDevicePoint): Decision => {
  const subject = view.find(device)
  const found = subject && findDevicePoint(subject.point, device.id)
  if (found === undefined) return noOp('NOT_FOUND')
  const { id, point } = subject as NonNullable<typeof subject>
  return applied(
    { _tag: 'DevicePointDeleted', userPoint: id, technicalIds: found.agents.length },
    { id, point: { ...point, devicePoints: point.devicePoints.filter((each) => each !== found) } }
  )
}
