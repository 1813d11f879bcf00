/** The shape of commands that a program gives, which may be written in JavaScript. */
import type { Command } from './command.ts'
import { type Rejection, rejection } from './rejection.ts'

type Field = (value: unknown) => boolean
type Fields = Readonly<Record<string, Field>>
type Variants = Readonly<Record<string, Fields>>

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text: Field = (value) => typeof value === 'string'
const number: Field = (value) => typeof value === 'number'
const flag: Field = (value) => typeof value === 'boolean'
const anything: Field = () => true

const optional =
  (field: Field): Field =>
  (value) =>
    value === undefined || field(value)

const word =
  (...words: ReadonlyArray<unknown>): Field =>
  (value) =>
    words.includes(value)

const list =
  (field: Field, least = 0): Field =>
  (value) =>
    Array.isArray(value) && value.length >= least && value.every(field)

/** Returns the first field that is missing or of another shape; `undefined`: all are right. */
const wrongField = (value: Readonly<Record<string, unknown>>, fields: Fields): string | undefined =>
  Object.keys(fields).find((name) => fields[name]?.(value[name]) !== true)

const object =
  (fields: Fields): Field =>
  (value) =>
    isObject(value) && wrongField(value, fields) === undefined

const fieldsOf = (value: Readonly<Record<string, unknown>>, variants: Variants): Fields | undefined => {
  const tag = value['_tag']
  return typeof tag === 'string' && Object.hasOwn(variants, tag) ? variants[tag] : undefined
}

const oneOf =
  (variants: Variants): Field =>
  (value) => {
    if (!isObject(value)) return false
    const fields = fieldsOf(value, variants)
    return fields !== undefined && wrongField(value, fields) === undefined
  }

const namedFields: Fields = { name: text, value: text, hash: optional(text) }
const device: Variants = { Agent: { id: text }, DevicePoint: { id: text } }
const identifiers: Variants = {
  Account: { compartment: text, accountId: text },
  EmailHash: { hash: text },
  Agent: { id: text },
  Named: namedFields
}
const claimed: Variants = { ...identifiers, ...device }
const references: Variants = { ...claimed, UserPoint: { id: text } }
const onConflict = word('Reject', 'First')
const reference = oneOf(references)
const who = oneOf({ ...references, AnyOf: { references: list(reference, 1), onConflict, decisive: flag } })
const named = oneOf({ Named: namedFields })

const key = object({ compartment: text, accountId: optional(text) })
const segment = object({ naming: word('Id', 'TechnicalName'), segment: text })
const path = list(text, 1)

const deleting: Variants = { Keep: {}, Delete: {} }
const putting: Variants = { ...deleting, Put: { value: anything } }
const steps = list(
  oneOf({ Append: { values: list(anything) }, Unite: { values: list(anything) }, Remove: { values: list(anything) } })
)
const isPatch: Field = (value) => patch(value)
const record: Field = (value) => value instanceof Map && [...value].every(([name, each]) => text(name) && isPatch(each))
const patch: Field = object({
  scalar: oneOf(putting),
  array: oneOf({ ...putting, Edit: { steps } }),
  object: oneOf({
    ...putting,
    Record: { record },
    Merge: { mode: word('Shallow', 'Overlay', 'Concat', 'Union'), source: isObject }
  })
})

const check = oneOf({
  ArrayExpected: { path, strict: flag, orObject: optional(word(true)) },
  Namespace: { path },
  Elsewhere: { path, places: list(path), other: path }
})
const limits: Field = (value) =>
  value instanceof Map && [...value].every(([name, limit]) => text(name) && number(limit))

const suppress = optional(word(true))
const days: Field = (value) => typeof value === 'number' && value > 0
const retention = object({
  properties: optional(list(object({ name: text, days }))),
  profiles: optional(days),
  memberships: optional(days),
  people: optional(days)
})

/** The fields of each command. A command that lacks one here does not compile. */
const commands: {
  readonly [Tag in Command['_tag']]: {
    readonly [Name in Exclude<keyof Extract<Command, { readonly _tag: Tag }>, '_tag'>]-?: Field
  }
} = {
  DeleteIdentifier: { identifier: oneOf(identifiers), suppress },
  DeleteDevicePoint: { device: oneOf(device), suppress },
  DeleteUserPoint: { reference: who, suppress },
  UpsertProfile: { reference, key, patch },
  EditProfile: {
    reference: who,
    key,
    patch,
    checks: list(check),
    protected: optional(list(object({ path, identifierName: text }))),
    dropEmptied: list(path)
  },
  DeleteProfile: { reference, scope: oneOf({ Key: { key }, All: {} }) },
  Associate: { references: list(oneOf(claimed), 1) },
  UpdateSegment: {
    reference,
    key: segment,
    expiry: oneOf({ Never: {}, At: { moment: number }, After: { milliseconds: number } }),
    dataBag: anything
  },
  DeleteSegment: { reference, key: segment },
  UpsertChoice: { reference, processing: text, chosenAt: number, patch },
  DeleteChoice: { reference, processing: text },
  EnterScenario: { reference, scenario: text },
  LeaveScenario: { reference, scenario: text },
  CollectUserPoint: { id: text },
  ApplyRetention: { id: text, rules: retention },
  UpsertUser: {
    userPoint: optional(text),
    identifiers: list(named),
    attach: optional(list(named)),
    limits,
    key,
    patch
  },
  DeleteNamedIdentifiers: { identifiers: list(named, 1), onConflict, suppress },
  ReplaceIdentifier: { from: named, to: named },
  AnonymiseUser: { reference: who, names: list(text), key, patch },
  LiftSuppression: { identifiers: list(oneOf(identifiers), 1) }
}

/** Returns whether a value has rules of retention. */
export const isRetention = retention

/** Returns whether a value names a user point. */
export const isWho = who

/** Returns why a value is no command; `undefined`: it is one. */
export const faultOfCommand = (value: unknown): Rejection | undefined => {
  if (!isObject(value)) return rejection('NOT_AN_OBJECT')
  const fields = fieldsOf(value, commands)
  if (fields === undefined) return rejection('UNSUPPORTED_OPERATION', ['_tag'])
  const wrong = wrongField(value, fields)
  if (wrong === undefined) return undefined
  return rejection(value[wrong] === undefined ? 'MISSING_FIELD' : 'BAD_FIELD', [wrong])
}
