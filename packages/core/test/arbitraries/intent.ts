/**
 * Intents: what is asked for, free of its spelling, over a universe so small that people collide all the time. An intent
 * becomes a line of its document type, or a command where no document can ask for it; an oracle can read it without
 * decoding anything.
 */
import fc from 'fast-check'
import type { Command } from '../../src/command/command.ts'
import type { DocumentType } from '../../src/command/document.ts'
import type { Claimed } from '../../src/domain/identifier.ts'
import type { Json, JsonObject } from '../../src/domain/json.ts'
import { json, jsonObject, nfc, nfd } from './json.ts'

export type Named =
  | { readonly tag: 'account'; readonly compartment: string; readonly account: string }
  | { readonly tag: 'email'; readonly hash: string }
  | { readonly tag: 'agent'; readonly agent: string }

/** An id that a store mints, and may or may not have minted. */
export type Device = { readonly tag: 'device'; readonly device: string }
export type Point = { readonly tag: 'point'; readonly point: string }

/** Which profile: that of a compartment, or of an account in it. */
export type Key = { readonly compartment: string; readonly account: string | undefined }

export type SegmentKey = { readonly naming: 'Id' | 'TechnicalName'; readonly segment: string }

/** When a membership ends: at a moment, or so many minutes from now. */
export type Expiry = 'never' | { readonly at: number } | { readonly minutes: number }

export type Intent =
  | {
      readonly verb: 'upsert'
      readonly who: Named | Device
      readonly key: Key
      readonly mode: 'replace' | 'shallow' | 'deep'
      readonly body: JsonObject
    }
  | { readonly verb: 'deleteProfile'; readonly who: Named | Device; readonly key: Key }
  | { readonly verb: 'deleteIdentifier'; readonly who: Named }
  | { readonly verb: 'deleteDevicePoint'; readonly who: Extract<Named, { readonly tag: 'agent' }> | Device }
  | { readonly verb: 'deleteUserPoint'; readonly who: Named | Device | Point }
  | { readonly verb: 'associate'; readonly who: ReadonlyArray<Named | Device> }
  | {
      readonly verb: 'updateSegment'
      readonly who: Named | Device
      readonly key: SegmentKey
      readonly expiry: Expiry
      /** `undefined`: the membership keeps what it has. */
      readonly bag: Json | undefined
    }
  | { readonly verb: 'deleteSegment'; readonly who: Named | Device; readonly key: SegmentKey }
  | {
      readonly verb: 'upsertChoice'
      readonly who: Named | Device
      readonly key: string
      readonly chosen: number
      readonly mode: 'replace' | 'shallow'
      readonly body: JsonObject
    }
  | { readonly verb: 'deleteChoice'; readonly who: Named | Device; readonly key: string }
  | { readonly verb: 'enterScenario'; readonly who: Named | Device; readonly key: string }
  | { readonly verb: 'leaveScenario'; readonly who: Named | Device; readonly key: string }

export type Verb = Intent['verb']
type IntentTo<V extends Verb> = V extends Verb ? Extract<Intent, { readonly verb: V }> : never

/** What no document can ask for. */
export type CallIntent = Extract<Intent, { readonly verb: 'enterScenario' | 'leaveScenario' }>
export type LineIntent = Exclude<Intent, CallIntent>

/** The default compartment is `0`. Each has several spellings; `undefined` is none at all. */
const spellings: Readonly<Record<string, ReadonlyArray<string | number | null | undefined>>> = {
  '0': [undefined, '0', 0, '00', null],
  '1': ['1', 1, '01'],
  '1000': [1000, '1000']
}
const compartments = Object.keys(spellings)

// Each is another one's twin to a careless eye: a claim without its compartment, a letter in another form, a prefix.
const accounts = ['a', '__proto__']
const hashes = [nfc, nfd, 'constructor']
const agents = ['vec:1', 'net:9:1', 'net:9:1:2', 'mum:account:0:a']

/** Every identifier there is in this universe. */
export const universe: ReadonlyArray<Named> = [
  ...compartments.flatMap((compartment) =>
    accounts.map((account): Named => ({ tag: 'account', compartment, account }))
  ),
  ...hashes.map((hash): Named => ({ tag: 'email', hash })),
  ...agents.map((agent): Named => ({ tag: 'agent', agent }))
]

