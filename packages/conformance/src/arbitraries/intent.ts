/**
 * Intents: the meaning of commands without their spelling. An intent becomes a line of its document type, or a command if no
 * document can express it; an oracle can read it without decoding.
 */
import type { Json, JsonObject } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { json, jsonObject, text } from './json.ts'
import {
  type AgentName,
  compartment,
  type DeviceName,
  devicePoint,
  type Identified,
  identified,
  mostly,
  type People,
  type PointName,
  userAgent,
  userPoint,
  account as anAccount
} from './people.ts'

/** The key of a profile: a compartment, with or without an account. */
export type ProfileName = { readonly compartment: string; readonly account: string | undefined }

/** A segment; an id and a technical name with the same text are two segments. */
export type SegmentName = { readonly naming: 'Id' | 'TechnicalName'; readonly segment: string }

/** The end of a membership: a time, or a number of minutes from now. */
export type Expiry = 'never' | { readonly at: number } | { readonly minutes: number }

/** The intent of a line, or of a command that no line can express. */
export type Intent =
  | {
      readonly verb: 'upsert'
      readonly who: Identified | DeviceName
      readonly key: ProfileName
      readonly mode: 'replace' | 'shallow' | 'deep'
      readonly body: JsonObject
    }
  | {
      /** Removes the content of the body from the profile structurally: `PARTIAL_DELETE`. */
      readonly verb: 'trimProfile'
      readonly who: Identified | DeviceName
      readonly key: ProfileName
      readonly body: JsonObject
    }
  | { readonly verb: 'deleteProfile'; readonly who: Identified | DeviceName; readonly key: ProfileName }
  | { readonly verb: 'deleteIdentifier'; readonly who: Identified }
  | { readonly verb: 'deleteDevicePoint'; readonly who: AgentName | DeviceName }
  | { readonly verb: 'deleteUserPoint'; readonly who: Identified | DeviceName | PointName }
  | { readonly verb: 'associate'; readonly who: ReadonlyArray<Identified | DeviceName> }
  | {
      readonly verb: 'updateSegment'
      readonly who: Identified | DeviceName
      readonly key: SegmentName
      readonly expiry: Expiry
      /** `undefined`: the membership keeps its data bag. */
      readonly bag: Json | undefined
    }
  | { readonly verb: 'deleteSegment'; readonly who: Identified | DeviceName; readonly key: SegmentName }
  | {
      readonly verb: 'upsertChoice'
      readonly who: Identified | DeviceName
      /** The processing of the choice. */
      readonly key: string
      readonly chosen: number
      readonly mode: 'replace' | 'shallow'
      readonly body: JsonObject
    }
  | { readonly verb: 'deleteChoice'; readonly who: Identified | DeviceName; readonly key: string }
  | { readonly verb: 'enterScenario'; readonly who: Identified | DeviceName; readonly key: string }
  | { readonly verb: 'leaveScenario'; readonly who: Identified | DeviceName; readonly key: string }

/** The verbs of intents. */
export type Verb = Intent['verb']

/** The intents of some verbs. */
export type IntentTo<V extends Verb> = V extends Verb ? Extract<Intent, { readonly verb: V }> : never

/** The verbs that no document can express. */
export type CallIntent = Extract<Intent, { readonly verb: 'enterScenario' | 'leaveScenario' }>

/** The intents that a line can express. */
export type LineIntent = Exclude<Intent, CallIntent>

/** The verbs of each document type. */
export const verbsOf: Readonly<Record<DocumentType, readonly [LineIntent['verb'], ...Array<LineIntent['verb']>]>> = {
  USER_PROFILE: ['upsert', 'trimProfile', 'deleteProfile'],
  USER_SEGMENT: ['updateSegment', 'deleteSegment'],
  USER_CHOICE: ['upsertChoice', 'deleteChoice'],
  USER_IDENTIFIERS_DELETION: ['deleteIdentifier'],
  USER_DEVICE_POINTS_DELETION: ['deleteDevicePoint'],
  USER_POINTS_DELETION: ['deleteUserPoint'],
  USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS: ['associate']
}

/** Times long before a history, soon after its start, and long after its end. */
const expiry = (): fc.Arbitrary<Expiry> =>
  fc.oneof(
    fc.constant('never' as const),
    fc.constantFrom(1, 1_004, 1_700_000_000_003, 4_000_000_000_000).map((at) => ({ at })),
    fc.constantFrom(1, 2, 1_000).map((minutes) => ({ minutes }))
  )

/** Generates any JSON except `null`, which counts as absent, or `undefined`. */
const bag = (): fc.Arbitrary<Json | undefined> =>
  fc.option(
    json().filter((value) => value !== null),
    { nil: undefined, freq: 3 }
  )

