/** Insider's upsert call, one user of it: attributes overwrite, arrays append unless told otherwise (SPEC 6.3, 6.7). */
import { getKey, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { append, concat, identity as unchanged, merge, type Patch, put } from '../../domain/patch.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { E } from '../../fp.ts'
import { withoutKeys } from '../codec/field.ts'
import { type Decoded, unknownFields, type Warning } from '../../command/decoded.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import { canonicalName } from './delete-attributes.ts'
import { decodeIdentity } from './identity.ts'
import { type IdentitySettings, identifierName, identifyingNames } from './settings.ts'

const fieldsKnown = ['identifiers', 'insider_id', 'attributes', 'events', 'not_append', 'append']

const decodeFlag = (user: JsonObject, name: string): E.Either<Rejection, boolean | undefined> => {
  const value = getKey(user, name) ?? undefined
  return value === undefined || typeof value === 'boolean' ? E.right(value) : E.left(rejection('BAD_FIELD', [name]))
}

/** Whether arrays append; where both flags are given, `append` wins (SPEC 6.3). */
const decodeAppends = (user: JsonObject): E.Either<Rejection, boolean> => {
  const appends = decodeFlag(user, 'append')
  if (E.isLeft(appends)) return appends
  const not = decodeFlag(user, 'not_append')
  if (E.isLeft(not)) return not
  return E.right(appends.right ?? !(not.right ?? false))
}

const patchOf = (value: Json, appends: boolean): Patch => (isJsonArray(value) && appends ? append(value) : put(value))

const patchAll = (attributes: ReadonlyArray<readonly [string, Json]>, appends: boolean): ReadonlyMap<string, Patch> => {
  const patches = new Map<string, Patch>()
  for (const [name, value] of attributes) {
    patches.set(name, concat(patches.get(name) ?? unchanged, patchOf(value, appends)))
  }
  return patches
}

/** Attributes that identify are written by the identity flow alone (SPEC 6.2). */
const splitOff = (attributes: JsonObject, identifying: ReadonlySet<string>) => ({
  ordinary: Object.entries(attributes).filter(([name]) => !identifying.has(name)),
  ignored: Object.keys(attributes).filter((name) => identifying.has(name))
})

const decodeAttributes = (
  user: JsonObject
): E.Either<Rejection, { readonly root: JsonObject; readonly custom: JsonObject }> => {
  const events = getKey(user, 'events') ?? []
  if (!isJsonArray(events) || events.length > 0) return E.left(rejection('EVENTS_NOT_SUPPORTED', ['events']))
  const attributes = getKey(user, 'attributes') ?? undefined
  if (attributes === undefined) return E.left(rejection('REQUIRED', ['attributes']))
  if (!isJsonObject(attributes)) return E.left(rejection('BAD_FIELD', ['attributes']))
  const custom = getKey(attributes, 'custom') ?? {}
  if (!isJsonObject(custom)) return E.left(rejection('BAD_FIELD', ['attributes', 'custom']))
  return E.right({ root: withoutKeys(attributes, ['custom']), custom })
}

/** The command that one user of an upsert request asks for. */
export const decodeUpsertUser = (
  user: JsonObject,
  key: ProfileKey,
  settings: IdentitySettings
): E.Either<Rejection, Decoded> => {
  const identity = decodeIdentity(user, settings)
  if (E.isLeft(identity)) return identity
  const appends = decodeAppends(user)
  if (E.isLeft(appends)) return appends
  const attributes = decodeAttributes(user)
  if (E.isLeft(attributes)) return attributes

  const root = splitOff(attributes.right.root, identifyingNames(settings, false))
  const custom = splitOff(attributes.right.custom, identifyingNames(settings, true))
  const canonical = canonicalName(settings)
  const patches = patchAll(
    root.ordinary.map(([name, value]) => [canonical(name), value]),
    appends.right
  )
  const customPatches = patchAll(custom.ordinary, appends.right)
  const warnings: ReadonlyArray<Warning> = [
    ...unknownFields(user, fieldsKnown),
    ...root.ignored.map((name): Warning => ({ code: 'IGNORED_FIELD', path: `attributes.${name}` })),
    ...custom.ignored.map((name): Warning => ({ code: 'IGNORED_FIELD', path: `attributes.custom.${name}` }))
  ]
  return E.right({
    _tag: 'Command',
    command: {
      _tag: 'UpsertUser',
      ...identity.right,
      limits: new Map(
        settings.identifiers.flatMap((each) => (each.limit === undefined ? [] : [[identifierName(each), each.limit]]))
      ),
      key,
      patch: merge(customPatches.size === 0 ? patches : new Map([...patches, ['custom', merge(customPatches)]]))
    },
    warnings
  })
}
