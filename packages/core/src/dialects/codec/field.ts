/**
 * Codecs of single fields, and how a failed one becomes a rejection. A leaf's failure message is its rejection code, so
 * that io-ts carries code and place to the one function that makes a `Rejection` of them.
 *
 * Nearly every line is right, so that each codec here also has a parser, which says what the value is and never why it is
 * not: `decodeWith` asks that first, and the codec only where it fails.
 */
import * as t from 'io-ts'
import { type CompartmentId, parseCompartmentId } from '../../domain/compartment.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { isIdentifierText, maxIdentifierLength } from '../../domain/text.ts'
import { E } from '../../fp.ts'
import { type Rejection, type RejectionCode, rejection, rejectionMessages } from '../../command/rejection.ts'

/** What `parse` gives where a value is not what the codec reads; `undefined` may be a value of its own. */
const nothing = Symbol('nothing')

/** A codec, and the same without reasons: `parse` gives what `decode` has on its right, and `nothing` for any left. */
export class Field<A> extends t.Type<A, A, unknown> {
  readonly parse: (value: unknown) => A | typeof nothing

  constructor(
    name: string,
    is: (value: unknown) => value is A,
    validate: t.Validate<unknown, A>,
    parse: (value: unknown) => A | typeof nothing
  ) {
    super(name, is, validate, t.identity)
    this.parse = parse
  }
}

const leaf = <A extends {}>(
  name: string,
  read: (value: unknown) => A | undefined,
  code: (value: unknown) => RejectionCode
): Field<A> =>
  new Field<A>(
    name,
    (value): value is A => value !== undefined && Object.is(read(value), value),
    (value, context) => {
      const parsed = read(value)
      return parsed === undefined ? t.failure(value, context, code(value)) : t.success(parsed)
    },
    (value) => read(value) ?? nothing
  )

// `null` counts as absent, in required fields too.
const missingOr =
  (code: RejectionCode, missing: RejectionCode = 'MISSING_FIELD') =>
  (value: unknown): RejectionCode =>
    value === undefined || value === null ? missing : code

/** Text that identifies: not empty, at most 512 characters, exactly as it is written. */
export const identifierText = leaf(
  'IdentifierText',
  (value) => (isIdentifierText(value) ? value : undefined),
  (value) =>
    typeof value === 'string' && value.length > maxIdentifierLength
      ? 'IDENTIFIER_TOO_LONG'
      : missingOr('BAD_FIELD')(value)
)

export const compartmentId: Field<CompartmentId> = leaf(
  'CompartmentId',
  parseCompartmentId,
  missingOr('BAD_COMPARTMENT_ID')
)

const booleanOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

/** `true` or `false`; the text `"true"` is neither. */
export const booleanField = leaf('Boolean', booleanOf, missingOr('BAD_FIELD'))

export const forceReplace = leaf('ForceReplace', booleanOf, missingOr('BAD_FIELD', 'MISSING_FORCE_REPLACE'))

export const objectField: Field<JsonObject> = leaf(
  'Object',
  (value) => (isJsonObject(value as Json | undefined) ? (value as JsonObject) : undefined),
  missingOr('BAD_FIELD')
)

/** An id that some senders write as a number: text, or a safe integer in its decimal spelling. */
export const idField = leaf(
  'Id',
  (value) => (Number.isSafeInteger(value) ? String(value) : isIdentifierText(value) ? value : undefined),
  (value) =>
    typeof value === 'string' && value.length > maxIdentifierLength
      ? 'IDENTIFIER_TOO_LONG'
      : missingOr('BAD_FIELD')(value)
)

const wholeNumber = (most: number) => (value: unknown) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most ? value : undefined

// The last moment that a date can name.
const lastMoment = 8_640_000_000_000_000

/** Milliseconds since 1970, as a whole number. */
export const moment = leaf('Moment', wholeNumber(lastMoment), missingOr('BAD_FIELD'))

/** A duration in whole minutes, of at most a thousand years. */
export const minutes = leaf('Minutes', wholeNumber(525_960_000), missingOr('BAD_FIELD'))

/** The object without these keys; the same reference where it has none of them. */
export const withoutKeys = (object: JsonObject, keys: ReadonlyArray<string>): JsonObject =>
  keys.some((key) => Object.hasOwn(object, key))
    ? Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
    : object

/** A field that may be absent; `null` counts as absent. */
export const optional = <A>(codec: Field<A>): Field<A | undefined> =>
  new Field<A | undefined>(
    `${codec.name}?`,
    (value): value is A | undefined => value === undefined || codec.is(value),
    (value, context) => (value === undefined || value === null ? t.success(undefined) : codec.validate(value, context)),
    (value) => (value === undefined || value === null ? undefined : codec.parse(value))
  )

/** A field that is one of a few texts. */
export const oneOf = <const A extends string>(...texts: ReadonlyArray<A>): Field<A> =>
  leaf(
    'OneOf',
    (value) => texts.find((text) => text === value),
    () => 'BAD_FIELD'
  )

type Members = Readonly<Record<string, t.Mixed & { readonly parse: (value: unknown) => unknown }>>
type Read<M extends Members> = { [K in keyof M]: t.TypeOf<M[K]> }

/** An object with these fields, and any others. */
export const objectWith = <M extends Members>(props: M): Field<Read<M>> & { readonly props: M } => {
  const explaining = t.type(props)
  const entries = Object.entries(props)
  // A copy of it has room for every field at once.
  const blank: Readonly<Record<string, unknown>> = Object.fromEntries(entries.map(([key]) => [key, undefined]))
  const parse = (value: unknown): Read<M> | typeof nothing => {
    if (!isJsonObject(value as Json | undefined)) return nothing
    const read = { ...blank }
    for (const [key, { parse: parseField }] of entries) {
      const parsed = parseField((value as JsonObject)[key])
      if (parsed === nothing) return nothing
      read[key] = parsed
    }
    return read as Read<M>
  }
  const codec = new Field<Read<M>>(
    explaining.name,
    (value): value is Read<M> => explaining.is(value),
    (value, context) => explaining.validate(value, context),
    parse
  )
  return Object.assign(codec, { props })
}

const isCode = (message: string | undefined): message is RejectionCode =>
  message !== undefined && Object.hasOwn(rejectionMessages, message)

/** What the first failure of a codec says to the sender of the line. */
const rejectionOf = (errors: t.Errors, within: ReadonlyArray<string | number>): Rejection => {
  const [first] = errors
  const path = (first?.context ?? []).map((entry) => entry.key).filter((key) => key !== '')
  return rejection(isCode(first?.message) ? first.message : 'BAD_FIELD', [...within, ...path])
}

/** Decodes, with the first failure as a rejection whose path starts with `within`. */
export const decodeWith = <A>(
  codec: Field<A>,
  value: unknown,
  within: ReadonlyArray<string | number> = []
): E.Either<Rejection, A> => {
  const parsed = codec.parse(value)
  if (parsed !== nothing) return E.right(parsed)
  const decoded = codec.decode(value)
  return E.isRight(decoded) ? decoded : E.left(rejectionOf(decoded.left, within))
}
