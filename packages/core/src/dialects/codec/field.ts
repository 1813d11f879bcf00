/**
 * Codecs of fields. A codec is defined by one function, which reads a value or returns the reason why it cannot. The io-ts type
 * follows from that function.
 */
import * as t from 'io-ts'
import { type Rejection, type RejectionCode, rejection, type LinePath } from '../../command/rejection.ts'
import { type CompartmentId, parseCompartmentId } from '../../domain/compartment.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { isIdentifierText, maxIdentifierLength } from '../../domain/text.ts'
import { E } from '../../fp.ts'

// A class, because a field may contain an object that looks like a plain record.
class Refusal {
  readonly code: RejectionCode
  readonly path: LinePath
  constructor(code: RejectionCode, path: LinePath = []) {
    this.code = code
    this.path = path
  }
}

type Read<A> = (value: unknown) => A | Refusal

/** The codec of a field: what it is read as, and (as the codec's output) in which forms a sender may write it. */
export class Field<A, W = A> extends t.Type<A, W, unknown> {
  readonly read: Read<A>

  constructor(name: string, read: Read<A>, is: (value: unknown) => value is A) {
    super(
      name,
      is,
      (value, context) => {
        const decoded = read(value)
        if (!(decoded instanceof Refusal)) return t.success(decoded)
        const { code, path } = decoded
        const within = path.map((key) => ({ key: String(key), type: this }))
        return t.failures([{ value, context: [...context, ...within], message: code }])
      },
      // What is decoded may be written as it is.
      (decoded) => decoded as unknown as W
    )
    this.read = read
  }
}

const leaf = <A extends {}, W = A>(
  name: string,
  parse: (value: unknown) => A | undefined,
  codeOf: (value: unknown) => RejectionCode
): Field<A, W> =>
  new Field<A, W>(
    name,
    (value) => parse(value) ?? new Refusal(codeOf(value)),
    (value): value is A => value !== undefined && Object.is(parse(value), value)
  )

// `null` counts as absent, in required fields too.
const missingOr =
  (code: RejectionCode, missing: RejectionCode = 'MISSING_FIELD') =>
  (value: unknown): RejectionCode =>
    value === undefined || value === null ? missing : code

const identifierCode = (value: unknown): RejectionCode =>
  typeof value === 'string' && value.length > maxIdentifierLength
    ? 'IDENTIFIER_TOO_LONG'
    : missingOr('BAD_FIELD')(value)

/** The text of an identifier: not empty, at most 512 characters, and unchanged. */
export const identifierText = leaf(
  'IdentifierText',
  (value) => (isIdentifierText(value) ? value : undefined),
  identifierCode
)

export const compartmentId: Field<CompartmentId, string | number> = leaf(
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
export const idField: Field<string, string | number> = leaf(
  'Id',
  (value) => (Number.isSafeInteger(value) ? String(value) : isIdentifierText(value) ? value : undefined),
  identifierCode
)

const wholeNumber = (most: number) => (value: unknown) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most ? value : undefined

// The last time that a `Date` can represent.
const lastMoment = 8_640_000_000_000_000

const momentOf = wholeNumber(lastMoment)
const momentDigits = /^\d{1,16}$/

/** Milliseconds since 1970: a whole number, or its digits as text. */
export const moment: Field<number, number | `${number}`> = leaf(
  'Moment',
  (value) => momentOf(typeof value === 'string' && momentDigits.test(value) ? Number(value) : value),
  missingOr('BAD_FIELD')
)

/** A duration in whole minutes, of at most a thousand years. */
export const minutes = leaf('Minutes', wholeNumber(525_960_000), missingOr('BAD_FIELD'))

/** Returns the object without these keys; the same reference if it has none of them. */
export const withoutKeys = (object: JsonObject, keys: ReadonlyArray<string>): JsonObject =>
  keys.some((key) => Object.hasOwn(object, key))
    ? Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
    : object

/** A field that is known, and not read. */
export const unread: Field<undefined, Json | undefined> = new Field(
  'Unread',
  () => undefined,
  (value): value is undefined => value === undefined
)

/** A field that may be absent; `null` counts as absent. */
export const optional = <A, W>({ name, read, is }: Field<A, W>): Field<A | undefined, W | null | undefined> =>
  new Field<A | undefined, W | null | undefined>(
    `${name}?`,
    (value) => (value === undefined || value === null ? undefined : read(value)),
    (value): value is A | undefined => value === undefined || is(value)
  )

/** A field that must be one of these texts. */
export const oneOf = <const A extends string>(...texts: ReadonlyArray<A>): Field<A> =>
  leaf(
    'OneOf',
    (value) => texts.find((text) => text === value),
    () => 'BAD_FIELD'
  )

type Members = Readonly<Record<string, t.Mixed & { readonly read: Read<unknown> }>>
type Decoded<M extends Members> = { [K in keyof M]: t.TypeOf<M[K]> }
type OptionalKeys<M extends Members> = { [K in keyof M]: undefined extends t.OutputOf<M[K]> ? K : never }[keyof M]
// Of a mapped type over one object, editors show the fields.
type Flat<A> = { readonly [K in keyof A]: A[K] }
// An optional field is left out, or null; `undefined` is no JSON.
type Written<M extends Members> = Flat<
  { [K in Exclude<keyof M, OptionalKeys<M>>]: t.OutputOf<M[K]> } & {
    [K in OptionalKeys<M>]?: Exclude<t.OutputOf<M[K]>, undefined>
  }
>

/** A written object with these fields of it and no other; those in `Optional` may be absent. */
export type Only<W, Required extends keyof W, Optional extends keyof W = never> = {
  readonly [K in Required]-?: NonNullable<W[K]>
} & { readonly [K in Optional]?: W[K] } & { readonly [K in Exclude<keyof W, Required | Optional>]?: null }

/** An object with these fields, and any other fields. */
export const objectWith = <M extends Members>(props: M): Field<Decoded<M>, Written<M>> & { readonly props: M } => {
  const fields = Object.entries(props).map(([key, { read, is }]) => ({ key, read, is }))
  // Its copies have the shape of the result from the start.
  const blank: Readonly<Record<string, unknown>> = Object.fromEntries(fields.map(({ key }) => [key, undefined]))
  const read = (value: unknown): Decoded<M> | Refusal => {
    if (!isJsonObject(value as Json | undefined)) return new Refusal('BAD_FIELD')
    const decoded = { ...blank }
    for (const { key, read: readMember } of fields) {
      const member = readMember((value as JsonObject)[key])
      if (member instanceof Refusal) return new Refusal(member.code, [key, ...member.path])
      decoded[key] = member
    }
    return decoded as Decoded<M>
  }
  const is = (value: unknown): value is Decoded<M> =>
    isJsonObject(value as Json | undefined) &&
    fields.every(({ key, is: isMember }) => isMember((value as JsonObject)[key]))
  return Object.assign(new Field<Decoded<M>, Written<M>>(`{ ${Object.keys(props).join(', ')} }`, read, is), { props })
}

/** Decodes a value, or returns its first failure as a rejection whose path starts with `within`. */
export const decodeWith = <A, W>(
  { read }: Field<A, W>,
  value: unknown,
  within: LinePath = []
): E.Either<Rejection, A> => {
  const decoded = read(value)
  return decoded instanceof Refusal ? E.left(rejection(decoded.code, [...within, ...decoded.path])) : E.right(decoded)
}
