/**
 * Commands on user points. Every line of a document and every call of a dialect is decoded into one of them.
 */
import type { SegmentKey } from '../domain/attachments.ts'
import { type Claimed, type Identifier, type Reference, type UserPointId, withEmailHash } from '../domain/identifier.ts'
import type { Json } from '../domain/json.ts'
import type { Patch } from '../domain/patch.ts'
import type { ProfileKey } from '../domain/profile.ts'
import type { Retention } from '../domain/retention.ts'

/**
 * Several references to one user point, the most decisive first. Unknown references are ignored. If the others lead to
 * different user points, `Reject` rejects the command, and `First` selects the user point of the first known reference (B-01,
 * B-02).
 */
export type AnyOf = {
  readonly _tag: 'AnyOf'
  readonly references: readonly [Reference, ...Reference[]]
  readonly onConflict: 'Reject' | 'First'
  /** `true`: if the first reference is unknown, the command selects no user point (B-04). */
  readonly decisive: boolean
}

/** The user point of a command: one reference or several. */
export type Who = Reference | AnyOf

/** A deletion that may also suppress what it deletes (L-37). */
interface Suppressing {
  /** `true`: the identifiers are also suppressed, under every policy. Absent: the policy `suppression` decides. */
  readonly suppress?: true
}

/** Removes one identifier; its user point and all other data stay. */
export type DeleteIdentifier = Suppressing & { readonly _tag: 'DeleteIdentifier'; readonly identifier: Identifier }

/** Removes a device point with all its technical ids, given its id or one of those. */
export type DeleteDevicePoint = Suppressing & {
  readonly _tag: 'DeleteDevicePoint'
  readonly device: Extract<Claimed, { readonly _tag: 'Agent' | 'DevicePoint' }>
}

/**
 * Removes a user point with all attached data. If it suppresses, the identifiers of the command are suppressed too,
 * also those of a person whom the store does not know.
 */
export type DeleteUserPoint = Suppressing & { readonly _tag: 'DeleteUserPoint'; readonly reference: Who }

/** Patches the profile at a key; creates a missing profile or user point. */
export type UpsertProfile = {
  readonly _tag: 'UpsertProfile'
  readonly reference: Reference
  readonly key: ProfileKey
  readonly patch: Patch
}

/** Removes the profile at a key, or all of them; never creates. */
export type DeleteProfile = {
  readonly _tag: 'DeleteProfile'
  readonly reference: Reference
  readonly scope: { readonly _tag: 'Key'; readonly key: ProfileKey } | { readonly _tag: 'All' }
}

/** Attaches all these identifiers to one user point, which it creates or merges as needed. */
export type Associate = { readonly _tag: 'Associate'; readonly references: readonly [Claimed, ...Claimed[]] }

/** Names a place in a profile: keys from the outside in. */
export type PropertyPath = readonly [string, ...string[]]

/**
 * A check of the profile before the patch; the sender gets a warning if it fails. `ArrayExpected`: the property at `path` is
 * present and not an array; a `strict` check then rejects the command. `Namespace`: the property at `path` is an object of
 * attributes, and not an attribute. `Elsewhere`: the property is missing under every name in `places` but present at `other`;
 * reported as `path`.
 */
export type Check =
  | {
      readonly _tag: 'ArrayExpected'
      readonly path: PropertyPath
      readonly strict: boolean
      /** `true`: an object is accepted too. */
      readonly orObject?: true
    }
  | { readonly _tag: 'Namespace'; readonly path: PropertyPath }
  | {
      readonly _tag: 'Elsewhere'
      readonly path: PropertyPath
      readonly places: ReadonlyArray<PropertyPath>
      readonly other: PropertyPath
    }

/** A property that a command must not change if the user point has an identifier of this name. */
export interface Protected {
  readonly path: PropertyPath
  readonly identifierName: string
}

/** Patches an existing profile at a key; never creates anything (A-24, B-05). */
export type EditProfile = {
  readonly _tag: 'EditProfile'
  readonly reference: Who
  readonly key: ProfileKey
  readonly patch: Patch
  readonly checks: ReadonlyArray<Check>
  /** The properties that identifiers protect; if one does, the command is rejected (B-07). Absent: no property. */
  readonly protected?: ReadonlyArray<Protected>
  /** The arrays to remove if the patch removes their last element (B-10). */
  readonly dropEmptied: ReadonlyArray<PropertyPath>
}

/** Makes a user point a member of a segment, or changes the membership. */
export type UpdateSegment = {
  readonly _tag: 'UpdateSegment'
  readonly reference: Reference
  readonly key: SegmentKey
  readonly expiry:
    | { readonly _tag: 'Never' }
    | { readonly _tag: 'At'; readonly moment: number }
    | { readonly _tag: 'After'; readonly milliseconds: number }
  /** Absent: the membership keeps its data bag. */
  readonly dataBag?: Json
}

export type DeleteSegment = {
  readonly _tag: 'DeleteSegment'
  readonly reference: Reference
  readonly key: SegmentKey
}

/** Patches the choice on one processing; creates a missing choice or user point. */
export type UpsertChoice = {
  readonly _tag: 'UpsertChoice'
  readonly reference: Reference
  readonly processing: string
  readonly chosenAt: number
  readonly patch: Patch
}

export type DeleteChoice = {
  readonly _tag: 'DeleteChoice'
  readonly reference: Reference
  readonly processing: string
}

/** Puts a user point into a scenario; creates a missing user point. */
export type EnterScenario = {
  readonly _tag: 'EnterScenario'
  readonly reference: Reference
  readonly scenario: string
}

