/**
 * Codecs of single fields, and how a failed one becomes a rejection. A leaf's failure message is its rejection code, so
 * that io-ts carries code and place to the one function that makes a `Rejection` of them.
 */
import * as t from 'io-ts'
import { type CompartmentId, parseCompartmentId } from '../../domain/compartment.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { isIdentifierText, maxIdentifierLength } from '../../domain/text.ts'
import { E } from '../../fp.ts'
import { type Rejection, type RejectionCode, rejection, rejectionMessages } from '../rejection.ts'

const leaf = <A>(
  name: string,
  parse: (value: unknown) => A | undefined,
  code: (value: unknown) => RejectionCode
): t.Type<A, A, unknown> =>
  new t.Type<A, A, unknown>(
    name,
    (value): value is A => Object.is(parse(value), value),
    (value, context) => {
      const parsed = parse(value)
      return parsed === undefined ? t.failure(value, context, code(value)) : t.success(parsed)
    },
    t.identity
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

export const compartmentId: t.Type<CompartmentId, CompartmentId, unknown> = leaf(
  'CompartmentId',
  parseCompartmentId,
  missingOr('BAD_COMPARTMENT_ID')
)

const booleanOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

/** `true` or `false`; the text `"true"` is neither. */
export const booleanField = leaf('Boolean', booleanOf, missingOr('BAD_FIELD'))

export const forceReplace = leaf('ForceReplace', booleanOf, missingOr('BAD_FIELD', 'MISSING_FORCE_REPLACE'))

export const objectField: t.Type<JsonObject, JsonObject, unknown> = leaf(
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
export const optional = <A>(codec: t.Type<A, A, unknown>): t.Type<A | undefined, A | undefined, unknown> =>
  new t.Type<A | undefined, A | undefined, unknown>(
    `${codec.name}?`,
    (value): value is A | undefined => value === undefined || codec.is(value),
    (value, context) => (value === undefined || value === null ? t.success(undefined) : codec.validate(value, context)),
    t.identity
  )

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
  codec: t.Type<A, unknown, unknown>,
  value: unknown,
  within: ReadonlyArray<string | number> = []
): E.Either<Rejection, A> => {
  const decoded = codec.decode(value)
  return E.isRight(decoded) ? decoded : E.left(rejectionOf(decoded.left, within))
}
