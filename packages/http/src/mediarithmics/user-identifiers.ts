/** The identifiers of a user point as the vendor's interface lists them: the user point itself, then all that lead to it. */
import type { Subject } from '@userpoint/core'
import type { DevicePoint } from '@userpoint/core/user-point'
import type { IdentifierAnswer } from './answers.ts'

/** The vendor's types of technical identifiers, by the beginning of an id; ids with other beginnings have none. */
const technicalTypes: ReadonlyMap<string, string> = new Map([
  ['vec', 'MUM_ID'],
  ['mum', 'MUM_ID'],
  ['mob', 'MOBILE_ADVERTISING_ID'],
  ['net', 'NETWORK_DEVICE_ID'],
  ['ins', 'INSTALLATION_ID']
])

const withRegistry: ReadonlySet<string> = new Set(['net', 'ins'])

const technicalIdentifier = ({ id, createdAt }: DevicePoint['agents'][number]) => {
  const [scheme = '', registry = ''] = id.split(':', 2)
  const type = technicalTypes.get(scheme)
  return {
    ...(type !== undefined && { type }),
    user_agent_id: id,
    ...(withRegistry.has(scheme) && { registry_id: registry }),
    creation_ts: createdAt
  }
}

/** Returns the identifiers of a user point, each with the moment at which it was first seen. */
export const identifiersOf = ({ id, point }: Subject): ReadonlyArray<IdentifierAnswer> => [
  { type: 'USER_POINT', user_point_id: id, creation_ts: point.createdAt },
  ...point.accounts.map(({ compartment, accountId, createdAt }) => ({
    type: 'USER_ACCOUNT' as const,
    compartment_id: compartment,
    user_account_id: accountId,
    creation_ts: createdAt
  })),
  ...point.emailHashes.map(({ hash, createdAt }) => ({
    type: 'USER_EMAIL' as const,
    hash,
    providers: [],
    creation_ts: createdAt
  })),
  ...point.devicePoints.map((device) => ({
    type: 'USER_DEVICE_POINT' as const,
    id: device.id,
    technical_identifiers: device.agents.map(technicalIdentifier),
    creation_ts: device.createdAt
  })),
  ...point.named.map(({ name, value, createdAt }) => ({ type: 'NAMED' as const, name, value, creation_ts: createdAt }))
]
