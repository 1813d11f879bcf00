/** Mistakes of senders: fields of the wrong type, missing fields, and invalid values. */
import type { JsonObject } from '@userpoint/core'
import fc from 'fast-check'
import { nested } from './json.ts'

/** Values that fields reject or treat specially. */
const wrongValues: ReadonlyArray<unknown> = [
  null,
  true,
  'true',
  0,
  -0,
  -1,
  1.5,
  1e308,
  '',
  ' ',
  'a\0b',
  '\ud800',
  '\udc00',
  '__proto__',
  'constructor',
  'x'.repeat(513),
  '9'.repeat(41),
  [],
  {},
  [{}],
  { type: 'USER_EMAIL', hash: 'h' },
  nested(150)
]

const fields = [
  'type',
  'operation',
  'compartment_id',
  'user_account_id',
  'email_hash',
  'hash',
  'user_agent_id',
  'user_point_id',
  'force_replace',
  'merge_objects',
  'update_strategy',
  'user_profile',
  'identifiers',
  'segment_id',
  'segment_technical_name',
  'expiration_duration',
  'expiration_ts',
  'data_bag',
  'user_choice',
  'insider_id',
  'attributes',
  'events',
  'append',
  'whole',
  'partial',
  'custom',
  'old_identifier',
  'new_identifier',
  '__proto__',
  'constructor',
  'toString'
]

const replaced = (object: JsonObject, field: string, value: unknown): JsonObject =>
  Object.fromEntries([...Object.entries(object).filter(([key]) => key !== field), [field, value]]) as JsonObject

/** Generates the object with an invalid field, or with one of its own fields changed or removed. */
export const spoiled = (object: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> => {
  const wrong = fc.constantFrom(...wrongValues)
  const own = fc.nat(4)
  return fc.oneof(
    fc.tuple(object, fc.constantFrom(...fields), wrong).map(([each, field, value]) => replaced(each, field, value)),
    fc
      .tuple(object, own, wrong)
      .map(([each, which, value]) => replaced(each, Object.keys(each)[which] ?? 'type', value)),
    fc
      .tuple(object, own)
      .map(([each, which]) => Object.fromEntries(Object.entries(each).filter((_, i) => i !== which))),
    fc
      .tuple(object, fc.constantFrom('$compartment_id', '$processing_id', '$choice_ts'), wrong)
      .map(([each, field, value]) => {
        const wrapper = Object.hasOwn(each, 'user_choice') ? 'user_choice' : 'user_profile'
        return replaced(each, wrapper, { ...Object(each[wrapper]), [field]: value })
      })
  )
}
