/**
 * Insider's dialect: calls on users, which are user points. Default attributes are the top-level properties of one profile
 * (default compartment, no account), custom attributes are its `custom` object, and identifiers are named identifiers of the
 * user point.
 */
import type { Command } from '../../command/command.ts'
import { decodeAnonymise } from './anonymise.ts'
import { type Columns, decodeTable, listColumns } from './list-columns.ts'
import { type Purpose, resolveCompartment } from '../codec/resolve-compartment.ts'
import { decodeDeleteAttributes } from './delete-attributes.ts'
import { decodeDeleteIdentifiers, decodeDeleteUser, decodeUpdateIdentifier } from './identifiers.ts'
import { anyOf, decodeIdentity } from './identity.ts'
import { decodeProfileQuestion, encodeProfile } from './get-user.ts'
import { inInsidersWords, reportOf, type UserOutcome, type UsersReport, verdictInInsidersWords } from './report.ts'
import { parseBody, parseUsers, readUser, refuse, type RequestRejected } from './request.ts'
import { defaultIdentitySettings, type IdentitySettings } from './settings.ts'
import { demandOptions, type OptionNames, optionsWithDefaults } from '../../wrong-call.ts'
import { decodeUpsertUser } from './upsert-users.ts'
import { type DecodedUser, type DecodeUser, rejectedUser } from './user-decoder.ts'
import { type Rejection, rejection, shownPath } from '../../command/rejection.ts'
import { ownCommands } from '../../command/snapshot.ts'
import { type Verdict, withWarnings } from '../../decide/verdict.ts'
import { isJsonObject, type JsonObject, normaliseJson } from '../../domain/json.ts'
import { plainDepth, type ReadJson } from '../../domain/json-text.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { E } from '../../fp.ts'
import type { Engine } from '../../engine/engine.ts'
import type { EngineError, StoreFailed } from '../../engine/transaction/engine-error.ts'
import { decodeUtf8 } from '../../engine/input/utf8.ts'

/** The body of a request: its bytes, or its parsed JSON. */
export type RequestBody = Uint8Array | { readonly value: unknown }

/** The greatest number of users that `listColumns` reads, so that a scan does not delay other calls. */
export const columnsScanned = 20_000

export interface Insider {
  /** Deletes attributes, or values of array attributes, of existing users; never creates and never merges. */
  readonly deleteAttributes: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, UsersReport>>
  /** Creates users, or changes their attributes and attaches missing identifiers. */
  readonly upsertUsers: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, UsersReport>>
  /** Deletes identifiers of one user, but never the last one. */
  readonly deleteIdentifiers: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, Verdict>>
  /** Changes the value of one identifier of one user. */
  readonly updateIdentifier: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, Verdict>>
  /** Deletes one user with all attached data. */
  readonly deleteUser: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, Verdict>>
  /** Deletes the personal attributes and identifiers of one user, even the last identifier; the user stays (B-35). */
  readonly anonymiseUser: (body: RequestBody) => Promise<E.Either<RequestRejected | EngineError, Verdict>>
  /**
   * Returns the default attributes, and the custom ones of at most {@link columnsScanned} users (B-37). For the table `events`
   * it returns an empty list.
   */
  readonly listColumns: (body: RequestBody) => Promise<E.Either<RequestRejected | Rejection | StoreFailed, Columns>>
  /** Returns the vendor's answer about one user, with the attributes that the body asks for; `undefined` if it is missing (B-31). */
  readonly getUser: (
    body: RequestBody
  ) => Promise<E.Either<RequestRejected | Rejection | StoreFailed, JsonObject | undefined>>
}

export interface InsiderOptions {
  readonly engine: Pick<Engine, 'policies' | 'bounds' | 'execute' | 'find' | 'userPoints'>
  /** Identifiers and choices; omitted ones default to {@link defaultIdentitySettings}. */
  readonly settings?: Partial<IdentitySettings>
  /**
   * Called between the parts of a long request; a call waits for the promise that it returns. A server lets other requests in
   * there.
   */
  readonly pause?: () => PromiseLike<void> | undefined
}