const idText = (people: People): fc.Arbitrary<string> =>
  people === 'few' ? fc.constantFrom('1', '__proto__') : text().filter((some) => some !== '')

type Makers = { readonly [V in Verb]: fc.Arbitrary<IntentTo<V>> }

const makersAmong = (people: People): Makers => {
  const someone = mostly(identified(people), devicePoint())
  const accountId = anAccount(people).map(({ account }) => account)
  const profileName = fc.record({
    compartment: mostly(fc.constant('0'), compartment(people)),
    account: mostly(fc.constant(undefined), accountId)
  })
  const segmentName: fc.Arbitrary<SegmentName> =
    people === 'few'
      ? fc.constantFrom<SegmentName>(
          { naming: 'Id', segment: '1' },
          { naming: 'TechnicalName', segment: '1' },
          { naming: 'TechnicalName', segment: '__proto__' }
        )
      : fc.oneof(
          fc.nat().map((id) => ({ naming: 'Id' as const, segment: String(id) })),
          idText(people).map((segment) => ({ naming: 'TechnicalName' as const, segment }))
        )
  const processing = idText(people)
  const scenario = mostly(fc.constant('1'), people === 'few' ? fc.constant('constructor') : idText(people))
  const verb = <V extends Verb>(name: V) => fc.constant(name)
  return {
    upsert: fc.record({
      verb: verb('upsert'),
      who: someone,
      key: profileName,
      mode: fc.constantFrom('replace', 'shallow', 'deep'),
      body: jsonObject()
    }),
    trimProfile: fc.record({ verb: verb('trimProfile'), who: someone, key: profileName, body: jsonObject() }),
    deleteProfile: fc.record({ verb: verb('deleteProfile'), who: someone, key: profileName }),
    deleteIdentifier: fc.record({ verb: verb('deleteIdentifier'), who: identified(people) }),
    deleteDevicePoint: fc.record({
      verb: verb('deleteDevicePoint'),
      who: fc.oneof(userAgent(people), devicePoint())
    }),
    deleteUserPoint: fc.record({ verb: verb('deleteUserPoint'), who: fc.oneof(someone, userPoint()) }),
    associate: fc.record({ verb: verb('associate'), who: fc.array(someone, { minLength: 1, maxLength: 4 }) }),
    updateSegment: fc.record({
      verb: verb('updateSegment'),
      who: someone,
      key: segmentName,
      expiry: expiry(),
      bag: bag()
    }),
    deleteSegment: fc.record({ verb: verb('deleteSegment'), who: someone, key: segmentName }),
    upsertChoice: fc.record({
      verb: verb('upsertChoice'),
      who: someone,
      key: processing,
      chosen: fc.nat(3),
      mode: fc.constantFrom('replace', 'shallow'),
      body: jsonObject()
    }),
    deleteChoice: fc.record({ verb: verb('deleteChoice'), who: someone, key: processing }),
    enterScenario: fc.record({ verb: verb('enterScenario'), who: someone, key: scenario }),
    leaveScenario: fc.record({ verb: verb('leaveScenario'), who: someone, key: scenario })
  }
}

const makers: Readonly<Record<People, Makers>> = { few: makersAmong('few'), many: makersAmong('many') }

const weights: Readonly<Record<Verb, number>> = {
  upsert: 6,
  associate: 6,
  updateSegment: 4,
  upsertChoice: 3,
  enterScenario: 4,
  trimProfile: 1,
  deleteProfile: 1,
  deleteIdentifier: 2,
  deleteDevicePoint: 1,
  deleteUserPoint: 1,
  deleteSegment: 1,
  deleteChoice: 1,
  leaveScenario: 1
}

/**
 * Generates intents with these verbs, or all, among few or many people. Creating verbs are more frequent, so that there is
 * data to delete.
 */
export const intentAmong = <V extends Verb = Verb>(
  people: People,
  ...verbs: ReadonlyArray<V>
): fc.Arbitrary<IntentTo<V>> => {
  const among = makers[people]
  const chosen = verbs.length === 0 ? (Object.keys(among) as V[]) : verbs
  return fc.oneof(
    ...chosen.map((verb) => ({ weight: weights[verb], arbitrary: among[verb] as fc.Arbitrary<IntentTo<V>> }))
  )
}

/** Generates {@link intentAmong} few people, whose identifiers often collide. */
export const intent = <V extends Verb = Verb>(...verbs: ReadonlyArray<V>): fc.Arbitrary<IntentTo<V>> =>
  intentAmong('few', ...verbs)
