/** Encodes a user point in the vendor's field names: snake case, resolved keys, system fields with `$`. */
import type { Choice, Segment } from '../../domain/attachments.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Profile } from '../../domain/profile.ts'
import type { DevicePoint, Subject } from '../../domain/user-point.ts'

const encodeDevicePoint = (device: DevicePoint): ReadonlyArray<JsonObject> =>
  // A device point without technical ids can still be deleted by its own id.
  (device.agents.length === 0 ? [device.id] : device.agents.map((agent) => agent.id)).map((id) => ({
    type: 'USER_AGENT',
    user_agent_id: id,
    device_point_id: device.id
  }))

const encodeProfile = (profile: Profile): JsonObject => {
  const system = {
    $compartment_id: profile.compartment,
    ...(profile.accountId !== undefined && { $user_account_id: profile.accountId }),
    $creation_ts: profile.createdAt,
    $last_modified_ts: profile.modifiedAt
  }
  // First for people to read, and again last, so that a property cannot replace a system field.
  return { ...system, ...profile.properties, ...system }
}

const encodeSegment = (segment: Segment): JsonObject => ({
  [segment.naming === 'Id' ? 'segment_id' : 'segment_technical_name']: segment.segment,
  creation_ts: segment.createdAt,
  last_modified_ts: segment.modifiedAt,
  ...(segment.expiresAt !== undefined && { expiration_ts: segment.expiresAt }),
  ...(segment.dataBag !== undefined && { data_bag: segment.dataBag })
})

const encodeChoice = (choice: Choice): JsonObject => {
  const system = {
    $processing_id: choice.processing,
    $choice_ts: choice.chosenAt,
    $creation_ts: choice.createdAt,
    $last_modified_ts: choice.modifiedAt
  }
  // Twice, as in a profile.
  return { ...system, ...choice.properties, ...system }
}

/** Returns `{ [name]: items }`, or `{}` for an empty list: most user points have only identifiers and profiles. */
const unlessEmpty = (name: string, items: ReadonlyArray<JsonObject>): JsonObject =>
  items.length === 0 ? {} : { [name]: items }

/**
 * Returns a user point as JSON: `user_point_id`, `identifiers` (accounts, e-mail hashes, user agents, named ones) and
 * `profiles`; and `segments`, `scenarios` and `choices` unless they are empty.
 *
 * @param subject A result of an engine's `find` or `userPoints`.
 */
export const encodeUserPoint = ({ id, point }: Subject): JsonObject => ({
  user_point_id: id,
  identifiers: [
    ...point.accounts.map((account) => ({
      type: 'USER_ACCOUNT',
      compartment_id: account.compartment,
      user_account_id: account.accountId
    })),
    ...point.emailHashes.map((email) => ({ type: 'USER_EMAIL', hash: email.hash })),
    ...point.devicePoints.flatMap(encodeDevicePoint),
    ...point.named.map(({ name, value }) => ({ type: 'NAMED', name, value }))
  ],
  profiles: point.profiles.map(encodeProfile),
  ...unlessEmpty('segments', point.segments.map(encodeSegment)),
  ...unlessEmpty(
    'scenarios',
    point.scenarios.map(({ scenario, createdAt }) => ({ scenario_id: scenario, creation_ts: createdAt }))
  ),
  ...unlessEmpty('choices', point.choices.map(encodeChoice))
})
