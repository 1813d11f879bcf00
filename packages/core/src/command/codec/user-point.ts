/** A user point as the world sees it: the vendor's snake_case, resolved keys, system fields with their `$`. */
import type { JsonObject } from '../../domain/json.ts'
import type { Profile } from '../../domain/profile.ts'
import type { DevicePoint, Subject } from '../../domain/user-point.ts'

const encodeDevicePoint = (device: DevicePoint): ReadonlyArray<JsonObject> =>
  // A device point that lost its technical ids is still there, and can be deleted by its own id.
  (device.agents.length === 0 ? [device.id] : device.agents.map((agent) => agent.id)).map((id) => ({
    type: 'USER_AGENT',
    user_agent_id: id,
    device_point_id: device.id
  }))

const encodeProfile = (profile: Profile): JsonObject => ({
  $compartment_id: profile.compartment,
  ...(profile.accountId !== undefined && { $user_account_id: profile.accountId }),
  $creation_ts: profile.createdAt,
  $last_modified_ts: profile.modifiedAt,
  ...profile.properties
})

/**
 * A user point as JSON: `user_point_id`, `identifiers` (accounts, e-mail hashes, user agents) and `profiles`.
 *
 * @param subject What `find` or `userPoints` of an engine gave.
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
    ...point.devicePoints.flatMap(encodeDevicePoint)
  ],
  profiles: point.profiles.map(encodeProfile)
})
