/** Hostile JSON, values that are not JSON, and bodies with one kind at each path. */
import type { Json, JsonObject } from '@userpoint/core'
import fc from 'fast-check'

/** The letter é, composed: a different text from {@link nfd}. */
export const nfc = '\u00e9'

/** The letter é, decomposed: a different text from {@link nfc}. */
export const nfd = 'e\u0301'

// Only a few, so that bodies have common paths.
const keys = ['a', 'b', '__proto__', 'constructor', '', nfc, nfd, 'toJSON', '0', '$set']

const texts = ['', '1', 'x', '__proto__', nfc, nfd, '\u{1f600}', '\uffff']

const scalars: ReadonlyArray<Json> = [null, true, false, 0, 1, -1, 1e308, 5e-324, 0.1, 2 ** 53 - 1, ...texts]

// fast-check's own character arbitraries are slow to create.
const character = fc
  .oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.integer({ min: 0x01, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff })
  )
  .map((point) => String.fromCodePoint(point))

/** Generates hostile text that every store keeps: well-formed, without NUL, possibly empty. */
export const text = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...texts, 'constructor', ' padded ', '\u2028', '"', '\\', "'; --", '%'),
    fc.array(character, { maxLength: 12 }).map((all) => all.join(''))
  )

/** Generates keys of objects, only a few, so that objects have common keys. */
export const key = (): fc.Arbitrary<string> =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom('a', 'b', '__proto__') }, fc.constantFrom(...keys))

/** Returns an object with each key as its own property, even `__proto__`. */
const objectOf = <A>(value: fc.Arbitrary<A>, maxLength: number): fc.Arbitrary<Readonly<Record<string, A>>> =>
  fc.array(fc.tuple(key(), value), { maxLength }).map((entries) => Object.fromEntries(entries))

const scalar = (): fc.Arbitrary<Json> => fc.constantFrom(...scalars)

const normalised = fc.letrec<{ json: Json; object: JsonObject; array: ReadonlyArray<Json> }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 3, arbitrary: scalar() },
    { weight: 2, arbitrary: tie('array') },
    { weight: 3, arbitrary: tie('object') }
  ),
  array: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom<Json>(0, 1, '1', 'x') }, tie('json')), {
    maxLength: 4
  }),
  object: objectOf(tie('json'), 4)
}))

/**
 * Generates small, hostile JSON as the library stores it: keys such as `__proto__` and `''`, extreme numbers, text in both
 * normal forms. It is normalised, so any store returns it equal.
 */
export const json = (): fc.Arbitrary<Json> => normalised.json

/** Generates objects of {@link json}: a profile's properties, or the body of an upsert. */
export const jsonObject = (): fc.Arbitrary<JsonObject> => normalised.object

/** Generates arrays of {@link json} with repeated elements. */
export const jsonArray = (): fc.Arbitrary<ReadonlyArray<Json>> => normalised.array

/** Generates {@link json} or `undefined`. */
export const jsonOrNothing = (): fc.Arbitrary<Json | undefined> => fc.option(json(), { nil: undefined, freq: 6 })

/** Returns arrays and objects nested to this depth. */
export const nested = (levels: number): Json => {
  let inner: Json = 1
  for (let level = 0; level < levels; level++) inner = level % 2 === 0 ? [inner] : { a: inner }
  return inner
}

const notJson: ReadonlyArray<unknown> = [
  undefined,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '\0',
  'a\0b',
  '\ud800',
  '\udc00x',
  10n,
  Symbol('s'),
  () => 1,
  new Date(0),
  new Map([['a', 1]]),
  Object.create({ inherited: 1 }),
  // eslint-disable-next-line no-sparse-arrays -- a hole is what is tested
  [1, , 2]
]

/**
 * Generates any value: JSON, `-0`, values that are not JSON (a `Date`, a function, a lone surrogate), and JSON that is too deep.
 * For code that must accept any input.
 */
export const anything = (): fc.Arbitrary<unknown> =>
  fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 4, arbitrary: scalar() },
      { weight: 2, arbitrary: fc.constantFrom<unknown>(-0, nested(3), nested(4), nested(9)) },
      { weight: 1, arbitrary: fc.constantFrom(...notJson) },
      { weight: 3, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
      { weight: 3, arbitrary: fc.oneof(objectOf(tie('value'), 3), fc.constantFrom({ '\0': 1 }, { '\udfff': [] })) }
    )
  })).value

type Kind = 'scalar' | 'array' | Readonly<Record<string, KindOf>>
type KindOf = { readonly kind: Kind }

const kinds = fc.letrec<{ kind: KindOf; fields: Readonly<Record<string, KindOf>> }>((tie) => ({
  kind: fc
    .oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom<Kind>('scalar', 'array'),
      tie('fields') as fc.Arbitrary<Kind>
    )
    .map((kind) => ({ kind })),
  fields: objectOf(tie('kind'), 4)
}))

const bodyOf = (fields: Readonly<Record<string, KindOf>>): fc.Arbitrary<JsonObject> => {
  const members = Object.entries(fields).map(([name, { kind }]) =>
    fc
      .option(kind === 'scalar' ? scalar() : kind === 'array' ? jsonArray() : (bodyOf(kind) as fc.Arbitrary<Json>))
      .map((value): ReadonlyArray<readonly [string, Json]> => (value === null ? [] : [[name, value]]))
  )
  return fc.tuple(...members).map((entries) => Object.fromEntries(entries.flat()))
}

/**
 * Generates three bodies with the same kind (scalar, array, object) at each common path, which may be merged before they are
 * sent (L-08).
 */
export const alikeBodies = (): fc.Arbitrary<readonly [JsonObject, JsonObject, JsonObject]> =>
  kinds.fields.chain((fields) => fc.tuple(bodyOf(fields), bodyOf(fields), bodyOf(fields)))
