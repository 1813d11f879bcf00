/** Documents of segments and choices as text, and of every other type, over the same small universe. */
import fc from 'fast-check'
import type { DocumentType } from '../../src/command/document.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { mintedDevice, universe } from './intent.ts'
import { jsonObject } from './json.ts'
import { documentText } from './text.ts'

const who: fc.Arbitrary<JsonObject> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom(
      ...universe.map(
        (each): JsonObject =>
          each.tag === 'account'
            ? { compartment_id: each.compartment, user_account_id: each.account }
            : each.tag === 'email'
              ? { email_hash: each.hash }
              : { user_agent_id: each.agent }
      )
    )
  },
  { weight: 1, arbitrary: fc.nat(12).map((n): JsonObject => ({ user_agent_id: mintedDevice(n) })) }
)

const segment = fc.constantFrom<JsonObject>(
  { segment_id: '1' },
  { segment_id: 2 },
  { segment_technical_name: '1' },
  { segment_technical_name: '__proto__' }
)

/** Memberships that have ended, that end soon after the moment at which histories begin, and that never do. */
const expiry = fc.constantFrom<JsonObject>(
  { expiration_duration: 0 },
  { expiration_duration: 1 },
  { expiration_duration: 2 },
  { expiration_ts: 1 },
  { expiration_ts: 1_700_000_000_003 },
  { expiration_ts: 0, expiration_duration: 1 }
)

const segmentLine: fc.Arbitrary<JsonObject> = fc
  .tuple(fc.constantFrom('UPDATE', 'UPDATE', 'DELETE'), who, segment, expiry, fc.option(jsonObject()))
  .map(([operation, named, key, end, data_bag]) => ({ operation, ...named, ...key, ...end, data_bag }))

const choiceLine: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.constantFrom('UPSERT', 'UPSERT', 'DELETE'),
    who,
    fc.constantFrom('1', 2),
    fc.nat(3),
    fc.boolean(),
    jsonObject()
  )
  .map(([operation, named, $processing_id, $choice_ts, force_replace, properties]) => ({
    operation,
    ...named,
    force_replace,
    user_choice: { ...properties, $processing_id, $choice_ts }
  }))

const spoiled = (line: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(line, fc.nat(6), fc.constantFrom<unknown>(null, 1.5, '', [], {}, 'x'.repeat(600)))
    .map(([object, at, value]) =>
      Object.fromEntries(Object.entries(object).map(([key, each], i) => [key, i === at ? value : each]))
    ) as fc.Arbitrary<JsonObject>

const layout = fc.constantFrom<(line: JsonObject) => string>(
  (line) => JSON.stringify(line),
  (line) => JSON.stringify(line, undefined, 2),
  (line) => ` ${JSON.stringify(line, undefined, '\t').replaceAll('\n', '\r\n')} `
)

const garbage = fc.constantFrom('{', '[]', ',', 'null', '{"operation":"UPDATE"}', '{"operation":"UPSERT"}', '{"a":01}')

const textOf = (line: fc.Arbitrary<JsonObject>, maxLength: number): fc.Arbitrary<string> => {
  const written = (of: fc.Arbitrary<JsonObject>) => fc.tuple(of, layout).map(([object, write]) => write(object))
  const command = fc.oneof(
    { weight: 9, arbitrary: written(line) },
    { weight: 2, arbitrary: written(spoiled(line)) },
    { weight: 1, arbitrary: garbage }
  )
  return fc.array(command, { maxLength, size: 'max' }).map((commands) => commands.join('\n'))
}

/** A document of any type. */
export const anyDocumentText = (type: DocumentType, maxLength = 30): fc.Arbitrary<string> =>
  type === 'USER_SEGMENT'
    ? textOf(segmentLine, maxLength)
    : type === 'USER_CHOICE'
      ? textOf(choiceLine, maxLength)
      : documentText(type, maxLength)
