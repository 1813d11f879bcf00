/** Decodes one user of an upsert request: values overwrite, and arrays append by default (B-36). */
import { getKey, isAbsent, isJsonArray, type Json, type JsonObject } from '../../domain/json.ts'
import { append, concat, identity as unchanged, merge, type Patch, put } from '../../domain/patch.ts'
import { E } from '../../fp.ts'
import { withoutKeys } from '../codec/field.ts'
import type { Named, UpsertUser } from '../../command/command.ts'
import { decoded, unknownFields, type Warning } from '../../command/decoded.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import { canonicalName } from './delete-attributes.ts'
import { decodeEvents } from './events.ts'
import { decodeIdentity, decodeIdentifyingAttribute, decodeMap } from './identity.ts'
import { type IdentitySettings, identifierName, identifyingNames, type ReadingSettings } from './settings.ts'
import { type DecodedUser, type Reading, rejectedUser } from './user-decoder.ts'

const fieldsKnown = ['identifiers', 'insider_id', 'attributes', 'events', 'not_append', 'append']

const decodeFlag = (source: JsonObject, name: string): E.Either<Rejection, boolean | undefined> => {
  const value = getKey(source, name) ?? undefined
  return value === undefined || typeof value === 'boolean' ? E.right(value) : E.left(rejection('BAD_FIELD', [name]))
}

/** Decodes whether arrays append. `append` wins over `not_append`, and the user's flags over the request's (B-36). */
const decodeAppends = (user: JsonObject, request: JsonObject): E.Either<Rejection, boolean> => {
  const appends = decodeFlag(user, 'append')
  if (E.isLeft(appends)) return appends
  const own = decodeFlag(user, 'not_append')
  if (E.isLeft(own)) return own
  if (appends.right !== undefined) return E.right(appends.right)
  if (own.right !== undefined) return E.right(!own.right)
  const shared = decodeFlag(request, 'not_append')
  return E.isLeft(shared) ? shared : E.right(shared.right !== true)
}

const patchOf = (value: Json, appends: boolean): Patch => (isJsonArray(value) && appends ? append(value) : put(value))

const patchAll = (attributes: ReadonlyArray<readonly [string, Json]>, appends: boolean): ReadonlyMap<string, Patch> => {
  const patches = new Map<string, Patch>()
  for (const [name, value] of attributes) {
    patches.set(name, concat(patches.get(name) ?? unchanged, patchOf(value, appends)))
  }
  return patches
}

/** The attributes of one namespace. */
interface Attributes {
  readonly ordinary: ReadonlyArray<readonly [string, Json]>
  /** The identifiers among them (B-32). */
  readonly identifying: ReadonlyArray<Named>
  readonly warnings: ReadonlyArray<Warning>
}

const decodeNamespace = (
  source: JsonObject,
  custom: boolean,
  settings: ReadingSettings
): E.Either<Rejection, Attributes> => {
  const place = custom ? ['attributes', 'custom'] : ['attributes']
  const names = identifyingNames(settings, custom)
  const identifying: Named[] = []
  const warnings: Warning[] = []
  for (const [name, value] of Object.entries(source)) {
    if (!names.has(name)) continue
    const identifier = decodeIdentifyingAttribute({ name, custom, value, place }, settings)
    if (E.isLeft(identifier)) return identifier
    if (identifier.right === 'Blocked') warnings.push({ code: 'IGNORED_FIELD', path: [...place, name].join('.') })
    else if (identifier.right !== undefined) identifying.push(identifier.right)
  }
  return E.right({ ordinary: Object.entries(source).filter(([name]) => !names.has(name)), identifying, warnings })
}

const decodeAttributes = (
  user: JsonObject,
  settings: ReadingSettings
): E.Either<Rejection, { readonly root: Attributes; readonly custom: Attributes }> => {
  const given = getKey(user, 'attributes')
  if (isAbsent(given)) return E.left(rejection('REQUIRED', ['attributes']))
  const attributes = decodeMap(given, ['attributes'])
  if (E.isLeft(attributes)) return attributes
  const source = decodeMap(getKey(attributes.right, 'custom'), ['attributes', 'custom'])
  if (E.isLeft(source)) return source
  const root = decodeNamespace(withoutKeys(attributes.right, ['custom']), false, settings)
  if (E.isLeft(root)) return root
  const custom = decodeNamespace(source.right, true, settings)
  return E.isLeft(custom) ? custom : E.right({ root: root.right, custom: custom.right })
}

const limitsOf = (settings: IdentitySettings): ReadonlyMap<string, number> =>
  new Map(
    settings.identifiers.flatMap((each) => (each.limit === undefined ? [] : [[identifierName(each), each.limit]]))
  )

/**
 * Decodes one user of an upsert request. Events are checked by the vendor's rules and not kept; a user with nothing but
 * events is rejected, since nothing of it would be stored (B-30).
 */
export const decodeUpsertUser = (user: JsonObject, { key, settings, request }: Reading): DecodedUser => {
  const identity = decodeIdentity(user, settings)
  const events = decodeEvents(getKey(user, 'events'))
  const appends = decodeAppends(user, request)
  const attributes = decodeAttributes(user, settings)
  const hasEvents = E.isRight(events) && events.right > 0
  if (E.isLeft(identity) || E.isLeft(events) || E.isLeft(appends)) return rejectedUser(identity, events, appends)
  if (hasEvents && isAbsent(getKey(user, 'attributes')))
    return rejectedUser(E.left(rejection('EVENTS_NOT_SUPPORTED', ['events'])))
  if (E.isLeft(attributes)) return rejectedUser(attributes)

  const { root, custom } = attributes.right
  const canonical = canonicalName(settings)
  const patches = patchAll(
    root.ordinary.map(([name, value]) => [canonical(name), value]),
    appends.right
  )
  const customPatches = patchAll(custom.ordinary, appends.right)
  const command: UpsertUser = {
    _tag: 'UpsertUser',
    ...identity.right,
    attach: [...root.identifying, ...custom.identifying],
    limits: limitsOf(settings),
    key,
    patch: merge(customPatches.size === 0 ? patches : new Map([...patches, ['custom', merge(customPatches)]]))
  }
  return decoded(command, [
    ...unknownFields(user, fieldsKnown),
    ...(hasEvents ? [{ code: 'EVENTS_NOT_SUPPORTED', path: 'events' } as const] : []),
    ...root.warnings,
    ...custom.warnings
  ])
}
