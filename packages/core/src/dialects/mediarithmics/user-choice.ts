/** Decodes USER_CHOICE: a line makes, changes or removes a choice on one processing of data. */
import type { OutputOf } from 'io-ts'
import type { JsonObject } from '../../domain/json.ts'
import { put, shallowMerge } from '../../domain/patch.ts'
import { E } from '../../fp.ts'
import type { Command } from '../../command/command.ts'
import { type Decoded, decoded, type Decoder, unknownFields } from '../../command/decoded.ts'
import type { Policies } from '../../command/policies.ts'
import type { Rejection } from '../../command/rejection.ts'
import { decodeWith, forceReplace, idField, moment, objectField, objectWith, withoutKeys } from '../codec/field.ts'
import { flatFields, flatReference, type OneIdentifier } from './identifier.ts'
import { byOperation } from './operation.ts'

const userChoiceUpsert = objectWith({ ...flatFields, force_replace: forceReplace, user_choice: objectField })

// The body selects the choice, on DELETE too.
const userChoiceDelete = objectWith({ ...flatFields, user_choice: objectField })

const choiceUpsertBody = objectWith({ $processing_id: idField, $choice_ts: moment })
const choiceSelector = objectWith({ $processing_id: idField })

/** A line of USER_CHOICE. */
export type UserChoiceLine =
  | ({ readonly operation: 'UPSERT'; readonly user_choice: JsonObject & OutputOf<typeof choiceUpsertBody> } & Pick<
      OutputOf<typeof userChoiceUpsert>,
      'force_replace'
    > &
      OneIdentifier)
  | ({ readonly operation: 'DELETE'; readonly user_choice: OutputOf<typeof choiceSelector> } & OneIdentifier)

/** The fields of a line. */
export const choiceFields = ['operation', ...Object.keys(userChoiceUpsert.props)]

/** The fields of `user_choice` that are not data. */
export const choiceSystemFields = Object.keys(choiceUpsertBody.props)
const within = ['user_choice']

const decodeUpsert = (line: JsonObject, policies: Policies): E.Either<Rejection, Decoded> => {
  const fields = decodeWith(userChoiceUpsert, line)
  if (E.isLeft(fields)) return fields
  const reference = flatReference(fields.right, { purpose: 'create', policies })
  if (E.isLeft(reference)) return reference
  const { force_replace, user_choice } = fields.right
  const body = decodeWith(choiceUpsertBody, user_choice, within)
  if (E.isLeft(body)) return body
  const properties = withoutKeys(user_choice, choiceSystemFields)
  const command: Command = {
    _tag: 'UpsertChoice',
    reference: reference.right,
    processing: body.right.$processing_id,
    chosenAt: body.right.$choice_ts,
    patch: force_replace ? put(properties) : shallowMerge(properties)
  }
  return decoded(command, unknownFields(line, choiceFields))
}

const decodeDelete = (line: JsonObject, policies: Policies): E.Either<Rejection, Decoded> => {
  const fields = decodeWith(userChoiceDelete, line)
  if (E.isLeft(fields)) return fields
  const reference = flatReference(fields.right, { purpose: 'find', policies })
  if (E.isLeft(reference)) return reference
  const body = decodeWith(choiceSelector, fields.right.user_choice, within)
  if (E.isLeft(body)) return body
  const { $processing_id: processing } = body.right
  return decoded({ _tag: 'DeleteChoice', reference: reference.right, processing }, unknownFields(line, choiceFields))
}

export const decodeUserChoice: Decoder = byOperation<UserChoiceLine>({ UPSERT: decodeUpsert, DELETE: decodeDelete })
