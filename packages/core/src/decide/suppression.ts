/**
 * Suppression: an erasure may suppress the identifiers that it removes, and every later command that would give one of them to
 * a user point is rejected, until a command lifts the suppression (L-37).
 */
import { type Command, identifies, type LiftSuppression, referencesOf } from '../command/command.ts'
import { identifierClaimsOf } from '../domain/claims.ts'
import { claimOf, type Reference, withEmailHash } from '../domain/identifier.ts'
import { type Decision, noOp, withWarnings } from './verdict.ts'
import type { Context, View } from './view.ts'

const none: ReadonlyArray<string> = []

/** Returns the references that a command may give to a user point. */
const given = (command: Command): ReadonlyArray<Reference> =>
  command._tag === 'ReplaceIdentifier' ? withEmailHash(command.to) : referencesOf(command)

/** Returns whether a command would give a suppressed identifier to a user point. It is then rejected as a whole. */
export const meetsSuppressed = (view: View, command: Command): boolean => {
  const { suppressed } = view
  if (suppressed === undefined || suppressed.size === 0 || !identifies(command)) return false
  return given(command).some((reference) => reference._tag !== 'UserPoint' && suppressed.has(claimOf(reference)))
}

type Policy = NonNullable<Context['suppression']>

const policiesOf: Readonly<Partial<Record<Command['_tag'], ReadonlyArray<Policy>>>> = {
  DeleteUserPoint: ['people', 'all'],
  DeleteIdentifier: ['all'],
  DeleteDevicePoint: ['all'],
  DeleteNamedIdentifiers: ['all']
}

/** Returns whether a command asks for a suppression in its own words. */
export const asksToSuppress = (command: Command): boolean => 'suppress' in command && command.suppress === true

const suppresses = (command: Command, { suppression = 'none' }: Context): boolean =>
  asksToSuppress(command) || policiesOf[command._tag]?.includes(suppression) === true

/** Returns the claims of the identifiers that a decision removes. */
const removedBy = (view: View, { changes }: Decision): ReadonlyArray<string> =>
  changes.flatMap(({ id, point }) => {
    const before = view.find({ _tag: 'UserPoint', id })
    if (before === undefined) return none
    const kept = new Set(point === undefined ? none : identifierClaimsOf(point))
    return identifierClaimsOf(before.point).filter((claim) => !kept.has(claim))
  })

/** Returns the claims of the identifiers of a command that lead to no person. */
const unknownTo = (view: View, command: Command): ReadonlyArray<string> =>
  referencesOf(command).flatMap((reference) =>
    reference._tag === 'UserPoint' || reference._tag === 'DevicePoint' || view.find(reference) !== undefined
      ? none
      : [claimOf(reference)]
  )

const leadsToSomebody = (view: View, command: Command): boolean =>
  referencesOf(command).some((reference) => view.find(reference) !== undefined)

/** Returns the decision on a deletion, and the suppressions that the command or the policy asks for. */
export const suppressing = (view: View, command: Command, context: Context, decision: Decision): Decision => {
  const { verdict } = decision
  if (verdict._tag === 'Rejected' || !suppresses(command, context)) return decision
  // The command found no person although some of its identifiers lead to people, whom it does not mean.
  if (verdict._tag === 'NoOp' && leadsToSomebody(view, command)) return decision
  const { suppressed } = view
  const claims = new Set([...removedBy(view, decision), ...unknownTo(view, command)])
  const suppress = [...claims].filter((claim) => suppressed?.has(claim) !== true)
  if (suppress.length === 0) return decision
  const effect =
    verdict._tag === 'Applied'
      ? { ...verdict.effect, suppressed: suppress.length }
      : { _tag: 'IdentifiersSuppressed' as const, identifiers: suppress.length }
  return { ...decision, verdict: withWarnings({ _tag: 'Applied', effect }, verdict.warnings ?? []), suppress }
}

/** Lifts the suppression of identifiers. Those that are not suppressed change nothing. */
export const liftSuppression = (view: View, command: LiftSuppression): Decision => {
  const claims = new Set(referencesOf(command).flatMap((each) => (each._tag === 'UserPoint' ? none : [claimOf(each)])))
  const lift = [...claims].filter((claim) => view.suppressed?.has(claim) === true)
  if (lift.length === 0) return noOp('NOT_FOUND')
  return {
    verdict: { _tag: 'Applied', effect: { _tag: 'SuppressionLifted', identifiers: lift.length } },
    changes: [],
    lift
  }
}