const optionNames: OptionNames<InsiderOptions> = { engine: 'needed', settings: 'optional', pause: 'optional' }

// A path may show the names of these fields; other keys are a sender's data.
const userFields: ReadonlySet<string> = new Set(
  (
    'identifiers insider_id attributes custom whole partial not_append append email phone_number uuid ' +
    'old_identifier new_identifier quota events event_name event_params timestamp'
  ).split(' ')
)

type Parsed = E.Either<RequestRejected, unknown>

const parse = (body: RequestBody): Parsed =>
  body instanceof Uint8Array
    ? parseBody(body, decodeUtf8)
    : E.right((Object(body) as { readonly value: unknown }).value)

/** The engine, and the settings with the defaults filled in. */
interface Parts {
  readonly engine: InsiderOptions['engine']
  readonly settings: IdentitySettings
  readonly pause: () => PromiseLike<void> | undefined
}

const none: ReadonlyArray<never> = []

const objectOf = ({ engine }: Parts, value: unknown): E.Either<Rejection, JsonObject> => {
  const json = normaliseJson(value, engine.bounds.maxDepth)
  if (E.isLeft(json)) return E.left(rejection(json.left.code, shownPath(json.left.path, userFields)))
  return isJsonObject(json.right) ? E.right(json.right) : E.left(rejection('NOT_AN_OBJECT'))
}

/** Returns what a user of a request is; the rejection of the user if its text has a fault. */
const userObject = (parts: Parts, read: ReadJson): E.Either<Rejection, JsonObject> => {
  if (read._tag === 'Fault')
    return E.left(rejection(read.code, 'path' in read ? shownPath(read.path, userFields) : undefined))
  const isNormal = read.isNormal && parts.engine.bounds.maxDepth >= plainDepth
  return isNormal ? E.right(read.value as JsonObject) : objectOf(parts, read.value)
}

const userDecoder = (parts: Parts, decode: DecodeUser, purpose: Purpose, request: JsonObject) => {
  const { policies } = parts.engine
  const place = resolveCompartment(undefined, [], { purpose, policies })
  const settings = { ...parts.settings, placeholders: purpose === 'create' ? policies.blockedValues : [] }
  return (read: ReadJson): DecodedUser => {
    const user = userObject(parts, read)
    if (E.isLeft(user) || E.isLeft(place)) return rejectedUser(E.isLeft(user) ? user : place)
    return decode(user.right, { key: { compartment: place.right }, settings, request })
  }
}

/** Applies a request on several users in one unit of work; each user is applied as a whole or not at all (B-20). */
const onUsers =
  (parts: Parts, decode: DecodeUser, purpose: Purpose): Insider['upsertUsers'] =>
  async (body) => {
    const request = parseUsers(body, decodeUtf8)
    if (E.isLeft(request)) return request
    const { users, fields, warnings } = request.right
    const decodeUser = userDecoder(parts, decode, purpose, fields)
    const decoded: DecodedUser[] = []
    const commands: Command[] = []
    for (const each of users) {
      const pausing = parts.pause()
      if (pausing !== undefined) await pausing
      const read = readUser(each)
      if (read._tag === 'Fault' && read.code === 'SYNTAX_ERROR') return refuse('INVALID_JSON')
      const user = decodeUser(read)
      decoded.push(user)
      if (E.isRight(user)) commands.push(user.right.command)
    }
    const verdicts = await parts.engine.execute(ownCommands(commands))
    if (E.isLeft(verdicts)) return verdicts
    const given = verdicts.right.values()
    const outcomes = decoded.map((user): UserOutcome => {
      if (E.isLeft(user)) {
        const rejections = user.left.map(inInsidersWords)
        return { verdict: rejections[0] as Rejection, rejections }
      }
      const verdict = verdictInInsidersWords(withWarnings(given.next().value as Verdict, user.right.warnings))
      return { verdict, rejections: verdict._tag === 'Rejected' ? [verdict] : none }
    })
    return E.right(reportOf(outcomes, warnings))
  }

