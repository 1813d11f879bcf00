/**
 * Insider's dialect: its calls on users, over the same user points. Default attributes are the top-level properties of the
 * profile at the default key (default compartment, no account), custom ones its `custom` object, and identifiers are
 * named identifiers of the user point; so a person who was imported through one dialect can be erased through the other.
 */
import type { Command } from '../../command/command.ts'
import { type Purpose, resolveCompartment } from '../codec/resolve-compartment.ts'
import type { Decoded } from '../../command/decoded.ts'
import { decodeDeleteAttributes } from './delete-attributes.ts'
import { decodeDeleteIdentifiers, decodeDeleteUser, decodeUpdateIdentifier } from './identifiers.ts'
import { anyOf, decodeIdentity } from './identity.ts'
import { inInsidersWords, userErrors } from './report.ts'
import { decodeUsers, parseBody, type RequestRejected } from './request.ts'
import { defaultIdentitySettings, type IdentitySettings } from './settings.ts'
import { decodeUpsertUser } from './upsert-users.ts'
import { encodeUser } from './user.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import { type Verdict, withWarnings } from '../../decide/verdict.ts'
import { isJsonObject, type JsonObject, normaliseJson } from '../../domain/json.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { E } from '../../fp.ts'
import type { Engine } from '../../engine/engine.ts'
import type { EngineError, StoreFailed } from '../../engine/transaction/engine-error.ts'
import { decodeUtf8 } from '../../engine/input/utf8.ts'

/** A request's body: its bytes, whose number is limited, or the value that its JSON stands for. */
export type RequestBody = Uint8Array | { readonly value: unknown }

/** What became of a request on several users: one verdict a user, in order. */
export interface UsersReport {
  readonly verdicts: ReadonlyArray<Verdict>
  /** Users that were applied or had nothing to do. */
  readonly successful: { readonly count: number }
  /** Users that were rejected, and why: messages by path and rule, in the vendor's spelling (SPEC 6.6). */
  readonly fail: { readonly count: number; readonly errors: Readonly<Record<string, ReadonlyArray<string>>> }
}

export interface Insider {
  /** Deletes attributes, or values of array attributes, of users that are there; never creates and never merges. */
  readonly deleteAttributes: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, UsersReport>>
  /** Creates users, or changes their attributes and gives them the identifiers they do not have. */
  readonly upsertUsers: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, UsersReport>>
  /** Deletes identifiers of one user, never the sole one. */
  readonly deleteIdentifiers: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, Verdict>>
  /** Gives one user a new value for one identifier. */
  readonly updateIdentifier: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, Verdict>>
  /** Deletes one user with everything attached to them. */
  readonly deleteUser: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, Verdict>>
  /** One user's `insider_id` and `attributes`, as the vendor's read side names them; `undefined`: there is none. */
  readonly getUser: (
    body: RequestBody
  ) => Promise<E.Either<RequestRejected | Rejection | StoreFailed, JsonObject | undefined>>
}

export interface InsiderOptions {
  readonly engine: Pick<Engine, 'policies' | 'bounds' | 'execute' | 'find'>
  /** What identifies, and what the vendor leaves open; {@link defaultIdentitySettings} where it says nothing. */
  readonly settings?: Partial<IdentitySettings>
}

type DecodeUser = (user: JsonObject, key: ProfileKey, settings: IdentitySettings) => E.Either<Rejection, Decoded>

type Parsed = E.Either<RequestRejected, unknown>

const parse = (body: RequestBody): Parsed =>
  body instanceof Uint8Array ? parseBody(body, decodeUtf8) : E.right(body.value)

const worded = (verdict: Verdict): Verdict =>
  verdict._tag === 'Rejected' ? { ...verdict, ...inInsidersWords(verdict) } : verdict

const reportOf = (judged: ReadonlyArray<Verdict>): UsersReport => {
  const verdicts = judged.map(worded)
  const errors = verdicts.flatMap((verdict, index) => (verdict._tag === 'Rejected' ? userErrors(index, verdict) : []))
  const failed = verdicts.filter((verdict) => verdict._tag === 'Rejected').length
  return {
    verdicts,
    successful: { count: verdicts.length - failed },
    fail: { count: failed, errors: Object.fromEntries(errors.map(({ key, message }) => [key, [message]])) }
  }
}

