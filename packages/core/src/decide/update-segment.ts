/** A user point becomes a member of a segment, or its membership changes; an unknown identifier starts a user point. */
import type { UpdateSegment } from '../command/command.ts'
import { type Segment, sameSegment } from '../domain/attachments.ts'
import type { Writable } from '../domain/edit.ts'
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
  // Field by field: thousands of these are looked at for each line, and what spreads made takes ten times as long to look at.
  const { naming, segment: name } = command.key
  const segment: Writable<Segment> = {
    naming,
    segment: name,
    createdAt: existing?.createdAt ?? context.now,
    modifiedAt: context.now
  }
  if (expiry !== undefined) segment.expiresAt = expiry
  if (dataBag !== undefined) segment.dataBag = dataBag
  return applied(
    { _tag: 'SegmentUpdated', userPoint: id, userPointCreated: created, segmentCreated: existing === undefined },
    { id, point: { ...point, segments: setItem(point.segments, segment, sameSegment) } }
  )
}