/** The `n`th id of {@link mintIds}: time-ordered, as a good source's are. */
export const mintedId = (n: number): string => `0192a000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`

/** The device point id that core makes of the same id. */
export const mintedDevice = (n: number): string => `udp:${BigInt(`0x${mintedId(n).replaceAll('-', '')}`)}`

/** A source of ids that is the same in every run. */
export const mintIds = (): (() => string) => {
  let n = 0
  return () => mintedId(n++)
}

/** A clock that is the same in every run, and stands still every second time it is asked. */
export const slowClock = (): (() => number) => {
  let n = 0
  return () => 1_700_000_000_000 + (n++ >> 1)
}

// Half of them are a few favourites, so that people meet often enough to have something to merge and to take apart.
const favourites: ReadonlyArray<Named> = [
  { tag: 'account', compartment: '0', account: 'a' },
  { tag: 'email', hash: nfc },
  { tag: 'agent', agent: 'vec:1' },
  { tag: 'agent', agent: 'net:9:1' }
]
const named = (): fc.Arbitrary<Named> => fc.oneof(fc.constantFrom(...universe), fc.constantFrom(...favourites))
const number = (): fc.Arbitrary<number> => fc.oneof(fc.nat(3), fc.nat(12))
const device = (): fc.Arbitrary<Device> => number().map((n) => ({ tag: 'device', device: mintedDevice(n) }))
const point = (): fc.Arbitrary<Point> => number().map((n) => ({ tag: 'point', point: mintedId(n) }))
const agent = (): fc.Arbitrary<Extract<Named, { readonly tag: 'agent' }>> =>
  fc.constantFrom(...agents.map((id) => ({ tag: 'agent' as const, agent: id })))

const mostly = <A, B>(common: fc.Arbitrary<A>, rare: fc.Arbitrary<B>): fc.Arbitrary<A | B> =>
  fc.oneof({ weight: 9, arbitrary: common }, { weight: 1, arbitrary: rare })

const profileKey = (): fc.Arbitrary<Key> =>
  fc
    .tuple(
      mostly(fc.constant('0'), fc.constantFrom(...compartments)),
      mostly(fc.constant(undefined), fc.constantFrom(...accounts))
    )
    .map(([compartment, account]) => ({ compartment, account }))

const someone = (): fc.Arbitrary<Named | Device> => mostly(named(), device())

// An id and a technical name that are one text are two segments.
const segmentKey = (): fc.Arbitrary<SegmentKey> =>
  fc.constantFrom<SegmentKey>(
    { naming: 'Id', segment: '1' },
    { naming: 'TechnicalName', segment: '1' },
    { naming: 'TechnicalName', segment: '__proto__' }
  )

/** Long ago, soon after a history begins, and when it is long over. */
const expiry = (): fc.Arbitrary<Expiry> =>
  fc.oneof(
    fc.constant('never' as const),
    fc.constantFrom(1, 1_004, 1_700_000_000_003, 4_000_000_000_000).map((at) => ({ at })),
    fc.constantFrom(1, 2, 1_000).map((minutes) => ({ minutes }))
  )

/** Any JSON but `null`, which counts as absent; or nothing. */
const bag = (): fc.Arbitrary<Json | undefined> =>
  fc.option(
    json().filter((value) => value !== null),
    { nil: undefined, freq: 3 }
  )

const processing = (): fc.Arbitrary<string> => fc.constantFrom('1', '__proto__')
const scenario = (): fc.Arbitrary<string> => mostly(fc.constant('1'), fc.constant('constructor'))

