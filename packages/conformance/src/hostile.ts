/** Legal but hostile values; each has broken some store. */
import type { Json, JsonObject } from '@userpoint/core/repository'
import fc from 'fast-check'

const nfc = '\u00e9'
const nfd = 'e\u0301'

/** Texts and keys of bodies. */
export const hostileTexts: ReadonlyArray<string> = [
  '',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'length',
  '0',
  '1',
  '00',
  ' ',
  'trailing ',
  nfc,
  nfd,
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  '\uffff',
  '\ufffd',
  '\ufeff',
  '\uff41',
  '\u{10000}',
  '\u{10ffff}',
  '\u2028\u2029',
  '\u0001\u001f\u007f',
  '\t\r\n',
  '"',
  "'",
  '\\',
  '\\u0000',
  '$1 ? :a @b',
  '%_',
  "'; DROP TABLE documents; --",
  '<script>',
  'a.b[0]/~1',
  'x'.repeat(5_000)
]

/** Numbers that a store with its own number format may change. */
const hostileNumbers: ReadonlyArray<number> = [
  0,
  1,
  -1,
  5e-324,
  1.7976931348623157e308,
  -1.7976931348623157e308,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53),
  2 ** 63,
  2 ** 64,
  1e21,
  1e-7,
  0.1 + 0.2,
  1 / 3,
  123456789.12345679
]

const nested = (depth: number): Json => {
  let inner: Json = 'deep'
  for (let level = 0; level < depth; level += 1) inner = level % 2 === 0 ? { down: inner } : [inner]
  return inner
}

/** Sets a key as data, even `__proto__`. */
const fromEntries = (entries: ReadonlyArray<readonly [string, Json]>): JsonObject => Object.fromEntries(entries)

/** Whole bodies, each with one trap. */
export const hostileBodies: ReadonlyArray<JsonObject> = [
  {},
  { empty: {}, list: [], nothing: null, yes: true, no: false },
  fromEntries(hostileTexts.map((text, index) => [text, index])),
  { texts: hostileTexts },
  { numbers: hostileNumbers },
  fromEntries([['__proto__', fromEntries([['__proto__', { polluted: true }]])]]),
  { list: [[], [[]], {}, [{}], null, [null]] },
  { deep: nested(100) },
  { deep: nested(1_099) },
  { long: '\u{1f600}'.repeat(50_000) },
  fromEntries(Array.from({ length: 2_000 }, (_, index) => [`key ${index}`, index])),
  { 1: 'a', 2: 'b', '-1': 'c', '01': 'd' },
  fromEntries([
    ['\uff41', 1],
    ['\u{10000}', 2],
    [nfc, 3],
    [nfd, 4],
    ['k', 5],
    ['K', 6]
  ])
]

/** Claims, all different, many of them similar. */
export const hostileClaims: ReadonlyArray<string> = [
  'k',
  'K',
  'k ',
  ' k',
  'k\t',
  'k\n',
  '\u212a',
  nfc,
  nfd,
  nfc.toUpperCase(),
  'ss',
  '\u00df',
  'i',
  'I',
  '\u0130',
  '\u0131',
  '0',
  '00',
  '007',
  '7',
  '7.0',
  '7e0',
  '-0',
  '+7',
  'true',
  'null',
  'undefined',
  '%',
  '_',
  '*',
  'k%',
  'k_',
  '\\',
  '\\\\',
  '"',
  "'",
  "''",
  "' OR '1'='1",
  "'); DROP TABLE claims; --",
  '__proto__',
  'constructor',
  'toString',
  '\u0001',
  '\u0001\u0001',
  ' ',
  '  ',
  '\n',
  '\r\n',
  '\u2028',
  '\u00a0',
  '\u200b',
  'k\u200b',
  '\ufeffk',
  '\uffff',
  '\ufffd',
  '\uff4b',
  '\u{10000}',
  '\u{1f600}',
  '\u{1f600}\ufe0f',
  'x'.repeat(1_099),
  'x'.repeat(1_100),
  `${'x'.repeat(1_099)}y`,
  // An index of a prefix takes two of one length for one.
  ...[60, 191, 255, 400].flatMap((length) => [`${'p'.repeat(length)}a`, `${'p'.repeat(length)}b`]),
  '\uffff'.repeat(1_100),
  '\u{10ffff}'.repeat(550),
  '{"a":1}',
  'a:b|c/d,e;f'
]

const alphabet = Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x21 + index))

/** Ids, all different: each printable character, and ids whose order a locale or a collation would change. */
export const hostileIds: ReadonlyArray<string> = [
  ...alphabet,
  'aa',
  'aA',
  'Aa',
  'AA',
  'a-b',
  'ab',
  'a_b',
  'aB',
  'a.b',
  '00',
  '10',
  '9a',
  '1e3',
  '1000',
  '0x10',
  '__proto__',
  'constructor',
  'toString',
  "';--",
  'a%',
  '~~',
  '!!',
  'z'.repeat(512),
  `${'z'.repeat(511)}!`,
  `${'z'.repeat(511)}~`
]

/** Kinds, some of which are prefixes of others. */
export const hostileKinds: ReadonlyArray<string> = [
  'user_point',
  'user_points',
  'user',
  '_',
  '__proto__',
  'a'.repeat(40)
]

const withoutNul = (text: string): string => text.replaceAll('\0', '\u0001')

const text = (): fc.Arbitrary<string> =>
  fc.oneof(fc.constantFrom(...hostileTexts.slice(0, -1)), fc.string({ unit: 'binary', maxLength: 12 }).map(withoutNul))

const number = (): fc.Arbitrary<number> =>
  fc
    .oneof(
      fc.constantFrom(...hostileNumbers),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true })
    )
    .map((value) => (value === 0 ? 0 : value))

const jsonOf = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number(),
    text(),
    fc.array(tie('json'), { maxLength: 4 }),
    tie('object')
  ),
  object: fc.array(fc.tuple(text(), tie('json')), { maxLength: 5 }).map(fromEntries)
}))

/** Generates legal bodies, hostile ones included. */
export const body = (): fc.Arbitrary<JsonObject> => jsonOf.object

/** Generates legal claims. */
export const claim = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...hostileClaims),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map(withoutNul)
  )

/** Generates legal ids. */
export const id = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...hostileIds),
    fc.string({
      unit: fc.constantFrom('a', 'A', 'b', 'B', 'Z', '_', '-', '~', '!', '0', '9', '10', '/'),
      minLength: 1,
      maxLength: 4
    }),
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 12 })
  )

/** Generates a few different legal ids. */
export const ids = (maxLength = 12): fc.Arbitrary<ReadonlyArray<string>> =>
  fc.uniqueArray(id(), { minLength: 1, maxLength })
