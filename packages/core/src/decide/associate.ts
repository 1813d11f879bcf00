/**
 * All the identifiers of a line become one user point's: a new one's, that of the one they lead to, or, where they lead
 * to several, that of the oldest, which absorbs the others. The devices that are named become one device point.
 */
import type { Associate } from '../command/command.ts'
import type { TechnicalId } from '../domain/user-agent-id.ts'
import {
  absorb,
  addDevicePoint,
  addIdentifier,
  byAge,
  emptyUserPoint,
  findDevicePoint,
  joinDevicePoints,
  type Subject,
  type UserPoint
} from '../domain/user-point.ts'
import { applied, type Decision, noOp, rejected } from './verdict.ts'
import type { Context, View } from './view.ts'

const withAccountsAndEmails = (point: UserPoint, { references }: Associate, now: number): UserPoint =>
  references.reduce(
    (grown, reference) =>
      reference._tag === 'Account' || reference._tag === 'EmailHash' ? addIdentifier(grown, reference, now) : grown,
    point
  )

const withDevices = (point: UserPoint, { references }: Associate, context: Context): UserPoint => {
  const named = references.filter((reference) => reference._tag === 'Agent' || reference._tag === 'DevicePoint')
  const known = named.flatMap((reference) => findDevicePoint(point, reference.id)?.id ?? [])
  const fresh = new Set<TechnicalId>()
  for (const reference of named) {
    if (reference._tag === 'Agent' && findDevicePoint(point, reference.id) === undefined) fresh.add(reference.id)
  }
  if (named.length === 0) return point
  return known.length === 0
    ? addDevicePoint(point, context.newDevicePointId(), [...fresh], context.now)
    : joinDevicePoints(point, known, [...fresh], context.now)
}

export const associate = (view: View, command: Associate, context: Context): Decision => {
  const found: Array<{ readonly id: Subject['id']; readonly createdAt: number; readonly point: UserPoint }> = []
  for (const [i, reference] of command.references.entries()) {
    const subject = view.find(reference)
    if (subject === undefined) {
      if (reference._tag === 'DevicePoint') return rejected('UNKNOWN_DEVICE_POINT', ['identifiers', i, 'user_agent_id'])
    } else if (!found.some((each) => each.id === subject.id)) {
      found.push({ ...subject, createdAt: subject.point.createdAt })
    }
  }
  // By age, so that the order in which a line names its identifiers never shows (L-23).
  const [survivor, ...others] = found.sort(byAge)
  const merged = others.reduce(
    (point, other) => absorb(point, other.point),
    survivor?.point ?? emptyUserPoint(context.now)
  )
  const point = withDevices(withAccountsAndEmails(merged, command, context.now), command, context)
  if (point === survivor?.point) return noOp('ALREADY_ASSOCIATED')
  const id = survivor?.id ?? context.newUserPointId()
  return applied(
    {
      _tag: 'Associated',
      userPoint: id,
      userPointCreated: survivor === undefined,
      merged: others.map((other) => other.id)
    },
    { id, point },
    ...others.map((other) => ({ id: other.id, point: undefined }))
  )
}
