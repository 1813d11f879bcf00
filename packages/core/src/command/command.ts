/**
 * What can be asked of user points. No verb knows a vendor: each document type, and each call, compiles to these.
 */
import type { Claimed, Identifier, Reference } from '../domain/identifier.ts'
import type { Patch } from '../domain/patch.ts'
import type { ProfileKey } from '../domain/profile.ts'

/** Removes one identifier; its user point and everything else of it stay (SPEC 4.1). */
export type DeleteIdentifier = { readonly _tag: 'DeleteIdentifier'; readonly identifier: Identifier }

/** Removes the device point that is meant, with all its technical ids (SPEC 4.2). */
export type DeleteDevicePoint = {
  readonly _tag: 'DeleteDevicePoint'
  readonly device: Extract<Claimed, { readonly _tag: 'Agent' | 'DevicePoint' }>
}

/** Removes a whole user point with everything attached to it (SPEC 4.3, A-19). */
export type DeleteUserPoint = { readonly _tag: 'DeleteUserPoint'; readonly reference: Reference }

/** Patches the profile at a key; creates the profile, and the user point, where there is none (SPEC 4.4, A-14). */
export type UpsertProfile = {
  readonly _tag: 'UpsertProfile'
  readonly reference: Claimed
  readonly key: ProfileKey
  readonly patch: Patch
}

/** Removes the profile at a key, or all of them; never creates. */
export type DeleteProfile = {
  readonly _tag: 'DeleteProfile'
  readonly reference: Claimed
  readonly scope: { readonly _tag: 'Key'; readonly key: ProfileKey } | { readonly _tag: 'All' }
}

/** Makes one user point that has all these identifiers, by creating or merging (SPEC 4.5, A-38). */
export type Associate = { readonly _tag: 'Associate'; readonly references: readonly [Claimed, ...Claimed[]] }

export type Command = DeleteIdentifier | DeleteDevicePoint | DeleteUserPoint | UpsertProfile | DeleteProfile | Associate

/** Everything that deciding a command may look at: known from the command alone, so that one load can bring it. */
export const referencesOf = (command: Command): ReadonlyArray<Reference> => {
  switch (command._tag) {
    case 'DeleteIdentifier':
      return [command.identifier]
    case 'DeleteDevicePoint':
      return [command.device]
    case 'DeleteUserPoint':
    case 'UpsertProfile':
    case 'DeleteProfile':
      return [command.reference]
    case 'Associate':
      return command.references
  }
}

/** Holds for commands whose effect is a removal: after them a store has something to purge. */
export const erases = (command: Command): boolean => command._tag.startsWith('Delete')
