/** Documents as text: good lines in several layouts, and what senders get wrong. */
import fc from 'fast-check'
import type { DocumentType } from '../../src/command/document.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { intent, lineOf, verbsOf } from './intent.ts'
import { nested } from './json.ts'

/** Values that no field takes, or that fields take in a way of their own. */
const hostile: ReadonlyArray<unknown> = [
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
  '__proto__',
  'constructor',
  'toString'
]

const replaced = (line: JsonObject, field: string, value: unknown): JsonObject =>
  Object.fromEntries([...Object.entries(line).filter(([key]) => key !== field), [field, value]]) as JsonObject

const spoiled = (line: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    fc
      .tuple(line, fc.constantFrom(...fields), fc.constantFrom(...hostile))
      .map(([object, field, value]) => replaced(object, field, value)),
    fc
      .tuple(line, fc.nat(4))
      .map(([object, which]) => Object.fromEntries(Object.entries(object).filter((_, i) => i !== which))),
    fc
      .tuple(line, fc.constantFrom('$compartment_id', '$processing_id', '$choice_ts'), fc.constantFrom(...hostile))
      .map(([object, field, value]) => {
        const wrapper = Object.hasOwn(object, 'user_choice') ? 'user_choice' : 'user_profile'
        const body = object[wrapper]
        return { ...object, [wrapper]: { ...(typeof body === 'object' && body), [field]: value } } as JsonObject
      })
  )

/** No object at all, or no JSON. */
const garbage = fc.constantFrom(
  '',
  '   ',
  'null',
  '12',
  '"text"',
  '[]',
  '[{"type":"USER_EMAIL","hash":"a"}]',
  ',',
  '{',
  '}',
  '{"a":',
  '{"type":"USER_EMAIL","hash":"a"},',
  '{"a":01}',
  '{"a":1e400}',
  "{'a':1}",
  'not json',
  '{"a":"\t"}',
  '\\',
  '{}',
  '{"__proto__":{"polluted":true}}',
  '{"type":"USER_AGENT","user_agent_id":"udp:1"}',
  '{"operation":"UPDATE"}',
  '{"operation":"UPSERT"}',
  `${'['.repeat(200)}${']'.repeat(200)}`
)

// Pretty-printed as the vendor's samples are, or on one line, with whatever white space JSON allows.
const layouts: ReadonlyArray<(line: JsonObject) => string> = [
  (line) => JSON.stringify(line),
  (line) => JSON.stringify(line),
  (line) => `  ${JSON.stringify(line)}\t`,
  (line) => JSON.stringify(line, undefined, 2),
  (line) => JSON.stringify(line, undefined, '\t').replaceAll('\n', '\r\n'),
  (line) => JSON.stringify(line).slice(0, -1)
]

/** How often a layout cuts an object short: only where that is asked for. */
const layout = (broken: boolean): fc.Arbitrary<(line: JsonObject) => string> =>
  fc.constantFrom(...(broken ? layouts : layouts.slice(0, -1)))

/** Right lines of a document type. */
const line = (type: DocumentType): fc.Arbitrary<JsonObject> =>
  fc.tuple(intent(...verbsOf[type]), fc.nat(9)).map(([wanted, variant]) => lineOf(wanted, variant))

/** One command of a document as text, which may span lines, or what stands where one should be. */
export const command = (type: DocumentType): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.tuple(line(type), layout(false)).map(([object, write]) => write(object)) },
    { weight: 3, arbitrary: fc.tuple(spoiled(line(type)), layout(true)).map(([object, write]) => write(object)) },
    { weight: 1, arbitrary: garbage }
  )

/** A document of one type. */
export const documentText = (type: DocumentType, maxLength = 30): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.boolean(),
      fc.array(fc.tuple(command(type), fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', ' ')), {
        maxLength,
        size: 'max'
      })
    )
    .map(([mark, commands]) => (mark ? '\ufeff' : '') + commands.flat().join(''))
