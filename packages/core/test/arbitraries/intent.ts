/**
 * Intents: what a line asks for, free of its spelling, over a universe so small that people collide all the time. An
 * intent becomes a line of its document type; an oracle can read it without decoding anything.
 */
import fc from 'fast-check'
import type { DocumentType } from '../../src/command/document.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { jsonObject, nfc, nfd } from './json.ts'

export type Named =
  | { readonly tag: 'account'; readonly compartment: string; readonly account: string }
  | { readonly tag: 'email'; readonly hash: string }
  | { readonly tag: 'agent'; readonly agent: string }

/** An id that a store mints, and may or may not have minted. */
export type Device = { readonly tag: 'device'; readonly device: string }
export type Point = { readonly tag: 'point'; readonly point: string }

/** Which profile: that of a compartment, or of an account in it. */
export type Key = { readonly compartment: string; readonly account: string | undefined }

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

const makers = {
  upsert: fc
    .tuple(mostly(named(), device()), profileKey(), fc.constantFrom('replace', 'shallow', 'deep'), jsonObject())
    .map(([who, key, mode, body]): Intent => ({ verb: 'upsert', who, key, mode, body })),
  deleteProfile: fc
    .tuple(mostly(named(), device()), profileKey())
    .map(([who, key]): Intent => ({ verb: 'deleteProfile', who, key })),
  deleteIdentifier: named().map((who): Intent => ({ verb: 'deleteIdentifier', who })),
  deleteDevicePoint: fc.oneof(agent(), device()).map((who): Intent => ({ verb: 'deleteDevicePoint', who })),
  deleteUserPoint: fc
    .oneof(mostly(named(), device()), point())
    .map((who): Intent => ({ verb: 'deleteUserPoint', who })),
  associate: fc
    .array(mostly(named(), device()), { minLength: 1, maxLength: 4 })
    .map((who): Intent => ({ verb: 'associate', who }))
}

export type Verb = keyof typeof makers

/** Intents of these verbs, or of all. Building ones are more frequent, so that there is something to take apart. */
export const intent = (...verbs: ReadonlyArray<Verb>): fc.Arbitrary<Intent> => {
  const weights: Readonly<Record<Verb, number>> = {
    upsert: 6,
    associate: 5,
    deleteProfile: 1,
    deleteIdentifier: 2,
    deleteDevicePoint: 1,
    deleteUserPoint: 1
  }
  const chosen = verbs.length === 0 ? (Object.keys(makers) as Verb[]) : verbs
  return fc.oneof(...chosen.map((verb) => ({ weight: weights[verb], arbitrary: makers[verb] })))
}

/** Which verbs a document type holds. */
export const verbsOf: Readonly<Record<DocumentType, readonly [Verb, ...Verb[]]>> = {
  USER_PROFILE: ['upsert', 'deleteProfile'],
  USER_IDENTIFIERS_DELETION: ['deleteIdentifier'],
  USER_DEVICE_POINTS_DELETION: ['deleteDevicePoint'],
  USER_POINTS_DELETION: ['deleteUserPoint'],
  USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS: ['associate']
}

export const typeOf = ({ verb }: Intent): DocumentType =>
  (Object.keys(verbsOf) as DocumentType[]).find((type) => verbsOf[type].includes(verb)) as DocumentType

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

/** A line that asks for this, in one of its spellings. */
export const lineOf = (wanted: Intent, variant = 0): JsonObject => {
  switch (wanted.verb) {
    case 'upsert':
      return {
        operation: 'UPSERT',
        ...flat(wanted.who, variant),
        force_replace: wanted.mode === 'replace',
        ...(wanted.mode === 'deep' && { merge_objects: true }),
        // The system sets its timestamps itself, whatever a line says.
        user_profile: { ...wanted.body, ...keyFields(wanted.key, variant), $creation_ts: 1 }
      }
    case 'deleteProfile':
      return { operation: 'DELETE', ...flat(wanted.who, variant), user_profile: keyFields(wanted.key, variant) }
    case 'associate':
      return { identifiers: wanted.who.map((who, i) => typed(who, variant + i)) }
    default:
      return typed(wanted.who, variant)
  }
}
