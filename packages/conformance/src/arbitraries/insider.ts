/** Insider's calls: their meaning without its spelling, and their bodies. */
import type { Json, JsonObject } from '@userpoint/core'
import type { IdentitySettings, Insider } from '@userpoint/core/insider'
import fc from 'fast-check'
import { spoiled } from './hostile.ts'
import { json, jsonArray, key } from './json.ts'
import { type AttributeName, attribute, mostly, type People, type PointName, userPoint } from './people.ts'

/** The user of a call: by the user point's own id, by identifiers of different names, or by both. */
export interface User {
  readonly point: PointName | undefined
  readonly identifiers: ReadonlyArray<AttributeName>
}

/** Attributes to delete from one name space, and values to remove from arrays. */
export interface Plan {
  readonly whole: ReadonlyArray<string>
  readonly partial: Readonly<Record<string, ReadonlyArray<Json>>>
}

/** The meaning of one user in a call. */
export type UserIntent =
  | {
      readonly verb: 'upsertUser'
      readonly who: User
      readonly appends: boolean
      /** Default attributes, without one named `custom`. */
      readonly attributes: JsonObject
      readonly custom: JsonObject
    }
  | { readonly verb: 'deleteAttributes'; readonly who: User; readonly plan: Plan; readonly custom: Plan }
  | { readonly verb: 'deleteIdentifiers'; readonly who: User }
  | { readonly verb: 'updateIdentifier'; readonly from: AttributeName; readonly to: AttributeName }
  | { readonly verb: 'deleteUser'; readonly who: User }
  | { readonly verb: 'anonymiseUser'; readonly who: User }
  | { readonly verb: 'getUser'; readonly who: User }

/** The verbs of users in calls. */
export type UserVerb = UserIntent['verb']

/** The intents of some of Insider's verbs. */
export type UserIntentTo<V extends UserVerb> = V extends UserVerb ? Extract<UserIntent, { readonly verb: V }> : never

/** A call with the JSON value of its body. */
export interface InsiderRequest {
  readonly call: Exclude<keyof Insider, 'listColumns'>
  readonly body: JsonObject
}

/** Identity settings with their identifiers and personal attributes. */
export type CardSettings = Partial<IdentitySettings> & Pick<IdentitySettings, 'identifiers' | 'personal'>

// Short names, so that attributes of a history have them.
const personal = [{ name: 'email' }, { name: 'a' }, { name: 'card', custom: true }, { name: 'a', custom: true }]

/** Settings that list every identifier of {@link attribute}; some names have limits, so that not all values fit. */
export const cardSettings: CardSettings = {
  identifiers: [{ name: 'email' }, { name: 'uuid', limit: 2 }, { name: 'card', custom: true, limit: 1 }],
  personal
}

/** Generates legal identity settings that list every identifier of {@link attribute}. */
export const identitySettings = (): fc.Arbitrary<CardSettings> =>
  fc.record(
    {
      identifiers: fc.constantFrom(cardSettings.identifiers, [
        { name: 'card', custom: true },
        { name: 'uuid', limit: 1 },
        { name: 'email', limit: 1 }
      ]),
      onConflict: fc.constantFrom('reject', 'priority'),
      emptiedArray: fc.constantFrom('keep', 'drop'),
      partialOnScalar: fc.constantFrom('warn', 'reject'),
      listAttribute: fc.constantFrom('list_id', 'static_segment_id'),
      emailHash: fc.record({
        algorithm: fc.constant('sha256' as const),
        trim: fc.boolean(),
        lowerCase: mostly(fc.constant(true), fc.constant(false))
      }),
      personal: fc.constant(personal)
    },
    { requiredKeys: ['identifiers', 'personal'], noNullPrototype: true }
  )

const attributeName = (): fc.Arbitrary<string> =>
  mostly(key(), fc.constantFrom('list_id', 'static_segment_id', 'c_a', 'email', 'card'))

// The attributes of this name space that may be identifiers, with the names that these are kept under.
const identifying = { default: { email: 'email', uuid: 'uuid' }, custom: { card: 'custom.card' } } as const

