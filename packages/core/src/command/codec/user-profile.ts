/** USER_PROFILE, in the older form that is normative here: `force_replace` and `merge_objects` (SPEC 4.4). */
import * as t from 'io-ts'
import { getKey, type JsonObject } from '../../domain/json.ts'
import { deepMerge, type Patch, put, shallowMerge } from '../../domain/patch.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { E } from '../../fp.ts'
import { type Decoded, type Decoder, unknownFields, type Warning } from '../decoded.ts'
import type { Policies } from '../policies.ts'
import { type Rejection, rejection } from '../rejection.ts'
import {
  booleanField,
  compartmentId,
  decodeWith,
  forceReplace,
  identifierText,
  objectField,
  optional
} from './field.ts'
import { flatFields, flatReference, type Purpose, resolveCompartment } from './identifier.ts'

const userProfileUpsert = t.type({
  ...flatFields,
  force_replace: forceReplace,
  merge_objects: optional(booleanField),
  user_profile: objectField
})

const userProfileDelete = t.type({ ...flatFields, user_profile: optional(objectField) })

const profileSelector = t.type({
  $compartment_id: optional(compartmentId),
  $user_account_id: optional(identifierText)
})

// The key is not merged data, and the system sets the timestamps itself.
const systemFields = ['$compartment_id', '$user_account_id', '$creation_ts', '$last_modified_ts', '$expiration_ts']

const upsertFields = ['operation', ...Object.keys(userProfileUpsert.props)]
// A line that says how to merge says nothing wrong by it on a DELETE, where nothing is merged.
const deleteFields = upsertFields

/** Which profile a body means; the wrapper's identifier is not inherited. */
const profileKey = (
  body: JsonObject | undefined,
  purpose: Purpose,
  policies: Policies
): E.Either<Rejection, ProfileKey> => {
  const fields = decodeWith(profileSelector, body ?? {}, ['user_profile'])
  if (E.isLeft(fields)) return fields
  const { $compartment_id, $user_account_id: accountId } = fields.right
  const compartment = resolveCompartment($compartment_id, ['user_profile', '$compartment_id'], purpose, policies)
  if (E.isLeft(compartment)) return compartment
  return E.right({ compartment: compartment.right, ...(accountId !== undefined && { accountId }) })
}

const withoutSystemFields = (body: JsonObject): JsonObject =>
  systemFields.some((field) => Object.hasOwn(body, field))
    ? Object.fromEntries(Object.entries(body).filter(([key]) => !systemFields.includes(key)))
    : body

const decodeUpsert = (line: JsonObject, policies: Policies): E.Either<Rejection, Decoded> => {
  const fields = decodeWith(userProfileUpsert, line)
  if (E.isLeft(fields)) return fields
  const reference = flatReference(fields.right, 'create', policies)
  if (E.isLeft(reference)) return reference
  const { force_replace, merge_objects, user_profile } = fields.right
  const key = profileKey(user_profile, 'create', policies)
  if (E.isLeft(key)) return key
  const properties = withoutSystemFields(user_profile)
  const patch: Patch = force_replace
    ? put(properties)
    : merge_objects
      ? deepMerge(properties, policies.arrays)
      : shallowMerge(properties)
  const warnings: ReadonlyArray<Warning> = unknownFields(line, upsertFields)
  return E.right({
    command: { _tag: 'UpsertProfile', reference: reference.right, key: key.right, patch },
    warnings:
      force_replace && merge_objects === true
        ? [...warnings, { code: 'IGNORED_FIELD', path: 'merge_objects' }]
        : warnings
  })
}

const decodeDelete = (line: JsonObject, policies: Policies): E.Either<Rejection, Decoded> => {
  const fields = decodeWith(userProfileDelete, line)
  if (E.isLeft(fields)) return fields
  const reference = flatReference(fields.right, 'find', policies)
  if (E.isLeft(reference)) return reference
  const warnings = unknownFields(line, deleteFields)
  if (policies.profileDeleteScope === 'all') {
    return E.right({
      command: { _tag: 'DeleteProfile', reference: reference.right, scope: { _tag: 'All' } },
      warnings
    })
  }
  const key = profileKey(fields.right.user_profile, 'find', policies)
  if (E.isLeft(key)) return key
  return E.right({
    command: { _tag: 'DeleteProfile', reference: reference.right, scope: { _tag: 'Key', key: key.right } },
    warnings
  })
}

export const decodeUserProfile: Decoder = (line, policies) => {
  const operation = getKey(line, 'operation')
  if (operation === 'UPSERT') return decodeUpsert(line, policies)
  if (operation === 'DELETE') return decodeDelete(line, policies)
  return E.left(
    rejection(operation === undefined || operation === null ? 'MISSING_FIELD' : 'UNSUPPORTED_OPERATION', ['operation'])
  )
}
