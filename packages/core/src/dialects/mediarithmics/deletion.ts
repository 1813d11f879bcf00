/** Decodes the three documents whose lines are typed identifiers to delete. */
import { getKey, type JsonObject } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import type { Command } from '../../command/command.ts'
import { type Decoded, decoded, type Decoder, unknownFields } from '../../command/decoded.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import { decodeClaimed, decodeReference, type IdentifierType, identifierFields } from './identifier.ts'

const decodedFrom = (line: JsonObject, command: Command): E.Either<Rejection, Decoded> =>
  decoded(command, unknownFields(line, identifierFields[getKey(line, 'type') as IdentifierType]))

/** Decodes a line of USER_IDENTIFIERS_DELETION; a device point's id rejects the job. */
export const decodeIdentifiersDeletion: Decoder = (line, policies) => {
  const reference = decodeClaimed(line, [], { purpose: 'find', policies })
  if (E.isLeft(reference)) return reference
  return reference.right._tag === 'DevicePoint'
    ? E.left(rejection('DEVICE_POINT_NOT_ALLOWED', ['user_agent_id']))
    : decodedFrom(line, { _tag: 'DeleteIdentifier', identifier: reference.right })
}

/** Decodes a line of USER_DEVICE_POINTS_DELETION; a technical id selects its device point. */
export const decodeDevicePointsDeletion: Decoder = (line, policies) => {
  const reference = decodeReference(line, [], { allowed: ['USER_AGENT'], purpose: 'find', policies })
  if (E.isLeft(reference)) return reference
  const { right: device } = reference
  return device._tag === 'Agent' || device._tag === 'DevicePoint'
    ? decodedFrom(line, { _tag: 'DeleteDevicePoint', device })
    : E.left(rejection('UNSUPPORTED_TYPE', ['type']))
}

/** Decodes a line of USER_POINTS_DELETION: an identifier, a device point's id or the user point's own id. */
export const decodeUserPointsDeletion: Decoder = (line, policies) => {
  const allowed = ['USER_ACCOUNT', 'USER_EMAIL', 'USER_AGENT', 'USER_POINT'] as const
  const reference = decodeReference(line, [], { allowed, purpose: 'find', policies })
  return E.isLeft(reference) ? reference : decodedFrom(line, { _tag: 'DeleteUserPoint', reference: reference.right })
}
