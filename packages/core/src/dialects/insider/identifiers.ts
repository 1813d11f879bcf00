/** Insider's calls on identifiers and users: *Delete Identifiers*, *Update Identifiers* and the deletion of a user. */
import { getKey, type JsonObject } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import type { Command, Named } from '../../command/command.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import { anyOf, decodeIdentifiers, decodeIdentity } from './identity.ts'
import type { IdentitySettings, ReadingSettings } from './settings.ts'

/** Decodes `{ identifiers }`, which select the user and are deleted. */
export const decodeDeleteIdentifiers = (body: JsonObject, settings: IdentitySettings): E.Either<Rejection, Command> => {
  const decoded = decodeIdentifiers(getKey(body, 'identifiers'), ['identifiers'], settings)
  if (E.isLeft(decoded)) return decoded
  if (decoded.right.given === 0) return E.left(rejection('MISSING_IDENTITY'))
  const [first, ...rest] = decoded.right.identifiers
  if (first === undefined) return E.left(rejection('NO_VALID_IDENTIFIER', ['identifiers']))
  return E.right({
    _tag: 'DeleteNamedIdentifiers',
    identifiers: [first, ...rest],
    // Every given identifier must be deleted, so that a priority must not skip one.
    onConflict: 'Reject'
  })
}

const decodeSole = (body: JsonObject, field: string, settings: ReadingSettings): E.Either<Rejection, Named> => {
  const decoded = decodeIdentifiers(getKey(body, field), [field], settings)
  if (E.isLeft(decoded)) return decoded
  if (decoded.right.given !== 1) return E.left(rejection('ONE_IDENTIFIER', [field]))
  const [sole] = decoded.right.identifiers
  return sole === undefined ? E.left(rejection('NO_VALID_IDENTIFIER', [field])) : E.right(sole)
}

/** Decodes `{ old_identifier, new_identifier }`: one entry each, with the same name and different values. */
export const decodeUpdateIdentifier = (
  body: JsonObject,
  settings: IdentitySettings,
  placeholders: ReadonlyArray<string> = []
): E.Either<Rejection, Command> => {
  const from = decodeSole(body, 'old_identifier', settings)
  if (E.isLeft(from)) return from
  const to = decodeSole(body, 'new_identifier', { ...settings, placeholders })
  if (E.isLeft(to)) return to
  if (from.right.name !== to.right.name) return E.left(rejection('ONE_IDENTIFIER', ['new_identifier']))
  if (from.right.value === to.right.value) return E.left(rejection('SAME_IDENTIFIER', ['new_identifier']))
  return E.right({ _tag: 'ReplaceIdentifier', from: from.right, to: to.right })
}

/** Decodes the user to delete with all attached data. */
export const decodeDeleteUser = (body: JsonObject, settings: IdentitySettings): E.Either<Rejection, Command> => {
  const identity = decodeIdentity(body, settings)
  if (E.isLeft(identity)) return identity
  return E.right({ _tag: 'DeleteUserPoint', reference: anyOf(identity.right, settings) })
}