const makers: { readonly [V in Verb]: fc.Arbitrary<IntentTo<V>> } = {
  upsert: fc
    .tuple(someone(), profileKey(), fc.constantFrom('replace', 'shallow', 'deep'), jsonObject())
    .map(([who, key, mode, body]) => ({ verb: 'upsert', who, key, mode, body })),
  deleteProfile: fc.tuple(someone(), profileKey()).map(([who, key]) => ({ verb: 'deleteProfile', who, key })),
  deleteIdentifier: named().map((who) => ({ verb: 'deleteIdentifier', who })),
  deleteDevicePoint: fc.oneof(agent(), device()).map((who) => ({ verb: 'deleteDevicePoint', who })),
  deleteUserPoint: fc.oneof(someone(), point()).map((who) => ({ verb: 'deleteUserPoint', who })),
  associate: fc.array(someone(), { minLength: 1, maxLength: 4 }).map((who) => ({ verb: 'associate', who })),
  updateSegment: fc
    .tuple(someone(), segmentKey(), expiry(), bag())
    .map(([who, key, ends, dataBag]) => ({ verb: 'updateSegment', who, key, expiry: ends, bag: dataBag })),
  deleteSegment: fc.tuple(someone(), segmentKey()).map(([who, key]) => ({ verb: 'deleteSegment', who, key })),
  upsertChoice: fc
    .tuple(someone(), processing(), fc.nat(3), fc.constantFrom('replace', 'shallow'), jsonObject())
    .map(([who, key, chosen, mode, body]) => ({ verb: 'upsertChoice', who, key, chosen, mode, body })),
  deleteChoice: fc.tuple(someone(), processing()).map(([who, key]) => ({ verb: 'deleteChoice', who, key })),
  enterScenario: fc.tuple(someone(), scenario()).map(([who, key]) => ({ verb: 'enterScenario', who, key })),
  leaveScenario: fc.tuple(someone(), scenario()).map(([who, key]) => ({ verb: 'leaveScenario', who, key }))
}

const weights: Readonly<Record<Verb, number>> = {
  upsert: 6,
  associate: 6,
  updateSegment: 4,
  upsertChoice: 3,
  enterScenario: 4,
  deleteProfile: 1,
  deleteIdentifier: 2,
  deleteDevicePoint: 1,
  deleteUserPoint: 1,
  deleteSegment: 1,
  deleteChoice: 1,
  leaveScenario: 1
}

/** Intents of these verbs, or of all. Building ones are more frequent, so that there is something to take apart. */
export const intent = <V extends Verb = Verb>(...verbs: ReadonlyArray<V>): fc.Arbitrary<IntentTo<V>> => {
  const chosen = verbs.length === 0 ? (Object.keys(makers) as V[]) : verbs
  return fc.oneof(
    ...chosen.map((verb) => ({ weight: weights[verb], arbitrary: makers[verb] as fc.Arbitrary<IntentTo<V>> }))
  )
}

type LineVerb = LineIntent['verb']

/** Which verbs a document type holds. */
export const verbsOf: Readonly<Record<DocumentType, readonly [LineVerb, ...LineVerb[]]>> = {
  USER_PROFILE: ['upsert', 'deleteProfile'],
  USER_SEGMENT: ['updateSegment', 'deleteSegment'],
  USER_CHOICE: ['upsertChoice', 'deleteChoice'],
  USER_IDENTIFIERS_DELETION: ['deleteIdentifier'],
  USER_DEVICE_POINTS_DELETION: ['deleteDevicePoint'],
  USER_POINTS_DELETION: ['deleteUserPoint'],
  USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS: ['associate']
}

export const typeOf = ({ verb }: LineIntent): DocumentType =>
  (Object.keys(verbsOf) as DocumentType[]).find((type) => verbsOf[type].includes(verb)) as DocumentType

export const isLine = (wanted: Intent): wanted is LineIntent =>
  wanted.verb !== 'enterScenario' && wanted.verb !== 'leaveScenario'

/** One of the spellings of a compartment as a field, which may be none. */
const compartmentField = (field: string, compartment: string, variant: number): JsonObject => {
  const all = spellings[compartment] ?? [compartment]
  const spelled = all[variant % all.length]
  return spelled === undefined ? {} : { [field]: spelled }
}

const typed = (who: Named | Device | Point, variant: number): JsonObject => {
  switch (who.tag) {
    case 'account':
      return {
        type: 'USER_ACCOUNT',
        ...compartmentField('compartment_id', who.compartment, variant),
        user_account_id: who.account
      }
    case 'email':
      return { type: 'USER_EMAIL', hash: who.hash }
    case 'agent':
      return { type: 'USER_AGENT', user_agent_id: who.agent }
    case 'device':
      return { type: 'USER_AGENT', user_agent_id: who.device }
    case 'point':
      return { type: 'USER_POINT', user_point_id: variant % 2 === 0 ? who.point : who.point.toUpperCase() }
  }
}

