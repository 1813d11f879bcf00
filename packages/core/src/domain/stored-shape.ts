/**
 * The shape of a stored user point. Core reads what it wrote itself, so loads do not look at the shape; a check of a whole
 * store does.
 */
import type { StoredUserPoint } from './stored-user-point.ts'

type Shape = (value: unknown) => boolean

type Fields = Readonly<Record<string, Shape>>

const text: Shape = (value) => typeof value === 'string'
const number: Shape = (value) => typeof value === 'number'
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape)

const oneOf =
  (...values: ReadonlyArray<unknown>): Shape =>
  (value) =>
    values.includes(value)

/** Fields that are not named are ignored: a later version may have more. */
const record =
  (required: Fields, optional: Fields = {}): Shape =>
  (value) =>
    isRecord(value) &&
    Object.entries(required).every(([name, shape]) => Object.hasOwn(value, name) && shape(value[name])) &&
    Object.entries(optional).every(([name, shape]) => !Object.hasOwn(value, name) || shape(value[name]))

const membersOf =
  (shape: Shape): Shape =>
  (value) =>
    isRecord(value) && Object.values(value).every(shape)

const part: Shape = (value) => number(value) || parts(value)
const partFields: Fields = { at: number, whole: oneOf(true), in: membersOf((value) => part(value)) }
const parts = record({ at: number }, partFields)

const createdAt = { createdAt: number }
const dated = { modifiedAt: number, createdAt: number }

const userPoint = record(
  {},
  {
    moment: number,
    createdAt: number,
    accounts: listOf(record({ compartment: text, accountId: text }, createdAt)),
    emailHashes: listOf(record({ hash: text }, createdAt)),
    devicePoints: listOf(
      record(
        { id: text, createdAt: number, agents: listOf(record({ id: text, createdAt: number })) },
        { formerIds: listOf(text) }
      )
    ),
    named: listOf(record({ name: text, value: text, createdAt: number }, { hash: text })),
    profiles: listOf(
      record(
        { compartment: text, properties: isRecord },
        { ...dated, accountId: text, writtenAt: number, parts: record({}, partFields) }
      )
    ),
    segments: listOf(
      record(
        { naming: oneOf('Id', 'TechnicalName'), segment: text, ...dated },
        { tick: number, expiresAt: number, dataBagAt: number }
      )
    ),
    scenarios: listOf(record({ scenario: text, ...dated })),
    choices: listOf(record({ processing: text, chosenAt: number, properties: isRecord, ...dated }, { tick: number })),
    mergedAt: listOf(number),
    formerIds: listOf(text)
  }
)

/** Returns whether the body of a document is a stored user point. */
export const isStoredUserPoint = (body: unknown): body is StoredUserPoint =>
  userPoint(body) && isRecord(body) && (Object.hasOwn(body, 'moment') || Object.hasOwn(body, 'createdAt'))
