/** Checks that the body of a PUT agrees with its path: it may repeat the values of the path, and must not have others. */
import type { JsonObject } from '@userpoint/core'
import { parseCompartmentId } from '@userpoint/core/command'
import { Problem } from './envelope.ts'
import type { UserPointDocument, UserPointRequest } from './user-point-request.ts'

// Profiles and choices hold any properties; only those with a dollar sign name what the path names.
const identityOf: Readonly<Partial<Record<UserPointDocument, ReadonlyArray<string>>>> = {
  user_profiles: ['$compartment_id', '$user_account_id'],
  user_choices: ['$processing_id']
}

const places = ['datamart_id', 'user_point_id', 'email_hash', 'user_agent_id', 'compartment_id', 'user_account_id']
const identityOfOthers = [...places, 'segment_id', 'segment_technical_name', 'scenario_id', 'operation']

const spelling = (name: string, value: unknown): unknown =>
  name.endsWith('compartment_id')
    ? (parseCompartmentId(value) ?? value)
    : typeof value === 'number'
      ? `${value}`
      : value

const selectorFields = (selector: string): JsonObject =>
  Object.fromEntries(
    selector.includes('=')
      ? selector.split(',').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)])
      : []
  )

interface Path {
  readonly request: UserPointRequest
  readonly document: UserPointDocument
  /** The fields of the document that the path names. */
  readonly key: JsonObject
  /** Returns the id of the user point. @throws Problem if it is missing. */
  readonly findId: () => Promise<string>
}

/** @throws Problem if a field of the body contradicts the path. */
export const requireAgreement = async (body: JsonObject, { request, document, key, findId }: Path): Promise<void> => {
  const names = identityOf[document] ?? identityOfOthers
  const said = names.filter((name) => body[name] !== undefined && body[name] !== null)
  const known: JsonObject = {
    ...(identityOf[document] === undefined && {
      ...selectorFields(request.selector),
      datamart_id: request.datamart.id,
      operation: 'UPDATE'
    }),
    ...key,
    ...(said.includes('user_point_id') && { user_point_id: await findId() })
  }
  for (const name of said)
    if (spelling(name, body[name]) !== spelling(name, known[name]))
      throw new Problem('BAD_REQUEST', `${name} contradicts the path`)
}

/** Returns the body without what only repeats the path. */
export const ownFields = (document: UserPointDocument, body: JsonObject): JsonObject => {
  const names = identityOf[document] ?? identityOfOthers
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
}
