/** Decodes Insider's call that makes a user anonymous (B-35). */
import type { Command } from '../../command/command.ts'
import type { Rejection } from '../../command/rejection.ts'
import type { JsonObject } from '../../domain/json.ts'
import { deletion, within } from '../../domain/patch.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { E } from '../../fp.ts'
import { anyOf, decodeIdentity } from './identity.ts'
import { type IdentitySettings, identifierName } from './settings.ts'

/** Decodes `{ identifiers }` or `{ insider_id }`: the settings say which attributes and identifiers are personal. */
export const decodeAnonymise = (
  body: JsonObject,
  key: ProfileKey,
  settings: IdentitySettings
): E.Either<Rejection, Command> => {
  const identity = decodeIdentity(body, settings)
  if (E.isLeft(identity)) return identity
  const deletions = (custom: boolean) =>
    settings.personal.filter((each) => (each.custom === true) === custom).map(({ name }) => [name, deletion] as const)
  return E.right({
    _tag: 'AnonymiseUser',
    reference: anyOf(identity.right, settings),
    names: settings.personal.map(identifierName),
    key,
    patch: within(new Map([...deletions(false), ['custom', within(new Map(deletions(true)))]]))
  })
}
