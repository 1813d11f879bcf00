/** The whole domain in one function: it decides a command on the current user points. Pure, synchronous and total. */
import { adds, type Command, referencesOf } from '../command/command.ts'
import { isQuarantined } from '../domain/hyper-point.ts'
import { excessOf, type PersonExcess } from '../domain/person-limits.ts'
import { anonymiseUser } from './anonymise-user.ts'
import { applyRetention } from './apply-retention.ts'
import { associate } from './associate.ts'
import { collectUserPoint } from './collect-user-point.ts'
import { deleteAttachment } from './delete-attachment.ts'
import { deleteDevicePoint } from './delete-device-point.ts'
import { deleteIdentifier } from './delete-identifier.ts'
import { deleteNamedIdentifiers } from './delete-named-identifiers.ts'
import { deleteProfile } from './delete-profile.ts'
import { deleteUserPoint } from './delete-user-point.ts'
import { editProfile } from './edit-profile.ts'
import { enterScenario } from './enter-scenario.ts'
import { replaceIdentifier } from './replace-identifier.ts'
import { findDistinct } from './subject.ts'
import { asksToSuppress, liftSuppression, meetsSuppressed, suppressing } from './suppression.ts'
import { updateSegment } from './update-segment.ts'
import { upsertChoice } from './upsert-choice.ts'
import { upsertProfile } from './upsert-profile.ts'
import { upsertUser } from './upsert-user.ts'
import { type Decision, rejected } from './verdict.ts'
import type { Context, View } from './view.ts'

const decideFreely = (view: View, command: Command, context: Context): Decision => {
  switch (command._tag) {
    case 'DeleteIdentifier':
      return deleteIdentifier(view, command)
    case 'DeleteDevicePoint':
      return deleteDevicePoint(view, command)
    case 'DeleteUserPoint':
      return deleteUserPoint(view, command, context)
    case 'UpsertProfile':
      return upsertProfile(view, command, context)
    case 'EditProfile':
      return editProfile(view, command, context)
    case 'DeleteProfile':
      return deleteProfile(view, command)
    case 'Associate':
      return associate(view, command, context)
    case 'UpdateSegment':
      return updateSegment(view, command, context)
    case 'UpsertChoice':
      return upsertChoice(view, command, context)
    case 'EnterScenario':
      return enterScenario(view, command, context)
    case 'DeleteSegment':
    case 'DeleteChoice':
    case 'LeaveScenario':
      return deleteAttachment(view, command, context)
    case 'CollectUserPoint':
      return collectUserPoint(view, command, context)
    case 'ApplyRetention':
      return applyRetention(view, command, context)
    case 'UpsertUser':
      return upsertUser(view, command, context)
    case 'DeleteNamedIdentifiers':
      return deleteNamedIdentifiers(view, command)
    case 'ReplaceIdentifier':
      return replaceIdentifier(view, command, context)
    case 'AnonymiseUser':
      return anonymiseUser(view, command, context)
    case 'LiftSuppression':
      return liftSuppression(view, command)
  }
}

const meetsQuarantine = (view: View, command: Command, { quarantine, now }: Context): boolean =>
  quarantine !== undefined &&
  adds(command) &&
  findDistinct(view, referencesOf(command)).some(({ point }) => isQuarantined(point, now, quarantine))

const excessIn = (view: View, { changes }: Decision, { limits }: Context): PersonExcess | undefined => {
  if (limits === undefined) return undefined
  for (const { id, point } of changes) {
    const excess = point && excessOf(view.find({ _tag: 'UserPoint', id })?.point, point, limits)
    if (excess !== undefined) return excess
  }
  return undefined
}

export const decide = (view: View, command: Command, context: Context): Decision => {
  if (asksToSuppress(command) && context.canSuppress !== true) return rejected('NO_SUPPRESSION')
  if (meetsSuppressed(view, command)) return rejected('SUPPRESSED')
  if (meetsQuarantine(view, command, context)) return rejected('QUARANTINED')
  const decision = decideFreely(view, command, context)
  const excess = excessIn(view, decision, context)
  return excess === undefined ? suppressing(view, command, context, decision) : rejected(excess)
}
