/**
 * Decodes USER_PROFILE in its older form (`force_replace` and `merge_objects`), and in its newer form (`update_strategy`),
 * which is an extension.
 */
import type { OutputOf, TypeOf } from 'io-ts'
import type { JsonObject } from '../../domain/json.ts'
import { deepMerge, type Patch, put, shallowMerge, structuralRemoval } from '../../domain/patch.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { E } from '../../fp.ts'
import { type Decoded, decoded, type Decoder, unknownFields } from '../../command/decoded.ts'
import type { DeleteProfile } from '../../command/command.ts'
import type { Policies } from '../../command/policies.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import {
  booleanField,
  compartmentId,
  decodeWith,
  forceReplace,
  identifierText,
  objectField,
  objectWith,
  oneOf,
  type Only,
  optional,
  withoutKeys
} from '../codec/field.ts'
import { type Lookup, resolveCompartment } from '../codec/resolve-compartment.ts'
import { flatFields, flatReference, isForbidden, type OneIdentifier } from './identifier.ts'
import { byOperation } from './operation.ts'

const updateStrategy = oneOf('FORCE_REPLACE', 'PARTIAL_UPDATE', 'PARTIAL_DELETE')

const mergeFields = {
  force_replace: optional(forceReplace),
  merge_objects: optional(booleanField),
  update_strategy: optional(updateStrategy)
}

const wayToMerge = objectWith(mergeFields)
const userProfileUpsert = objectWith({ ...flatFields, ...mergeFields })

const userProfileBody = objectWith({ user_profile: objectField })

const userProfileDelete = objectWith({ ...flatFields, user_profile: optional(objectField) })

const profileSelector = objectWith({
  $compartment_id: optional(compartmentId),
  $user_account_id: optional(identifierText)
})

type WayToMerge = OutputOf<typeof wayToMerge>
type ProfileSelector = OutputOf<typeof profileSelector>

/** A line of USER_PROFILE. It says how to merge, although a datamart may have a default for lines that do not. */
export type UserProfileLine =
  | ({ readonly operation: 'UPSERT'; readonly user_profile: JsonObject & ProfileSelector } & OneIdentifier &
      (Only<WayToMerge, 'force_replace', 'merge_objects'> | Only<WayToMerge, 'update_strategy'>))
  | ({ readonly operation: 'DELETE'; readonly user_profile?: ProfileSelector | null } & OneIdentifier)

// The key is not merged data, and the system sets the timestamps itself.
export const profileSystemFields = [
  '$compartment_id',
  '$user_account_id',
  '$creation_ts',
  '$last_modified_ts',
  '$expiration_ts'
]

// On a DELETE too, where a merge strategy has no effect and does no harm.
export const profileFields = [
  'operation',
  ...Object.keys(userProfileUpsert.props),
  ...Object.keys(userProfileBody.props)
]

/** Returns the key of a body's profile; the line's own identifier is not inherited. */
const profileKey = (body: JsonObject | undefined, lookup: Lookup): E.Either<Rejection, ProfileKey> => {
  const fields = decodeWith(profileSelector, body ?? {}, ['user_profile'])
  if (E.isLeft(fields)) return fields
  const { $compartment_id, $user_account_id: accountId } = fields.right
  if (accountId !== undefined && isForbidden(accountId, lookup))
    return E.left(rejection('BLOCKED_VALUE', ['user_profile', '$user_account_id']))
  const compartment = resolveCompartment($compartment_id, ['user_profile', '$compartment_id'], lookup)
  if (E.isLeft(compartment)) return compartment
  return E.right(
    accountId === undefined ? { compartment: compartment.right } : { compartment: compartment.right, accountId }
  )
}

/** The change that the properties make to the profile. `Remove` never creates one. */
type Strategy = 'Replace' | 'Shallow' | 'Deep' | 'Remove'

const strategies = { FORCE_REPLACE: 'Replace', PARTIAL_UPDATE: 'Deep', PARTIAL_DELETE: 'Remove' } as const

const defaultStrategies = { replace: 'Replace', shallow: 'Shallow', deep: 'Deep' } as const

