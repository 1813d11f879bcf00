/** Encodes a user point in the vendor's field names: snake case, resolved keys, system fields with `$`. */
import type { Choice, Segment } from '../../domain/attachments.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { Profile } from '../../domain/profile.ts'
import type { DevicePoint, Subject, UserPoint } from '../../domain/user-point.ts'

const encodeDevicePoint = (device: DevicePoint): ReadonlyArray<JsonObject> =>
  // A device point without technical ids can still be deleted by its own id.
  (device.agents.length === 0 ? [device.id] : device.agents.map((agent) => agent.id)).map((id) => ({
    type: 'USER_AGENT',
    user_agent_id: id,
    device_point_id: device.id
  }))

const dollar = 0x24

/** Returns whether a name may be that of a system field, or sets a prototype where it is assigned. */
const isSpecial = (name: string): boolean => name.charCodeAt(0) === dollar || name === '__proto__'

const hasSpecialName = (properties: JsonObject): boolean => {
  for (const name in properties) if (isSpecial(name)) return true
  return false
}

/**
 * Returns system fields, which it may add to, and properties. The system fields come first, for people to read, and a property
 * cannot replace one.
 */
const withSystemFields = (system: JsonObject, properties: JsonObject): JsonObject =>
  // Further spreads take a hundred times as long, and properties hardly ever have such names.
  hasSpecialName(properties) ? { ...system, ...properties, ...system } : Object.assign(system, properties)

const encodeProfile = ({ compartment, accountId, createdAt, modifiedAt, properties }: Profile): JsonObject => {
  const system: JsonObject =
    accountId === undefined
      ? { $compartment_id: compartment, $creation_ts: createdAt, $last_modified_ts: modifiedAt }
      : {
          $compartment_id: compartment,
          $user_account_id: accountId,
          $creation_ts: createdAt,
          $last_modified_ts: modifiedAt
        }
  return withSystemFields(system, properties)
}

const encodeSegment = (segment: Segment): JsonObject => ({
  [segment.naming === 'Id' ? 'segment_id' : 'segment_technical_name']: segment.segment,
  creation_ts: segment.createdAt,
  last_modified_ts: segment.modifiedAt,
  ...(segment.expiresAt !== undefined && { expiration_ts: segment.expiresAt }),
  ...(segment.dataBag !== undefined && { data_bag: segment.dataBag })
})

const encodeChoice = ({ processing, chosenAt, createdAt, modifiedAt, properties }: Choice): JsonObject =>
  withSystemFields(
    { $processing_id: processing, $choice_ts: chosenAt, $creation_ts: createdAt, $last_modified_ts: modifiedAt },
    properties
  )

const encodeIdentifiers = (point: UserPoint): ReadonlyArray<JsonObject> => {
  const identifiers: JsonObject[] = []
  for (const { compartment, accountId } of point.accounts)
    identifiers.push({ type: 'USER_ACCOUNT', compartment_id: compartment, user_account_id: accountId })
  for (const { hash } of point.emailHashes) identifiers.push({ type: 'USER_EMAIL', hash })
  for (const device of point.devicePoints) identifiers.push(...encodeDevicePoint(device))
  for (const { name, value } of point.named) identifiers.push({ type: 'NAMED', name, value })
  return identifiers
}

/**
 * Returns a user point as JSON: `user_point_id`, `identifiers` (accounts, e-mail hashes, user agents, named ones) and
 * `profiles`; and `segments`, `scenarios` and `choices` unless they are empty.
 *
 * @param subject A result of an engine's `find` or `userPoints`.
 */
export const encodeUserPoint = ({ id, point }: Subject): JsonObject => {
  const { segments, scenarios, choices } = point
  const encoded: Record<string, Json> = {
    user_point_id: id,
    identifiers: encodeIdentifiers(point),
    profiles: point.profiles.map(encodeProfile)
  }
  if (segments.length > 0) encoded['segments'] = segments.map(encodeSegment)
  if (scenarios.length > 0)
    encoded['scenarios'] = scenarios.map(({ scenario, createdAt }) => ({
      scenario_id: scenario,
      creation_ts: createdAt
    }))
  if (choices.length > 0) encoded['choices'] = choices.map(encodeChoice)
  return encoded
}
