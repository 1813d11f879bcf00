/** Removes a user point with all attached data; its identifiers are then unknown. */
import type { DeleteUserPoint } from '../command/command.ts'
import { currentSegments } from '../domain/attachments.ts'
import { countIdentifiers } from '../domain/user-point.ts'
import { E } from '../fp.ts'
import { findWho, notFound } from './subject.ts'
import { applied, type Decision, undecided } from './verdict.ts'
import type { Context, View } from './view.ts'

export const deleteUserPoint = (view: View, { reference }: DeleteUserPoint, { now }: Context): Decision => {
  const subject = findWho(view, reference)
  if (E.isLeft(subject)) return undecided(subject.left)
  if (subject.right === undefined) return notFound(view, reference)
  const { id, point } = subject.right
  return applied(
    {
      _tag: 'UserPointDeleted',
      userPoint: id,
      identifiers: countIdentifiers(point),
      devicePoints: point.devicePoints.length,
      profiles: point.profiles.length,
      segments: currentSegments(point.segments, now).length,
      scenarios: point.scenarios.length,
      choices: point.choices.length
    },
    { id, point: undefined }
  )
}
