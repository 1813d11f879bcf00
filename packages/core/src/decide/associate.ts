/**
 * Attaches all the identifiers of a line to one user point: a new one, the one that they lead to, or the oldest of several,
 * which absorbs the others. The devices of the line become one device point.
 */
import type { Associate } from '../command/command.ts'
import { joinDevicePoints } from '../domain/joining.ts'
import type { TechnicalId } from '../domain/user-agent-id.ts'
import { addDevicePoint, devicePointLookup, type UserPoint } from '../domain/user-point.ts'
import { addIdentifiers } from '../domain/user-point-identifiers.ts'
import { mergeAll, storeMerged } from './merging.ts'
import { findDistinct } from './subject.ts'
import { type Decision, noOp, rejected } from './verdict.ts'
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
    ? addDevicePoint(point, { id: context.newDevicePointId(), agents: [...fresh] }, context.now)
    : joinDevicePoints(point, { ids: known, fresh: [...fresh] }, context.now)
}

export const associate = (view: View, command: Associate, context: Context): Decision => {
  const unknown = command.references.findIndex(
    (reference) => reference._tag === 'DevicePoint' && view.find(reference) === undefined
  )
  if (unknown !== -1) return rejected('UNKNOWN_DEVICE_POINT', ['identifiers', unknown, 'user_agent_id'])
  const merged = mergeAll(findDistinct(view, command.references), context.now, context.profileMerge ?? 'byProperty')
  const identified = addIdentifiers(merged.point, withoutDevices(command.references), context.now)
  const point = withDevices(identified, command, context)
  if (point === merged.survivor?.point) return noOp('ALREADY_ASSOCIATED')
  return storeMerged(merged, point, { effect: { _tag: 'Associated' }, context })
}
