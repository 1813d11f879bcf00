/**
 * Commands on user points. Every line of a document and every call of a dialect compiles to these.
 */
import type { SegmentKey } from '../domain/attachments.ts'
import { type Claimed, type Identifier, type Reference, type UserPointId, withEmailHash } from '../domain/identifier.ts'
import type { Json } from '../domain/json.ts'
import type { Patch } from '../domain/patch.ts'
import type { ProfileKey } from '../domain/profile.ts'

/**
 * Several references that mean one user point, the most decisive first. References that lead nowhere do not count. Where
 * the others lead to different user points, `Reject` rejects the command, and `First` takes the first that leads anywhere
 * (B-01, B-02).
 */
export type AnyOf = {
  readonly _tag: 'AnyOf'
  readonly references: readonly [Reference, ...Reference[]]
  readonly onConflict: 'Reject' | 'First'
  /** Whether the first reference must lead somewhere, or else the command means nobody (B-04). */
  readonly decisive: boolean
}

/** Whom a command means. */
export type Who = Reference | AnyOf

/** Removes one identifier; its user point and everything else of it stay (SPEC 4.1). */
export type DeleteIdentifier = { readonly _tag: 'DeleteIdentifier'; readonly identifier: Identifier }

/** Removes the device point that is meant, with all its technical ids (SPEC 4.2). */
export type DeleteDevicePoint = {
  readonly _tag: 'DeleteDevicePoint'
  readonly device: Extract<Claimed, { readonly _tag: 'Agent' | 'DevicePoint' }>
}

/** Removes a whole user point with everything attached to it (SPEC 4.3, A-19). */
export type DeleteUserPoint = { readonly _tag: 'DeleteUserPoint'; readonly reference: Who }

/** Patches the profile at a key; creates the profile, and the user point, where there is none (SPEC 4.4, A-14). */
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

/** Makes one user point that has all these identifiers, by creating or merging (SPEC 4.5, A-38). */
export type Associate = { readonly _tag: 'Associate'; readonly references: readonly [Claimed, ...Claimed[]] }

/** Names a place in a profile: keys from the outside in. */
export type PropertyPath = readonly [string, ...string[]]

/**
 * Something that the sender should know about a profile, as it is before the patch. `ArrayExpected`: the property at
 * `path` is present and is no array; a `strict` one rejects the command. `Namespace`: the property at `path` is an object,
 * which holds attributes and is none. `Elsewhere`: the property is missing under every name in `places` but present at
 * `other`; reported as `path`.
 */
export type Check =
  | {
      readonly _tag: 'ArrayExpected'
      readonly path: PropertyPath
      readonly strict: boolean
      /** An object is fine too; absent: it is not. */
      readonly orObject?: true
    }
  | { readonly _tag: 'Namespace'; readonly path: PropertyPath }
  | {
      readonly _tag: 'Elsewhere'
      readonly path: PropertyPath
      readonly places: ReadonlyArray<PropertyPath>
      readonly other: PropertyPath
    }

/** A property that the user point's identifiers of one name protect. */
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
  /** Reject the command if the user point has such an identifier, with or without a profile (B-07); absent: none do. */
  readonly protected?: ReadonlyArray<Protected>
  /** Arrays that are removed where the patch takes their last element (B-10). */
  readonly dropEmptied: ReadonlyArray<PropertyPath>
}

/** Makes a user point a member of a segment, or changes the membership (SPEC 4.6). */
export type UpdateSegment = {
  readonly _tag: 'UpdateSegment'
  readonly reference: Reference
  readonly key: SegmentKey
  readonly expiry:
    | { readonly _tag: 'Never' }
    | { readonly _tag: 'At'; readonly moment: number }
    | { readonly _tag: 'After'; readonly milliseconds: number }
  /** Absent: the membership keeps the one it has. */
  readonly dataBag?: Json
}

export type DeleteSegment = {
  readonly _tag: 'DeleteSegment'
  readonly reference: Reference
  readonly key: SegmentKey
}

/** Patches the choice on one processing; creates it, and the user point, where there is none (SPEC 4.6). */
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

/** Puts a user point into a scenario (SPEC 2.6). */
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

/** Removes a user point that nothing keeps alive, or else its device points without technical ids. */
export type CollectUserPoint = { readonly _tag: 'CollectUserPoint'; readonly id: UserPointId }

/** An identifier of the `Named` sort. */
export type Named = Extract<Identifier, { readonly _tag: 'Named' }>

/**
 * Patches the profile at a key of the user point that some named identifiers lead to, and gives it those it does not have.
 * Where they lead to several user points, these become one if no name then has more values than its limit; else the first
 * identifier decides, and the others are left where they are (SPEC 6.2).
 */
export type UpsertUser = {
  readonly _tag: 'UpsertUser'
  /**
   * The user point itself, if the request has its id; then the identifiers must not lead to another (B-04). If it leads
   * nowhere, the identifiers decide, and without any the command is rejected (B-05).
   */
  readonly userPoint: UserPointId | undefined
  /** The most decisive first. Never empty if there is no `userPoint`. */
  readonly identifiers: ReadonlyArray<Named>
  /** Identifiers that are attached and do not identify: one of another user point stays there (B-32); absent: none. */
  readonly attach?: ReadonlyArray<Named>
  /** How many values of a name one user point may have; a name that is not here may have any number. */
  readonly limits: ReadonlyMap<string, number>
  readonly key: ProfileKey
  readonly patch: Patch
}

/** Removes named identifiers, but never the last one of a user point (SPEC 6.7). */
export type DeleteNamedIdentifiers = {
  readonly _tag: 'DeleteNamedIdentifiers'
  readonly identifiers: readonly [Named, ...Named[]]
  readonly onConflict: AnyOf['onConflict']
}

/** Gives a user point one named identifier in the place of another (SPEC 6.7). */
export type ReplaceIdentifier = {
  readonly _tag: 'ReplaceIdentifier'
  readonly from: Named
  readonly to: Named
}

/** Removes named identifiers by their names, the last one included, and properties of one profile; the user point stays (B-35). */
export type AnonymiseUser = {
  readonly _tag: 'AnonymiseUser'
  readonly reference: Who
  /** Names of identifiers, such as `email`. */
  readonly names: ReadonlyArray<string>
  readonly key: ProfileKey
  readonly patch: Patch
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
  | UpsertUser
  | DeleteNamedIdentifiers
  | ReplaceIdentifier
  | AnonymiseUser

/** The references by which somebody is meant. */
export const referencesOfWho = (who: Who): ReadonlyArray<Reference> => (who._tag === 'AnyOf' ? who.references : [who])

/** Everything that deciding a command may look at: known from the command alone, so that one load can bring it. */
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
      return [{ _tag: 'UserPoint', id: command.id }]
    case 'UpsertUser':
      return [
        ...(command.userPoint === undefined ? [] : [{ _tag: 'UserPoint' as const, id: command.userPoint }]),
        ...command.identifiers.flatMap(withEmailHash),
        ...(command.attach ?? []).flatMap(withEmailHash)
      ]
    case 'DeleteNamedIdentifiers':
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

/** Holds for commands that add to a user point: those that one in quarantine does not take. */
export const adds = (command: Command): boolean => additions.has(command._tag)

/** Holds for commands whose effect is a removal: after them a store has something to purge. */
export const erases = (command: Command): boolean => !adds(command)
