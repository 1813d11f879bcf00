/** Checks the events of an upsert by the rules that the vendor's answers show. Events are not kept (B-30). */
import { getKey, isAbsent, isJsonArray, isJsonObject, type Json } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import { type Rejection, rejection } from '../../command/rejection.ts'
import type { Rejections } from './user-decoder.ts'

// The vendor's error names the pattern ^[a-z0-9][a-zA-Z0-9._-]*$, and its recorded answer refuses upper case all the same.
const eventName = /^[a-z0-9][a-z0-9._-]*$/

// A recorded purchase without a currency and a quantity succeeds, although the vendor's table requires both.
const purchaseParameters = ['event_group_id', 'unit_sale_price']

const faultsOf = (event: Json, index: number): ReadonlyArray<Rejection> => {
  const path = ['events', index] as const
  if (!isJsonObject(event)) return [rejection('BAD_FIELD', path)]
  const name = getKey(event, 'event_name')
  if (typeof name !== 'string' || !eventName.test(name))
    return [rejection('INVALID_EVENT_NAME', [...path, 'event_name'])]
  if (name !== 'purchase') return []
  const given = getKey(event, 'event_params')
  const parameters = isJsonObject(given) ? given : {}
  return purchaseParameters
    .filter((parameter) => isAbsent(getKey(parameters, parameter)))
    .map((parameter) => rejection('MISSING_EVENT_PARAMETER', [...path, 'event_params', parameter]))
}

/** Returns the number of events of a user, or every fault that they have. */
export const decodeEvents = (value: Json | undefined): E.Either<Rejection | Rejections, number> => {
  if (isAbsent(value)) return E.right(0)
  if (!isJsonArray(value)) return E.left(rejection('BAD_FIELD', ['events']))
  const [first, ...others] = value.flatMap(faultsOf)
  return first === undefined ? E.right(value.length) : E.left([first, ...others])
}
