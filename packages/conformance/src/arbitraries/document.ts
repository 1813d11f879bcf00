/** Lines and documents of each type: valid ones in several layouts, and typical mistakes of senders. */
import { defaultPolicies, type JsonObject } from '@userpoint/core'
import { decodeLine, type DocumentType } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { spoiled } from './hostile.ts'
import { intentAmong, verbsOf } from './intent.ts'
import { lineOf } from './line.ts'
import type { People } from './people.ts'

/** The part of a document's lines that is wrong: none, some, or all. */
export type Faults = 'none' | 'some' | 'all'

/** The options of a generated document. */
export interface DocumentShape {
  /** The maximum number of commands; default 30. */
  readonly maxLength?: number
  /** Default `some`. */
  readonly faults?: Faults
  /** Default `few`. */
  readonly people?: People
}

const isRight = (type: DocumentType, line: unknown): boolean => decodeLine(type, line, defaultPolicies)._tag === 'Right'

/** Generates valid lines of a document type, in any spelling; they decode under the default policies. */
export const line = (type: DocumentType, people: People = 'few'): fc.Arbitrary<JsonObject> =>
  fc.tuple(intentAmong(people, ...verbsOf[type]), fc.nat(9)).map(([wanted, variant]) => lineOf(wanted, variant))

/** Generates the `user_profile` of a valid line: properties, and the `$` fields of the profile's key. */
export const profile = (people: People = 'few'): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(intentAmong(people, 'upsert'), fc.nat(9))
    .map(([wanted, variant]) => lineOf(wanted, variant)['user_profile'] as JsonObject)

/** Generates lines of a document type with a fault; they are rejected under the default policies, with any stored data. */
export const wrongLine = (type: DocumentType, people: People = 'few'): fc.Arbitrary<JsonObject> =>
  spoiled(line(type, people)).filter((each) => !isRight(type, each))

/** Generates values that are not objects, or not JSON. */
const garbage: ReadonlyArray<string> = [
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
]

type Layout = (line: JsonObject) => string

// Pretty-printed like the vendor's samples, or on one line, with any white space that JSON allows.
const layouts: ReadonlyArray<Layout> = [
  (each) => JSON.stringify(each),
  (each) => JSON.stringify(each),
  (each) => `  ${JSON.stringify(each)}\t`,
  (each) => JSON.stringify(each, undefined, 2),
  (each) => JSON.stringify(each, undefined, '\t').replaceAll('\n', '\r\n')
]

const cutShort: Layout = (each) => JSON.stringify(each).slice(0, -1)

const written = (lines: fc.Arbitrary<JsonObject>, ...more: ReadonlyArray<Layout>): fc.Arbitrary<string> =>
  fc.tuple(lines, fc.constantFrom(...layouts, ...more)).map(([each, layout]) => layout(each))

/**
 * Generates one command of a document as text, which may span lines, or with faults a wrong text in its place. Without faults
 * it is a valid line; with `all` no part of it is valid.
 */
export const lineText = (
  type: DocumentType,
  { faults = 'some', people = 'few' }: Omit<DocumentShape, 'maxLength'> = {}
): fc.Arbitrary<string> => {
  const right = written(line(type, people))
  if (faults === 'none') return right
  if (faults === 'all') return fc.oneof(written(wrongLine(type, people)), fc.constantFrom('{}', 'null', 'not json'))
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 12, arbitrary: right },
    { weight: 3, arbitrary: written(spoiled(line(type, people)), cutShort) },
    { weight: 1, arbitrary: fc.constantFrom('', '   ', ...garbage) }
  )
}

/**
 * Generates documents of one type as text, in lenient framing: commands in any layout, over several lines or several on one,
 * with blank lines, `CRLF` and a byte order mark; and, with faults, broken lines and lines of another type.
 */
export const documentText = (
  type: DocumentType,
  { maxLength = 30, ...shape }: DocumentShape = {}
): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('', '\ufeff'),
      fc.array(fc.tuple(lineText(type, shape), fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', ' ')), {
        maxLength,
        size: 'max'
      }),
      fc.constantFrom('', '\n', '\r\n')
    )
    .map(([mark, commands, end]) => {
      const separated = commands.map(([each, separator], index) => (index === 0 ? each : separator + each))
      return mark + separated.join('') + end
    })
