/** The synchronous interface to one user point and its documents. Each change becomes a line that core decodes. */
import type { EngineError, JsonObject, Subject, Verdict } from '@userpoint/core'
import type { Command, Reference } from '@userpoint/core/command'
import { decodeLine, type DocumentType, encodeUserPoint } from '@userpoint/core/mediarithmics'
import type { Datamart } from '../context.ts'
import { answer, listAnswer, Problem, type ProblemCode } from './envelope.ts'
import { readFields, readSelector, rejectionText } from './selector.ts'

/** The documents in paths, each with its key in core's representation of a user point. */
const documents = {
  user_identifiers: 'identifiers',
  user_profiles: 'profiles',
  user_segments: 'segments',
  user_scenarios: 'scenarios',
  user_choices: 'choices',
  user_activities: undefined
} as const

export type UserPointDocument = keyof typeof documents

export const isUserPointDocument = (name: string): name is UserPointDocument => Object.hasOwn(documents, name)

const failures: Readonly<Record<EngineError['_tag'], ProblemCode>> = {
  Contention: 'STORE_BUSY',
  StoreFailed: 'STORE_FAILED',
  Indeterminate: 'OUTCOME_UNKNOWN'
}

/** A request about one user point. */
export interface UserPointRequest {
  readonly datamart: Datamart
  readonly selector: string
  readonly query: (name: string) => string | undefined
}

const referenceOf = ({ datamart: { engine }, selector }: UserPointRequest): Reference =>
  readSelector(selector, engine.policies, engine.bounds)

const find = async (request: UserPointRequest): Promise<Subject> => {
  const found = await request.datamart.engine.find(referenceOf(request))
  if (found._tag === 'Left')
    throw found.left._tag === 'Rejected' ? new Problem('BAD_SELECTOR') : new Problem('STORE_FAILED')
  if (found.right === undefined) throw new Problem('NOT_FOUND')
  return found.right
}

const execute = async ({ datamart }: UserPointRequest, command: Command): Promise<Response> => {
  const outcome = await datamart.engine.execute([command])
  if (outcome._tag === 'Left') throw new Problem(failures[outcome.left._tag])
  const verdict = outcome.right[0] as Verdict
  if (verdict._tag === 'Rejected') throw new Problem('REJECTED', rejectionText(verdict))
  if (verdict._tag === 'NoOp' && verdict.reason === 'NOT_FOUND') throw new Problem('NOT_FOUND')
  return answer({ verdict: verdict._tag === 'Applied' ? 'applied' : 'no_op' })
}

/** Decodes a line, and directs its command to the user point of the path. */
const commandOf = (request: UserPointRequest, type: DocumentType, line: JsonObject): Command => {
  const { policies, bounds } = request.datamart.engine
  const reference = referenceOf(request)
  // A line must name an identifier; the reference of the path replaces this one.
  const decoded = decodeLine(type, { ...line, email_hash: '-' }, policies, bounds)
  if (decoded._tag === 'Left') throw new Problem('REJECTED', rejectionText(decoded.left))
  const { command } = decoded.right
  if (!('reference' in command)) throw new TypeError('the command has no reference')
  return { ...command, reference }
}

const itemsOf = (subject: Subject, document: UserPointDocument): ReadonlyArray<JsonObject> => {
  const key = documents[document]
  // Activities are not stored.
  return key === undefined ? [] : ((encodeUserPoint(subject)[key] ?? []) as ReadonlyArray<JsonObject>)
}

/** The selector fields of each list's items, with the keys that hold their values. */
const itemFields: Readonly<
  Record<Exclude<UserPointDocument, 'user_identifiers' | 'user_activities'>, Readonly<Record<string, string>>>
> = {
  user_profiles: { compartment_id: '$compartment_id', user_account_id: '$user_account_id' },
  user_segments: { segment_id: 'segment_id', segment_technical_name: 'segment_technical_name' },
  user_scenarios: { scenario_id: 'scenario_id' },
  user_choices: { processing_id: '$processing_id' }
}

const fieldsOf = (document: UserPointDocument, parts: ReadonlyArray<string>): Readonly<Record<string, string>> => {
  if (document === 'user_identifiers' || document === 'user_activities') throw new Problem('NOT_FOUND')
  return readFields(parts, Object.keys(itemFields[document]))
}

