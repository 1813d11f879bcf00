/** A user point goes with everything attached to it, and none of its identifiers leads anywhere any more. */
import type { DeleteUserPoint } from '../command/command.ts'
import { countIdentifiers } from '../domain/user-point.ts'
import { applied, type Decision, noOp } from './verdict.ts'
import type { View } from './view.ts'

export const deleteUserPoint = (view: View, { reference }: DeleteUserPoint): Decision => {
  const subject = view.find(reference)
  if (subject === undefined) return noOp('NOT_FOUND')
  const { id, point } = subject
  return applied(
    {
      _tag: 'UserPointDeleted',
      userPoint: id,
      identifiers: countIdentifiers(point),
      devicePoints: point.devicePoints.length,
      profiles: point.profiles.length
    },
    { id, point: undefined }
  )
}
