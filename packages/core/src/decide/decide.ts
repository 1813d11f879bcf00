/** The whole domain in one function: what became of a command, given what there was. Pure, synchronous and total. */
import type { Command } from '../command/command.ts'
import { associate } from './associate.ts'
import { deleteDevicePoint } from './delete-device-point.ts'
import { deleteIdentifier } from './delete-identifier.ts'
import { deleteProfile } from './delete-profile.ts'
import { deleteUserPoint } from './delete-user-point.ts'
import { upsertProfile } from './upsert-profile.ts'
import type { Decision } from './verdict.ts'
import type { Context, View } from './view.ts'

export const decide = (view: View, command: Command, context: Context): Decision => {
  switch (command._tag) {
    case 'DeleteIdentifier':
      return deleteIdentifier(view, command)
    case 'DeleteDevicePoint':
      return deleteDevicePoint(view, command)
    case 'DeleteUserPoint':
      return deleteUserPoint(view, command)
    case 'UpsertProfile':
      return upsertProfile(view, command, context)
    case 'DeleteProfile':
      return deleteProfile(view, command)
    case 'Associate':
      return associate(view, command, context)
  }
}