/** Attributes of one name space. One that identifies has the text of an identifier, or is empty. */
const attributes = (people: People, space: keyof typeof identifying): fc.Arbitrary<JsonObject> => {
  const names: Readonly<Record<string, string>> = identifying[space]
  const own = fc.tuple(
    attributeName().filter((name) => !Object.hasOwn(names, name)),
    fc.oneof(jsonArray(), json())
  )
  const asIdentifier = fc.constantFrom(...Object.entries(names)).chain(([name, kept]) =>
    fc.tuple(
      fc.constant(name),
      mostly<string, Json>(
        attribute(people)
          .filter((each) => each.name === kept)
          .map(({ value }) => value),
        fc.constantFrom('', null)
      )
    )
  )
  return fc.array(mostly(own, asIdentifier), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))
}

const plan = (): fc.Arbitrary<Plan> =>
  fc.record({
    whole: fc.array(mostly(attributeName(), fc.constant('custom')), { maxLength: 2 }),
    partial: fc
      .array(fc.tuple(attributeName(), jsonArray()), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries))
  })

const users = (people: People): fc.Arbitrary<User> =>
  fc
    .record({
      point: mostly(fc.constant(undefined), userPoint()),
      // One identifier as often as several, so that there are separate users to merge.
      identifiers: fc.oneof(
        fc.array(attribute(people), { minLength: 1, maxLength: 1 }),
        fc.uniqueArray(attribute(people), { minLength: 2, maxLength: 3, selector: ({ name }) => name })
      )
    })
    .chain((who) => (who.point === undefined ? fc.constant(who) : fc.constantFrom(who, { ...who, identifiers: [] })))

type Makers = { readonly [V in UserVerb]: fc.Arbitrary<UserIntentTo<V>> }

const makersAmong = (people: People): Makers => {
  const who = users(people)
  const verb = <V extends UserVerb>(name: V) => fc.constant(name)
  const pair = fc
    .tuple(attribute(people), attribute(people))
    .filter(([from, to]) => from.name === to.name && from.value !== to.value)
  return {
    upsertUser: fc.record({
      verb: verb('upsertUser'),
      who,
      appends: fc.boolean(),
      attributes: attributes(people, 'default'),
      custom: attributes(people, 'custom')
    }),
    deleteAttributes: fc.record({ verb: verb('deleteAttributes'), who, plan: plan(), custom: plan() }),
    deleteIdentifiers: fc.record({
      verb: verb('deleteIdentifiers'),
      who: who.filter(({ identifiers }) => identifiers.length > 0).map((each) => ({ ...each, point: undefined }))
    }),
    updateIdentifier: pair.map(([from, to]) => ({ verb: 'updateIdentifier', from, to })),
    deleteUser: fc.record({ verb: verb('deleteUser'), who }),
    anonymiseUser: fc.record({ verb: verb('anonymiseUser'), who }),
    getUser: fc.record({ verb: verb('getUser'), who })
  }
}

const makers: Readonly<Record<People, Makers>> = { few: makersAmong('few'), many: makersAmong('many') }

const weights: Readonly<Record<UserVerb, number>> = {
  upsertUser: 6,
  deleteAttributes: 3,
  deleteIdentifiers: 1,
  updateIdentifier: 1,
  deleteUser: 1,
  anonymiseUser: 1,
  getUser: 1
}

/** Generates intents of users in Insider's calls, with these verbs or all, among few or many people. */
export const userIntent = <V extends UserVerb = UserVerb>(
  people: People = 'few',
  ...verbs: ReadonlyArray<V>
): fc.Arbitrary<UserIntentTo<V>> => {
  const among = makers[people]
  const chosen = verbs.length === 0 ? (Object.keys(among) as V[]) : verbs
  return fc.oneof(
    ...chosen.map((verb) => ({ weight: weights[verb], arbitrary: among[verb] as fc.Arbitrary<UserIntentTo<V>> }))
  )
}

const prefix = 'custom.'

const identifiersOf = (named: ReadonlyArray<AttributeName>): JsonObject => {
  const entries = named.map(({ name, value }) => [name, value] as const)
  const custom = entries.filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(7), value])
  return {
    ...Object.fromEntries(entries.filter(([name]) => !name.startsWith(prefix))),
    ...(custom.length > 0 && { custom: Object.fromEntries(custom) })
  }
}