const profileKeyOf = ({ compartment_id, user_account_id }: Readonly<Record<string, string>>): JsonObject => ({
  ...(compartment_id !== undefined && { $compartment_id: compartment_id }),
  ...(user_account_id !== undefined && { $user_account_id: user_account_id })
})

export const getUserPoint = async (request: UserPointRequest): Promise<Response> =>
  answer(encodeUserPoint(await find(request)))

export const deleteUserPoint = async (request: UserPointRequest): Promise<Response> => {
  const response = await execute(request, { _tag: 'DeleteUserPoint', reference: referenceOf(request) })
  request.datamart.purgeLater()
  return response
}

export const listDocuments = async (request: UserPointRequest, document: UserPointDocument): Promise<Response> =>
  listAnswer(itemsOf(await find(request), document), request.query, (item) => item)

export const getDocument = async (
  request: UserPointRequest,
  document: UserPointDocument,
  parts: ReadonlyArray<string>
): Promise<Response> => {
  const wanted = Object.entries(fieldsOf(document, parts))
  const keys = itemFields[document as keyof typeof itemFields]
  const defaultCompartment = request.datamart.engine.policies.defaultCompartment
  const item = itemsOf(await find(request), document).find((each) => {
    // Without an account, the selector means the profile without an account.
    if (document === 'user_profiles') {
      const { compartment_id = defaultCompartment, user_account_id } = Object.fromEntries(wanted)
      return each.$compartment_id === compartment_id && each.$user_account_id === user_account_id
    }
    return wanted.every(([name, value]) => each[keys[name] ?? ''] === value)
  })
  if (item === undefined) throw new Problem('NOT_FOUND')
  return answer(item)
}

/** Returns the line that puts a document, or that removes it if there is no body. */
const lineFor = (
  document: UserPointDocument,
  fields: Readonly<Record<string, string>>,
  body: JsonObject | undefined,
  query: UserPointRequest['query']
): readonly [DocumentType, JsonObject] => {
  const isRemoval = body === undefined
  switch (document) {
    case 'user_profiles':
      return [
        'USER_PROFILE',
        isRemoval
          ? { operation: 'DELETE', user_profile: profileKeyOf(fields) }
          : {
              operation: 'UPSERT',
              // A PUT replaces, unless the query asks for a merge.
              force_replace: query('force_replace') !== 'false',
              ...(query('merge_objects') === 'true' && { merge_objects: true }),
              user_profile: { ...body, ...profileKeyOf(fields) }
            }
      ]
    case 'user_segments':
      return [
        'USER_SEGMENT',
        isRemoval ? { operation: 'DELETE', ...fields } : { ...body, operation: 'UPDATE', ...fields }
      ]
    case 'user_choices': {
      const choice = { $processing_id: fields.processing_id ?? '' }
      return [
        'USER_CHOICE',
        isRemoval
          ? { operation: 'DELETE', user_choice: choice }
          : { operation: 'UPSERT', force_replace: true, user_choice: { ...body, ...choice } }
      ]
    }
    default:
      throw new Problem('METHOD_NOT_ALLOWED')
  }
}

const scenarioOf = ({ scenario_id: scenario = '' }: Readonly<Record<string, string>>): string => {
  if (scenario === '' || scenario.length > 512) throw new Problem('BAD_SELECTOR')
  return scenario
}

export const putDocument = async (
  request: UserPointRequest,
  document: UserPointDocument,
  parts: ReadonlyArray<string>,
  body: JsonObject
): Promise<Response> => {
  const fields = fieldsOf(document, parts)
  if (document === 'user_scenarios') {
    const scenario = scenarioOf(fields)
    return execute(request, { _tag: 'EnterScenario', reference: referenceOf(request), scenario })
  }
  return execute(request, commandOf(request, ...lineFor(document, fields, body, request.query)))
}

export const deleteDocument = async (
  request: UserPointRequest,
  document: UserPointDocument,
  parts: ReadonlyArray<string>
): Promise<Response> => {
  const fields = fieldsOf(document, parts)
  const command: Command =
    document === 'user_scenarios'
      ? { _tag: 'LeaveScenario', reference: referenceOf(request), scenario: scenarioOf(fields) }
      : commandOf(request, ...lineFor(document, fields, undefined, request.query))
  const response = await execute(request, command)
  request.datamart.purgeLater()
  return response
}
