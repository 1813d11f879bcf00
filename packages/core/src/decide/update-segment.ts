/** A user point becomes a member of a segment, or its membership changes; an unknown identifier starts a user point. */
import type { UpdateSegment } from '../command/command.ts'
import { type Segment, sameSegment } from '../domain/attachments.ts'
import { setItem } from '../domain/keyed.ts'
import { E } from '../fp.ts'
import { findOrCreate } from './subject.ts'
import { applied, type Decision, undecided } from './verdict.ts'
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
  const existing = point.segments.find((segment) => sameSegment(segment, command.key))
  const expiry = expiresAt(command.expiry, context.now)
  const dataBag = command.dataBag ?? existing?.dataBag
  const segment: Segment = {
    ...command.key,
    createdAt: existing?.createdAt ?? context.now,
    modifiedAt: context.now,
    ...(expiry !== undefined && { expiresAt: expiry }),
    ...(dataBag !== undefined && { dataBag })
  }
  return applied(
    { _tag: 'SegmentUpdated', userPoint: id, userPointCreated: created, segmentCreated: existing === undefined },
    { id, point: { ...point, segments: setItem(point.segments, segment, sameSegment) } }
  )
}