const identity = ({ point, identifiers }: User, variant: number): JsonObject => ({
  ...(point !== undefined && { insider_id: variant % 2 === 0 ? point.point : point.point.toUpperCase() }),
  ...(identifiers.length > 0 && {
    identifiers: identifiersOf(variant % 3 === 0 ? identifiers.toReversed() : identifiers)
  })
})

const isEmpty = (object: object): boolean => Object.keys(object).length === 0

const planFields = ({ whole, partial }: Plan): JsonObject => ({
  ...(whole.length > 0 && { whole }),
  ...(!isEmpty(partial) && { partial })
})

const flags = (appends: boolean, variant: number): JsonObject => {
  if (variant % 3 === 0) return { append: appends }
  return appends ? {} : { not_append: true }
}

const userOf = (wanted: UserIntentTo<'upsertUser' | 'deleteAttributes'>, variant: number): JsonObject => {
  switch (wanted.verb) {
    case 'upsertUser':
      return {
        ...identity(wanted.who, variant),
        ...flags(wanted.appends, variant),
        attributes: { ...wanted.attributes, ...(!isEmpty(wanted.custom) && { custom: wanted.custom }) }
      }
    case 'deleteAttributes': {
      const custom = planFields(wanted.custom)
      return {
        ...identity(wanted.who, variant),
        ...planFields(wanted.plan),
        ...(!isEmpty(custom) && { custom })
      }
    }
  }
}

/**
 * Returns the request with these intents, in one of its spellings.
 *
 * @param wanted The intents of its users, all with the same verb; only one user if the call takes one. An empty list gives an
 *   upsert without users.
 * @param variant The spelling, any natural number.
 */
export const requestOf = (wanted: ReadonlyArray<UserIntent>, variant = 0): InsiderRequest => {
  const [first] = wanted
  if (first === undefined) return { call: 'upsertUsers', body: { users: [] } }
  switch (first.verb) {
    case 'upsertUser':
    case 'deleteAttributes': {
      const some = wanted.filter((each) => each.verb === 'upsertUser' || each.verb === 'deleteAttributes')
      return {
        call: first.verb === 'upsertUser' ? 'upsertUsers' : 'deleteAttributes',
        body: { users: some.map((each) => userOf(each, variant)) }
      }
    }
    case 'updateIdentifier':
      return {
        call: first.verb,
        body: { old_identifier: identifiersOf([first.from]), new_identifier: identifiersOf([first.to]) }
      }
    case 'deleteIdentifiers':
    case 'deleteUser':
    case 'anonymiseUser':
      return { call: first.verb, body: identity(first.who, variant) }
    case 'getUser':
      return { call: first.verb, body: { ...identity(first.who, variant), attributes: ['*'] } }
  }
}

/** The options of generated requests. */
export interface RequestShape {
  /** The part of the requests that is wrong; default `some`. */
  readonly faults?: 'none' | 'some'
  /** Default `few`. */
  readonly people?: People
}

/**
 * Generates requests of every call: valid ones under {@link cardSettings}, and, with faults, rejected ones and ones with
 * rejected users.
 */
export const insiderRequest = ({
  faults = 'some',
  people = 'few'
}: RequestShape = {}): fc.Arbitrary<InsiderRequest> => {
  const wanted: fc.Arbitrary<ReadonlyArray<UserIntent>> = fc.oneof(
    fc.array(userIntent(people, 'upsertUser'), { maxLength: 4 }),
    fc.array(userIntent(people, 'deleteAttributes'), { maxLength: 4 }),
    fc.tuple(userIntent(people, 'deleteIdentifiers', 'updateIdentifier', 'deleteUser', 'anonymiseUser', 'getUser'))
  )
  const right = fc.tuple(wanted, fc.nat(9)).map((all) => requestOf(...all))
  return faults === 'none' ? right : mostly(right, right.chain(wrongRequest))
}

/** Adds a fault to the request or to its first user. */
const wrongRequest = ({ call, body }: InsiderRequest): fc.Arbitrary<InsiderRequest> => {
  const { users: all } = body
  const [first, ...rest] = Array.isArray(all) ? (all as ReadonlyArray<JsonObject>) : []
  const broken = spoiled(fc.constant(body))
  const wrongUser = first && spoiled(fc.constant(first)).map((user): JsonObject => ({ users: [user, ...rest] }))
  return (wrongUser === undefined ? broken : fc.oneof(broken, wrongUser)).map((each) => ({ call, body: each }))
}