/**
 * Returns the merge strategy of the line, in the older or the newer form; else the datamart's default. A line with
 * `merge_objects` alone is an incomplete line of the older form.
 */
const strategyOf = (
  fields: TypeOf<typeof userProfileUpsert>,
  { defaultStrategy }: Policies
): E.Either<Rejection, Strategy> => {
  const { force_replace, merge_objects, update_strategy } = fields
  if (update_strategy !== undefined) {
    return force_replace === undefined && merge_objects === undefined
      ? E.right(strategies[update_strategy])
      : E.left(rejection('CONFLICTING_FIELDS', ['update_strategy']))
  }
  if (force_replace === undefined) {
    return defaultStrategy === undefined || merge_objects !== undefined
      ? E.left(rejection('MISSING_FORCE_REPLACE', ['force_replace']))
      : E.right(defaultStrategies[defaultStrategy])
  }
  return E.right(force_replace ? 'Replace' : merge_objects === true ? 'Deep' : 'Shallow')
}

const patchOf = (strategy: Strategy, properties: JsonObject, policies: Policies): Patch => {
  switch (strategy) {
    case 'Replace':
      return put(properties)
    case 'Shallow':
      return shallowMerge(properties)
    case 'Deep':
      return deepMerge(properties, policies.arrays)
    case 'Remove':
      return structuralRemoval(properties)
  }
}

const decodeUpsert = (line: JsonObject, policies: Policies): E.Either<Rejection, Decoded> => {
  const fields = decodeWith(userProfileUpsert, line)
  if (E.isLeft(fields)) return fields
  const strategy = strategyOf(fields.right, policies)
  if (E.isLeft(strategy)) return strategy
  // Last, so that a line without a strategy and a body is rejected for the strategy.
  const body = decodeWith(userProfileBody, line)
  if (E.isLeft(body)) return body
  const { user_profile } = body.right
  const lookup: Lookup = { purpose: strategy.right === 'Remove' ? 'find' : 'create', policies }
  const reference = flatReference(fields.right, lookup)
  if (E.isLeft(reference)) return reference
  const key = profileKey(user_profile, lookup)
  if (E.isLeft(key)) return key
  const patch = patchOf(strategy.right, withoutKeys(user_profile, profileSystemFields), policies)
  const warnings = unknownFields(line, profileFields)
  return decoded(
    strategy.right === 'Remove'
      ? { _tag: 'EditProfile', reference: reference.right, key: key.right, patch, checks: [], dropEmptied: [] }
      : { _tag: 'UpsertProfile', reference: reference.right, key: key.right, patch },
    fields.right.force_replace === true && fields.right.merge_objects === true
      ? [...warnings, { code: 'IGNORED_FIELD', path: 'merge_objects' }]
      : warnings
  )
}

const selectorFields = Object.keys(profileSelector.props)

const decodeDelete = (line: JsonObject, policies: Policies): E.Either<Rejection, Decoded> => {
  const fields = decodeWith(userProfileDelete, line)
  if (E.isLeft(fields)) return fields
  // A sender that names properties does not want to delete the whole profile.
  const property = Object.keys(fields.right.user_profile ?? {}).find((name) => !selectorFields.includes(name))
  if (property !== undefined) return E.left(rejection('UNEXPECTED_PROPERTIES', ['user_profile', property]))
  const lookup: Lookup = { purpose: 'find', policies }
  const reference = flatReference(fields.right, lookup)
  if (E.isLeft(reference)) return reference
  const deletion = (scope: DeleteProfile['scope']) =>
    decoded({ _tag: 'DeleteProfile', reference: reference.right, scope }, unknownFields(line, profileFields))
  if (policies.profileDeleteScope === 'all') return deletion({ _tag: 'All' })
  const key = profileKey(fields.right.user_profile, lookup)
  return E.isLeft(key) ? key : deletion({ _tag: 'Key', key: key.right })
}

export const decodeUserProfile: Decoder = byOperation<UserProfileLine>({ UPSERT: decodeUpsert, DELETE: decodeDelete })
