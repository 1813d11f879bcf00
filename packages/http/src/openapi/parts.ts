/** The parts from which the description of the interface is put together. */
import { z } from 'zod'

export type Schema = Readonly<Record<string, unknown>>

const schemaPlace = '#/components/schemas/'

/** Returns a reference to a named schema. */
export const ref = (name: string): Schema => ({ $ref: schemaPlace + name })

const withoutHeading = (schema: object): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'))

/**
 * Returns the JSON Schemas of codecs, by their names. A codec that is used within another one is a reference there.
 *
 * @param io `input`: what a sender writes; `output`: what an answer has.
 */
export const schemasOf = (codecs: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Schema => {
  const registry = z.registry<{ id: string }>()
  for (const [id, codec] of Object.entries(codecs)) registry.add(codec, { id })
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => schemaPlace + id, io })
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutHeading(schema)]))
}

export const text = (description?: string): Schema => ({
  type: 'string',
  ...(description !== undefined && { description })
})
export const count: Schema = { type: 'integer', minimum: 0 }
export const listOf = (items: Schema): Schema => ({ type: 'array', items })
export const anyOf = (...schemas: ReadonlyArray<Schema>): Schema => ({ anyOf: schemas })
export const object = (properties: Schema, required: ReadonlyArray<string> = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required })
})

/** Returns a body or an answer of JSON, with an example. */
export const json = (schema: Schema, example?: unknown): Schema => ({
  'application/json': { schema, ...(example !== undefined && { example }) }
})

/** One operation, before it has the parts that all operations of its dialect share. */
export interface Operation {
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly parameters?: ReadonlyArray<Schema>
  /** `true`: a query parameter that is not among these is refused. */
  readonly isStrict?: boolean
  readonly body?: Schema
  readonly answers: Schema
  /** A call that may be copied: the rest of a curl command after its URL's origin. */
  readonly curl?: string
}

interface Shared {
  readonly tag: string
  readonly security: ReadonlyArray<Schema>
}

const origin = 'http://127.0.0.1:8080'

export const operation = (
  { id, summary, description = `${summary}.`, parameters, isStrict = false, body, answers, curl }: Operation,
  { tag, security }: Shared
): Schema => ({
  operationId: id,
  tags: [tag],
  summary,
  description: isStrict ? `${description} A query parameter that is unknown or given twice is 400.` : description,
  security,
  ...(parameters !== undefined && parameters.length > 0 && { parameters }),
  ...(body !== undefined && { requestBody: { required: true, content: body } }),
  responses: answers,
  ...(curl !== undefined && {
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: `curl ${curl.replace('URL', origin)}` }]
  })
})

export const parameter = (place: 'path' | 'query' | 'header', name: string, rest: Schema): Schema => ({
  name,
  in: place,
  ...(place === 'path' && { required: true }),
  schema: { type: 'string' },
  ...rest
})

/** The header under which a repeated request is applied once. */
export const idempotencyKey: Schema = parameter('header', 'Idempotency-Key', {
  description:
    'A text of the sender’s. Within a day, a request with the same key and body gets the same answer and is applied once; another body is 422.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: 'nightly-2026-11-29'
})
