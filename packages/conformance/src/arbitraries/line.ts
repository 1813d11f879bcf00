/** Intents as lines of documents, in each of their spellings, and as commands. */
import { defaultPolicies, type Json, type JsonObject } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { decodeLine, type DocumentType } from '@userpoint/core/mediarithmics'
import type { CallIntent, Expiry, Intent, LineIntent, ProfileName, SegmentName } from './intent.ts'
import { verbsOf } from './intent.ts'
import { claimedOf, type DeviceName, type Identified, type PointName, spellingsOf } from './people.ts'

/** Returns `true` if a line can express the intent. */
export const isLine = (wanted: Intent): wanted is LineIntent =>
  wanted.verb !== 'enterScenario' && wanted.verb !== 'leaveScenario'

/** Returns the document type that can express the intent. */
export const typeOf = ({ verb }: LineIntent): DocumentType =>
  (Object.keys(verbsOf) as DocumentType[]).find((type) => verbsOf[type].includes(verb)) as DocumentType

/** Returns one spelling of a compartment as a field, which may be absent. */
const compartmentField = (field: string, compartment: string, variant: number): JsonObject => {
  const all = spellingsOf(compartment)
  const spelled = all[variant % all.length]
  return spelled === undefined ? {} : { [field]: spelled }
}

const typed = (who: Identified | DeviceName | PointName, variant: number): JsonObject => {
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

const flat = (who: Identified | DeviceName, variant: number): JsonObject => {
  switch (who.tag) {
    case 'account':
      return { ...compartmentField('compartment_id', who.compartment, variant), user_account_id: who.account }
    case 'email':
      return variant % 2 === 0 ? { email_hash: who.hash } : { email_hash: who.hash, user_account_id: null }
    case 'agent':
      return { user_agent_id: who.agent }
    case 'device':
      return { user_agent_id: who.device }
  }
}

const keyFields = (key: ProfileName, variant: number): JsonObject => ({
  ...compartmentField('$compartment_id', key.compartment, variant),
  ...(key.account !== undefined && { $user_account_id: key.account })
})

const modeFields = (mode: 'replace' | 'shallow' | 'deep', variant: number): JsonObject => {
  if (variant % 3 === 2 && mode !== 'shallow') {
    return { update_strategy: mode === 'deep' ? 'PARTIAL_UPDATE' : 'FORCE_REPLACE' }
  }
  return { force_replace: mode === 'replace', ...(mode === 'deep' && { merge_objects: true }) }
}

const digits = /^(?:0|[1-9]\d{0,8})$/

/** Returns digits as text or as a number. */
const idSpelled = (id: string, variant: number): Json => (variant % 2 === 1 && digits.test(id) ? Number(id) : id)

const segmentFields = ({ naming, segment }: SegmentName, variant: number): JsonObject =>
  naming === 'TechnicalName'
    ? { segment_technical_name: segment, segment_id: null }
    : { segment_id: idSpelled(segment, variant) }

/** A moment, as a number or as its digits. */
const momentSpelled = (moment: number, variant: number): Json => (variant % 4 === 3 ? String(moment) : moment)

const expiryFields = (ends: Expiry, variant: number): JsonObject => {
  // A time takes precedence over a duration.
  const duration: JsonObject = variant % 3 === 0 ? { expiration_duration: 7 } : {}
  if (ends === 'never') return variant % 2 === 0 ? { expiration_duration: 0 } : { expiration_ts: 0, ...duration }
  return 'at' in ends
    ? { expiration_ts: momentSpelled(ends.at, variant), ...duration }
    : { expiration_duration: ends.minutes }
}

const bagFields = (dataBag: Json | undefined, variant: number): JsonObject =>
  dataBag !== undefined ? { data_bag: dataBag } : variant % 2 === 0 ? {} : { data_bag: null }

/**
 * Returns a line with this intent, in one of its spellings.
 *
 * @param variant The spelling, any natural number; equal numbers give equal lines.
 * @example
 * ```ts
 * import { lineOf } from '@userpoint/conformance/arbitraries'
 *
 * const ada = { tag: 'account', compartment: '1000', account: 'ada' } as const
 * const forget = { verb: 'deleteUserPoint', who: ada } as const
 * console.log(JSON.stringify(lineOf(forget, 1)))
 * // => {"type":"USER_ACCOUNT","compartment_id":1000,"user_account_id":"ada"}
 * ```
 */
export const lineOf = (wanted: LineIntent, variant = 0): JsonObject => {
  switch (wanted.verb) {
    case 'upsert':
      return {
        operation: 'UPSERT',
        ...flat(wanted.who, variant),
        ...modeFields(wanted.mode, variant),
        // The system ignores the timestamps of a line.
        user_profile: {
          ...wanted.body,
          ...keyFields(wanted.key, variant),
          ...(variant % 2 === 1 && { $creation_ts: 1 })
        }
      }
    case 'trimProfile':
      return {
        operation: 'UPSERT',
        ...flat(wanted.who, variant),
        update_strategy: 'PARTIAL_DELETE',
        user_profile: { ...wanted.body, ...keyFields(wanted.key, variant) }
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
        user_choice: {
          ...wanted.body,
          $processing_id: idSpelled(wanted.key, variant),
          $choice_ts: momentSpelled(wanted.chosen, variant)
        }
      }
    case 'deleteChoice':
      return {
        operation: 'DELETE',
        ...flat(wanted.who, variant),
        user_choice: { $processing_id: idSpelled(wanted.key, variant) }
      }
    case 'deleteIdentifier':
    case 'deleteDevicePoint':
    case 'deleteUserPoint':
      return typed(wanted.who, variant)
  }
}

/** Returns the command of an intent that no line can express. */
export const callOf = ({ verb, who, key }: CallIntent): Command => ({
  _tag: verb === 'enterScenario' ? 'EnterScenario' : 'LeaveScenario',
  reference: claimedOf(who),
  scenario: key
})

/** Returns the command of any intent, under the default policies. */
export const commandOf = (wanted: Intent, variant = 0): Command => {
  if (!isLine(wanted)) return callOf(wanted)
  const decoded = decodeLine(typeOf(wanted), lineOf(wanted, variant), defaultPolicies)
  if (decoded._tag === 'Left') throw new TypeError(`an intent must be a legal line: ${decoded.left.code}`)
  return decoded.right.command
}
