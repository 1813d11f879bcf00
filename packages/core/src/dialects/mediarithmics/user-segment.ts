/** Decodes USER_SEGMENT: a line starts, changes or ends a membership of a segment. */
import type { OutputOf, TypeOf } from 'io-ts'
import type { SegmentKey } from '../../domain/attachments.ts'
import { getKey, isAbsent, type Json, type JsonObject } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import type { UpdateSegment } from '../../command/command.ts'
import { type Decoded, decoded, type Decoder, unknownFields, type Warning } from '../../command/decoded.ts'
import type { Policies } from '../../command/policies.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import { decodeWith, idField, minutes, moment, objectWith, type Only, optional } from '../codec/field.ts'
import { flatFields, flatReference, type OneIdentifier } from './identifier.ts'
import { byOperation } from './operation.ts'

const segmentName = objectWith({ segment_id: optional(idField), segment_technical_name: optional(idField) })
const expiration = objectWith({ expiration_duration: optional(minutes), expiration_ts: optional(moment) })

// Not intersections, whose failures would have the number of the half in their path.
const userSegmentDelete = objectWith({ ...flatFields, ...segmentName.props })
const userSegmentUpdate = objectWith({ ...userSegmentDelete.props, ...expiration.props })

type SegmentName = OutputOf<typeof segmentName>
type Expiration = OutputOf<typeof expiration>
type OneSegment = Only<SegmentName, 'segment_id'> | Only<SegmentName, 'segment_technical_name'>

/** A line of USER_SEGMENT. */
export type UserSegmentLine =
  | ({ readonly operation: 'UPDATE'; readonly data_bag?: Json } & OneIdentifier &
      OneSegment &
      (Only<Expiration, 'expiration_duration'> | Only<Expiration, 'expiration_ts'>))
  | ({ readonly operation: 'DELETE' } & OneIdentifier & OneSegment)

/** The fields of a line. */
export const segmentFields = ['operation', ...Object.keys(userSegmentUpdate.props), 'data_bag']

const segmentKey = (fields: TypeOf<typeof userSegmentDelete>): E.Either<Rejection, SegmentKey> => {
  const { segment_id, segment_technical_name } = fields
  if (segment_id !== undefined && segment_technical_name !== undefined) return E.left(rejection('MULTIPLE_SEGMENTS'))
  if (segment_id !== undefined) return E.right({ naming: 'Id', segment: segment_id })
  if (segment_technical_name !== undefined) return E.right({ naming: 'TechnicalName', segment: segment_technical_name })
  return E.left(rejection('MISSING_SEGMENT'))
}

const millisecondsPerMinute = 60_000

/** Returns the end of a membership. A time wins over a duration, and 0 means never in both. */
const expiryOf = (fields: TypeOf<typeof userSegmentUpdate>): UpdateSegment['expiry'] | undefined => {
  const { expiration_duration, expiration_ts } = fields
  if (expiration_ts !== undefined)
    return expiration_ts === 0 ? { _tag: 'Never' } : { _tag: 'At', moment: expiration_ts }
  if (expiration_duration === undefined) return undefined
  return expiration_duration === 0
    ? { _tag: 'Never' }
    : { _tag: 'After', milliseconds: expiration_duration * millisecondsPerMinute }
}

const decodeUpdate = (line: JsonObject, policies: Policies): E.Either<Rejection, Decoded> => {
  const fields = decodeWith(userSegmentUpdate, line)
  if (E.isLeft(fields)) return fields
  const reference = flatReference(fields.right, { purpose: 'create', policies })
  if (E.isLeft(reference)) return reference
  const key = segmentKey(fields.right)
  if (E.isLeft(key)) return key
  const expiry = expiryOf(fields.right)
  if (expiry === undefined) return E.left(rejection('MISSING_FIELD', ['expiration_duration']))
  const dataBag = getKey(line, 'data_bag')
  const both = fields.right.expiration_duration !== undefined && fields.right.expiration_ts !== undefined
  const ignored: ReadonlyArray<Warning> = both ? [{ code: 'IGNORED_FIELD', path: 'expiration_duration' }] : []
  const command: UpdateSegment = {
    _tag: 'UpdateSegment',
    reference: reference.right,
    key: key.right,
    expiry,
    ...(!isAbsent(dataBag) && { dataBag })
  }
  return decoded(command, [...unknownFields(line, segmentFields), ...ignored])
}

const decodeDelete = (line: JsonObject, policies: Policies): E.Either<Rejection, Decoded> => {
  const fields = decodeWith(userSegmentDelete, line)
  if (E.isLeft(fields)) return fields
  const reference = flatReference(fields.right, { purpose: 'find', policies })
  if (E.isLeft(reference)) return reference
  const key = segmentKey(fields.right)
  if (E.isLeft(key)) return key
  const command = { _tag: 'DeleteSegment', reference: reference.right, key: key.right } as const
  return decoded(command, unknownFields(line, segmentFields))
}

export const decodeUserSegment: Decoder = byOperation<UserSegmentLine>({ UPDATE: decodeUpdate, DELETE: decodeDelete })
