/**
 * Makes a user point a member of a segment, or changes the membership; an expired one starts anew. An unknown
 * identifier creates the user point.
 */
import type { UpdateSegment } from '../command/command.ts'
import { dataBagOf, isCurrent, sameSegment, segmentOf } from '../domain/attachments.ts'
import { sameSegmentData } from '../domain/changed-paths.ts'
import { setItem } from '../domain/keyed.ts'
import { timesAt } from '../domain/moment.ts'
import { E } from '../fp.ts'
import { findOrCreate } from './subject.ts'
import { applied, type Decision, unaltered, undecided } from './verdict.ts'
import type { Context, View } from './view.ts'

const expiresAt = (expiry: UpdateSegment['expiry'], now: number): number | undefined => {
  switch (expiry._tag) {
    case 'Never':
      return undefined
    case 'At':
      return expiry.moment
    case 'After':
      return now + expiry.milliseconds
  }
}

export const updateSegment = (view: View, command: UpdateSegment, context: Context): Decision => {
  const subject = findOrCreate(view, command.reference, context)
  if (E.isLeft(subject)) return undecided(subject.left)
  const { id, point, created } = subject.right
  const existing = point.segments.find(
    (segment) => sameSegment(segment, command.key) && isCurrent(segment, context.now)
  )
  const writtenAt = context.momentAfter(point)
  const bag = command.dataBag === undefined ? dataBagOf(existing) : { dataBag: command.dataBag, dataBagAt: writtenAt }
  const segment = segmentOf({
    ...command.key,
    ...timesAt(existing, context.now),
    ...bag,
    writtenAt,
    expiresAt: expiresAt(command.expiry, context.now)
  })
  const isSame = existing !== undefined && sameSegmentData(existing, segment)
  return applied(
    {
      _tag: 'SegmentUpdated',
      userPoint: id,
      userPointCreated: created,
      segmentCreated: existing === undefined,
      ...(isSame && unaltered)
    },
    { id, point: { ...point, segments: setItem(point.segments, segment, sameSegment) } }
  )
}