const flat = (who: Named | Device, variant: number): JsonObject => {
  switch (who.tag) {
    case 'account':
      return { ...compartmentField('compartment_id', who.compartment, variant), user_account_id: who.account }
    case 'email':
      return { email_hash: who.hash, user_account_id: null }
    case 'agent':
      return { user_agent_id: who.agent }
    case 'device':
      return { user_agent_id: who.device }
  }
}

const keyFields = (key: Key, variant: number): JsonObject => ({
  ...compartmentField('$compartment_id', key.compartment, variant),
  ...(key.account !== undefined && { $user_account_id: key.account })
})

const modeFields = (mode: 'replace' | 'shallow' | 'deep', variant: number): JsonObject => {
  if (variant % 3 === 2 && mode !== 'shallow') {
    return { update_strategy: mode === 'deep' ? 'PARTIAL_UPDATE' : 'FORCE_REPLACE' }
  }
  return { force_replace: mode === 'replace', ...(mode === 'deep' && { merge_objects: true }) }
}

const segmentFields = ({ naming, segment }: SegmentKey, variant: number): JsonObject => {
  if (naming === 'TechnicalName') return { segment_technical_name: segment, segment_id: null }
  return { segment_id: variant % 2 === 0 ? segment : Number(segment) }
}

const expiryFields = (ends: Expiry, variant: number): JsonObject => {
  // What a moment says goes, whatever the duration.
  const duration: JsonObject = variant % 3 === 0 ? { expiration_duration: 7 } : {}
  if (ends === 'never') return variant % 2 === 0 ? { expiration_duration: 0 } : { expiration_ts: 0, ...duration }
  return 'at' in ends ? { expiration_ts: ends.at, ...duration } : { expiration_duration: ends.minutes }
}

const bagFields = (dataBag: Json | undefined, variant: number): JsonObject =>
  dataBag !== undefined ? { data_bag: dataBag } : variant % 2 === 0 ? {} : { data_bag: null }

const processingField = (key: string, variant: number): JsonObject => ({
  $processing_id: key === '1' && variant % 2 === 1 ? 1 : key
})

/** A line that asks for this, in one of its spellings. */
export const lineOf = (wanted: LineIntent, variant = 0): JsonObject => {
  switch (wanted.verb) {
    case 'upsert':
      return {
        operation: 'UPSERT',
        ...flat(wanted.who, variant),
        ...modeFields(wanted.mode, variant),
        // The system sets its timestamps itself, whatever a line says.
        user_profile: { ...wanted.body, ...keyFields(wanted.key, variant), $creation_ts: 1 }
      }
    case 'deleteProfile':
      return { operation: 'DELETE', ...flat(wanted.who, variant), user_profile: keyFields(wanted.key, variant) }
    case 'associate':
      return { identifiers: wanted.who.map((who, i) => typed(who, variant + i)) }
    case 'updateSegment':
      return {
        operation: 'UPDATE',
        ...flat(wanted.who, variant),
        ...segmentFields(wanted.key, variant),
        ...expiryFields(wanted.expiry, variant),
        ...bagFields(wanted.bag, variant)
      }
    case 'deleteSegment':
      return { operation: 'DELETE', ...flat(wanted.who, variant), ...segmentFields(wanted.key, variant) }
    case 'upsertChoice':
      return {
        operation: 'UPSERT',
        ...flat(wanted.who, variant),
        force_replace: wanted.mode === 'replace',
        user_choice: { ...wanted.body, ...processingField(wanted.key, variant), $choice_ts: wanted.chosen }
      }
    case 'deleteChoice':
      return {
        operation: 'DELETE',
        ...flat(wanted.who, variant),
        user_choice: processingField(wanted.key, variant)
      }
    default:
      return typed(wanted.who, variant)
  }
}

/** Who is meant, as a command says it. */
const claimedOf = (who: Named | Device): Claimed =>
  (who.tag === 'account'
    ? { _tag: 'Account', compartment: who.compartment, accountId: who.account }
    : who.tag === 'email'
      ? { _tag: 'EmailHash', hash: who.hash }
      : who.tag === 'agent'
        ? { _tag: 'Agent', id: who.agent }
        : { _tag: 'DevicePoint', id: who.device }) as Claimed

/** The command that asks for what no line can. */
export const callOf = ({ verb, who, key }: CallIntent): Command => ({
  _tag: verb === 'enterScenario' ? 'EnterScenario' : 'LeaveScenario',
  reference: claimedOf(who),
  scenario: key
})
