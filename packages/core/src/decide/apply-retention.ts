/** Removes what the rules of retention forget of a user point (L-39). Only a sweep sends this command. */
import type { ApplyRetention } from '../command/command.ts'
import { forgottenBy } from '../domain/retention.ts'
import { applied, type Decision, noOp } from './verdict.ts'
import type { Context, View } from './view.ts'

export const applyRetention = (view: View, { id, rules }: ApplyRetention, { now }: Context): Decision => {
  const subject = view.find({ _tag: 'UserPoint', id })
  if (subject === undefined) return noOp('NOT_FOUND')
  const forgotten = forgottenBy(rules, subject.point, now)
  if (forgotten === undefined) return noOp('STILL_NEEDED')
  const { point, ...counts } = forgotten
  return applied(
    { _tag: 'RetentionApplied', userPoint: id, userPointDeleted: point === undefined, ...counts },
    { id, point }
  )
}