const decodeObject = <A>(
  parts: Parts,
  body: RequestBody,
  decode: (object: JsonObject) => E.Either<Rejection, A>
): E.Either<RequestRejected | Rejection, A> => {
  const parsed = parse(body)
  if (E.isLeft(parsed)) return parsed
  const object = objectOf(parts, parsed.right)
  const decoded = E.isLeft(object) ? object : decode(object.right)
  return E.isLeft(decoded) ? E.left(inInsidersWords(decoded.left)) : decoded
}

/** Applies a request on one user. */
const onOne =
  (parts: Parts, decode: (body: JsonObject) => E.Either<Rejection, Command>): Insider['deleteUser'] =>
  async (body) => {
    const command = decodeObject(parts, body, decode)
    if (E.isLeft(command)) return command.left._tag === 'Rejected' ? E.right(command.left) : E.left(command.left)
    const verdicts = await parts.engine.execute(ownCommands([command.right]))
    return E.isLeft(verdicts) ? verdicts : E.right(verdictInInsidersWords(verdicts.right[0] as Verdict))
  }

/** Calls a function with the key of the profile that holds attributes. */
const withKey = <A>({ engine }: Parts, use: (key: ProfileKey) => E.Either<Rejection, A>): E.Either<Rejection, A> => {
  const { defaultCompartment: compartment } = engine.policies
  return compartment === undefined ? E.left(rejection('NO_DEFAULT_COMPARTMENT')) : use({ compartment })
}

const columnsCall =
  (parts: Parts): Insider['listColumns'] =>
  async (body) => {
    const asked = decodeObject(parts, body, (object) =>
      withKey(parts, (key) => {
        const table = decodeTable(object)
        return E.isLeft(table) ? table : E.right({ table: table.right, key })
      })
    )
    if (E.isLeft(asked)) return asked
    if (asked.right.table === 'events') return E.right({ columns: [], complete: true })
    const { engine, settings } = parts
    try {
      return E.right(await listColumns(engine.userPoints(), asked.right.key, { settings, limit: columnsScanned }))
    } catch (cause) {
      return E.left({ _tag: 'StoreFailed', operation: 'scan', cause })
    }
  }

const userCall =
  (parts: Parts): Insider['getUser'] =>
  async (body) => {
    const { engine, settings } = parts
    const asked = decodeObject(parts, body, (object) => {
      const identity = decodeIdentity(object, settings)
      if (E.isLeft(identity)) return identity
      const question = decodeProfileQuestion(object)
      if (E.isLeft(question)) return question
      return withKey(parts, (key) => E.right({ who: anyOf(identity.right, settings), question: question.right, key }))
    })
    if (E.isLeft(asked)) return asked
    const { who, question, key } = asked.right
    const found = await engine.find(who)
    if (E.isRight(found)) return E.right(found.right && encodeProfile(found.right, key, question))
    return E.left(found.left._tag === 'Rejected' ? inInsidersWords(found.left) : found.left)
  }

/**
 * Returns Insider's calls over an engine.
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
  demandOptions('createInsider', options, optionNames)
  const { engine, settings: given, pause = () => undefined } = options
  demandOptions('settings', given, optionsWithDefaults(defaultIdentitySettings))
  const settings: IdentitySettings = { ...defaultIdentitySettings, ...given }
  const parts: Parts = { engine, settings, pause }
  return {
    deleteAttributes: onUsers(parts, decodeDeleteAttributes, 'find'),
    upsertUsers: onUsers(parts, decodeUpsertUser, 'create'),
    deleteIdentifiers: onOne(parts, (body) => decodeDeleteIdentifiers(body, settings)),
    updateIdentifier: onOne(parts, (body) => decodeUpdateIdentifier(body, settings, engine.policies.blockedValues)),
    deleteUser: onOne(parts, (body) => decodeDeleteUser(body, settings)),
    anonymiseUser: onOne(parts, (body) => withKey(parts, (key) => decodeAnonymise(body, key, settings))),
    listColumns: columnsCall(parts),
    getUser: userCall(parts)
  }
}