/**
 * Insider's calls over an engine.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createEngine } from '@userpoint/core'
 * import { createInsider } from '@userpoint/core/insider'
 * import { v7 } from 'uuid'
 *
 * const engine = createEngine({ repository: createMemoryRepository(), clock: Date.now, newId: v7 })
 * const insider = createInsider({ engine })
 * const identifiers = { email: 'ada@example.org' }
 * await insider.upsertUsers({ value: { users: [{ identifiers, attributes: { name: 'Ada', age: 36 } }] } })
 * const erased = await insider.deleteAttributes({ value: { users: [{ identifiers, whole: ['age'] }] } })
 * console.log(erased._tag === 'Right' && erased.right.successful.count) // => 1
 * ```
 */
export const createInsider = (options: InsiderOptions): Insider => {
  const { engine } = options
  const { defaultCompartment: compartment } = engine.policies
  const settings: IdentitySettings = { ...defaultIdentitySettings, ...options.settings }

  const objectOf = (value: unknown): E.Either<Rejection, JsonObject> => {
    const json = normaliseJson(value, engine.bounds.maxDepth)
    if (E.isLeft(json)) return E.left(rejection(json.left.code, json.left.path))
    return isJsonObject(json.right) ? E.right(json.right) : E.left(rejection('NOT_AN_OBJECT'))
  }

  const decodeUser = (value: unknown, decode: DecodeUser, purpose: Purpose): E.Either<Rejection, Decoded> => {
    const user = objectOf(value)
    if (E.isLeft(user)) return user
    const place = resolveCompartment(undefined, [], purpose, engine.policies)
    return E.isLeft(place) ? place : decode(user.right, { compartment: place.right }, settings)
  }

  /** All users in one unit of work; each is applied or not as a whole (B-20). */
  const onUsers =
    (decode: DecodeUser, purpose: Purpose) =>
    async (body: RequestBody): Promise<E.Either<RequestRejected | EngineError, UsersReport>> => {
      const parsed = parse(body)
      const users = E.isLeft(parsed) ? parsed : decodeUsers(parsed.right)
      if (E.isLeft(users)) return users
      const decoded = users.right.map((user) => decodeUser(user, decode, purpose))
      const verdicts = await engine.execute(decoded.flatMap((user) => (E.isLeft(user) ? [] : [user.right.command])))
      if (E.isLeft(verdicts)) return verdicts
      const given = verdicts.right.values()
      return E.right(
        reportOf(
          decoded.map((user) =>
            E.isLeft(user) ? user.left : withWarnings(given.next().value as Verdict, user.right.warnings)
          )
        )
      )
    }

  const onOne =
    (decode: (body: JsonObject, settings: IdentitySettings) => E.Either<Rejection, Command>) =>
    async (body: RequestBody): Promise<E.Either<RequestRejected | EngineError, Verdict>> => {
      const parsed = parse(body)
      if (E.isLeft(parsed)) return parsed
      const object = objectOf(parsed.right)
      const command = E.isLeft(object) ? object : decode(object.right, settings)
      if (E.isLeft(command)) return E.right(inInsidersWords(command.left))
      const verdicts = await engine.execute([command.right])
      return E.isLeft(verdicts) ? verdicts : E.right(worded(verdicts.right[0] as Verdict))
    }

  return {
    deleteAttributes: onUsers(decodeDeleteAttributes, 'find'),
    upsertUsers: onUsers(decodeUpsertUser, 'create'),
    deleteIdentifiers: onOne(decodeDeleteIdentifiers),
    updateIdentifier: onOne(decodeUpdateIdentifier),
    deleteUser: onOne(decodeDeleteUser),
    getUser: async (body) => {
      const parsed = parse(body)
      if (E.isLeft(parsed)) return parsed
      const object = objectOf(parsed.right)
      const identity = E.isLeft(object) ? object : decodeIdentity(object.right, settings)
      if (E.isLeft(identity)) return E.left(inInsidersWords(identity.left))
      const found = await engine.find(anyOf(identity.right, settings))
      if (E.isLeft(found))
        return found.left._tag === 'Rejected' ? E.left(inInsidersWords(found.left)) : E.left(found.left)
      return compartment === undefined
        ? E.left(rejection('NO_DEFAULT_COMPARTMENT'))
        : E.right(found.right && encodeUser(found.right, { compartment }))
    }
  }
}
