/** Lines and documents of each type: right ones in several layouts, and what senders get wrong. */
import { defaultPolicies, type JsonObject } from '@userpoint/core'
import { decodeLine, type DocumentType } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { spoiled } from './hostile.ts'
import { intentAmong, verbsOf } from './intent.ts'
import { lineOf } from './line.ts'
import type { People } from './people.ts'

/** How much of a document is wrong: nothing, a part of its lines, or each of them. */
export type Faults = 'none' | 'some' | 'all'

/** What a document is like. */
export interface DocumentShape {
  /** How many commands it has at most; 30 unless given. */
  readonly maxLength?: number
  /** `some` unless given. */
  readonly faults?: Faults
  /** `few` unless given. */
  readonly people?: People
}

const isRight = (type: DocumentType, line: unknown): boolean => decodeLine(type, line, defaultPolicies)._tag === 'Right'

/** A right line of a document type, in any spelling; it decodes under the default policies. */
export const line = (type: DocumentType, people: People = 'few'): fc.Arbitrary<JsonObject> =>
  fc.tuple(intentAmong(people, ...verbsOf[type]), fc.nat(9)).map(([wanted, variant]) => lineOf(wanted, variant))

/** A `user_profile` of a right line: properties, and the `$` fields that say which of a person's profiles they are of. */
export const profile = (people: People = 'few'): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(intentAmong(people, 'upsert'), fc.nat(9))
    .map(([wanted, variant]) => lineOf(wanted, variant)['user_profile'] as JsonObject)

/** A line of a document type with a fault: it is rejected under the default policies, whatever is stored. */
export const wrongLine = (type: DocumentType, people: People = 'few'): fc.Arbitrary<JsonObject> =>
  spoiled(line(type, people)).filter((each) => !isRight(type, each))

/** No object at all, or no JSON. */
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

// Pretty-printed as the vendor's samples are, or on one line, with whatever white space JSON allows.
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
 * One command of a document as text, which may span lines; or, with faults, what stands where one should be. Without
 * faults it is a right line; with `all` no part of it is one.
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
 * A document of one type as text, in lenient framing: commands in any layout, over several lines or several on one, with
 * blank lines, `CRLF` and a byte order mark; and, with faults, broken lines and lines of another sort.
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