export type LeaveScenario = {
  readonly _tag: 'LeaveScenario'
  readonly reference: Reference
  readonly scenario: string
}

/** Removes a collectable user point, or else its device points without technical ids. */
export type CollectUserPoint = { readonly _tag: 'CollectUserPoint'; readonly id: UserPointId }

/** Removes from a user point what the rules say is too old, or all of it (L-39). */
export type ApplyRetention = { readonly _tag: 'ApplyRetention'; readonly id: UserPointId; readonly rules: Retention }

/** A named identifier, such as an e-mail address. */
export type Named = Extract<Identifier, { readonly _tag: 'Named' }>

/**
 * Patches a profile of the user point that named identifiers lead to, and attaches those that are missing. If they lead to
 * several user points, these are merged, unless a name would then have more values than its limit: then the first identifier
 * decides, and the others stay where they are (the public page *Identity Resolution Management Settings*).
 */
export type UpsertUser = {
  readonly _tag: 'UpsertUser'
  /**
   * The user point's own id; the identifiers must not lead to another user point (B-04). If the id is unknown, the identifiers
   * decide, and without identifiers the command is rejected (B-05).
   */
  readonly userPoint: UserPointId | undefined
  /** The most decisive first. Never empty if there is no `userPoint`. */
  readonly identifiers: ReadonlyArray<Named>
  /** Identifiers to attach that do not select the user point: those of another user point stay there (B-32). */
  readonly attach?: ReadonlyArray<Named>
  /** The greatest number of values of each name in one user point; a missing name has no limit. */
  readonly limits: ReadonlyMap<string, number>
  readonly key: ProfileKey
  readonly patch: Patch
}

/** Removes named identifiers, but never the last one of a user point (the public page *Delete Identifiers*). */
export type DeleteNamedIdentifiers = Suppressing & {
  readonly _tag: 'DeleteNamedIdentifiers'
  readonly identifiers: readonly [Named, ...Named[]]
  readonly onConflict: AnyOf['onConflict']
}

/** Replaces one named identifier of a user point by another (the public page *Update Identifiers*). */
export type ReplaceIdentifier = {
  readonly _tag: 'ReplaceIdentifier'
  readonly from: Named
  readonly to: Named
}

/** Removes named identifiers by name, even the last one, and patches one profile; the user point stays (B-35). */
export type AnonymiseUser = {
  readonly _tag: 'AnonymiseUser'
  readonly reference: Who
  /** The names of the identifiers, such as `email`. */
  readonly names: ReadonlyArray<string>
  readonly key: ProfileKey
  readonly patch: Patch
}

/** Lifts the suppression of identifiers, so that a later command may bring them back (L-37). */
export type LiftSuppression = {
  readonly _tag: 'LiftSuppression'
  readonly identifiers: readonly [Identifier, ...Identifier[]]
}

export type Command =
  | DeleteIdentifier
  | DeleteDevicePoint
  | DeleteUserPoint
  | UpsertProfile
  | EditProfile
  | DeleteProfile
  | Associate
  | UpdateSegment
  | DeleteSegment
  | UpsertChoice
  | DeleteChoice
  | EnterScenario
  | LeaveScenario
  | CollectUserPoint
  | ApplyRetention
  | UpsertUser
  | DeleteNamedIdentifiers
  | ReplaceIdentifier
  | AnonymiseUser
  | LiftSuppression

/** Returns the references that select a user point. */
export const referencesOfWho = (who: Who): ReadonlyArray<Reference> => (who._tag === 'AnyOf' ? who.references : [who])

/** Returns the references that a decision may look up. They depend on the command alone, so that one load is enough. */
export const referencesOf = (command: Command): ReadonlyArray<Reference> => {
  switch (command._tag) {
    case 'DeleteIdentifier':
      return [command.identifier]
    case 'DeleteDevicePoint':
      return [command.device]
    case 'DeleteUserPoint':
    case 'UpsertProfile':
    case 'EditProfile':
    case 'DeleteProfile':
    case 'UpdateSegment':
    case 'DeleteSegment':
    case 'UpsertChoice':
    case 'DeleteChoice':
    case 'EnterScenario':
    case 'LeaveScenario':
    case 'AnonymiseUser':
      return referencesOfWho(command.reference)
    case 'Associate':
      return command.references
    case 'CollectUserPoint':
    case 'ApplyRetention':
      return [{ _tag: 'UserPoint', id: command.id }]
    case 'UpsertUser':
      return [
        ...(command.userPoint === undefined ? [] : [{ _tag: 'UserPoint' as const, id: command.userPoint }]),
        ...command.identifiers.flatMap(withEmailHash),
        ...(command.attach ?? []).flatMap(withEmailHash)
      ]
    case 'DeleteNamedIdentifiers':
    case 'LiftSuppression':
      return command.identifiers.flatMap(withEmailHash)
    case 'ReplaceIdentifier':
      return [command.from, command.to].flatMap(withEmailHash)
  }
}

const additions: ReadonlySet<Command['_tag']> = new Set([
  'UpsertProfile',
  'Associate',
  'UpdateSegment',
  'UpsertChoice',
  'EnterScenario',
  'UpsertUser'
])

/** Returns whether a command adds to a user point; one in quarantine rejects it. */
export const adds = (command: Command): boolean => additions.has(command._tag)

/** Returns whether a command may give a user point an identifier; if one is suppressed, the command is rejected (L-37). */
export const identifies = (command: Command): boolean => adds(command) || command._tag === 'ReplaceIdentifier'

/** Returns whether a command removes data, which the store may then have to purge. */
export const erases = (command: Command): boolean => !adds(command)
