/** The synchronous interface to one user point and its documents. Each change becomes a line that core decodes. */
import type { EngineError, JsonObject, Subject, Verdict } from '@userpoint/core'
import { type Command, parseCompartmentId, type Reference } from '@userpoint/core/command'
import { decodeLine, type DocumentType, encodeUserPoint } from '@userpoint/core/mediarithmics'
import type { Datamart } from '../context.ts'
import { associationOf, notKept } from './activity.ts'
import type { Done } from './answers.ts'
import { ownFields, requireAgreement } from './agreement.ts'
import { answer, listAnswer, Problem, type ProblemCode } from './envelope.ts'
import { readFields, readSelector, rejectionText } from './selector.ts'
import { identifiersOf } from './user-identifiers.ts'
import { documents, type UserPointDocument, type UserPointRequest } from './user-point-request.ts'

const failures: Readonly<Record<EngineError['_tag'], ProblemCode>> = {
  Contention: 'STORE_BUSY',
  StoreFailed: 'STORE_FAILED',
  Indeterminate: 'OUTCOME_UNKNOWN'
}

/** Returns the reference of the path. */
export const referenceOf = ({ datamart: { engine }, selector }: UserPointRequest): Reference =>
  readSelector(selector, engine.policies, engine.bounds)

/** Returns the user point of the path. @throws Problem if it is not there. */
export const find = async (request: UserPointRequest): Promise<Subject> => {
  const found = await request.datamart.engine.find(referenceOf(request))
  if (found._tag === 'Left')
    throw found.left._tag === 'Rejected' ? new Problem('BAD_SELECTOR') : new Problem('STORE_FAILED')
  if (found.right === undefined) throw new Problem('NOT_FOUND')
  return found.right
}

/** Returns the word for a verdict. @throws Problem if the command is rejected, or what it is about is missing. */
const wordOf = (verdict: Verdict): Done['verdict'] => {
  if (verdict._tag === 'Rejected') throw new Problem('REJECTED', rejectionText(verdict))
  if (verdict._tag === 'NoOp' && verdict.reason === 'NOT_FOUND') throw new Problem('NOT_FOUND')
  return verdict._tag === 'Applied' ? 'applied' : 'no_op'
}

/** Executes a command. @throws Problem if it is rejected, or what it is about is missing. */
export const execute = async ({ datamart }: UserPointRequest, command: Command): Promise<Done> => {
  const outcome = await datamart.engine.execute([command])
  if (outcome._tag === 'Left') throw new Problem(failures[outcome.left._tag])
  return { verdict: wordOf(outcome.right[0] as Verdict) }
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
  if (document === 'user_identifiers') return identifiersOf(subject) as ReadonlyArray<JsonObject>
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

type Fields = Readonly<Record<string, string>>

/** Returns the fields of an item's selector, with the compartment in its one spelling. @throws Problem if it is invalid. */
const fieldsOf = (document: UserPointDocument, parts: ReadonlyArray<string>): Fields => {
  if (document === 'user_identifiers' || document === 'user_activities') throw new Problem('NOT_FOUND')
  const fields = readFields(parts, Object.keys(itemFields[document]))
  if (fields.compartment_id === undefined) return fields
  const compartment_id = parseCompartmentId(fields.compartment_id)
  if (compartment_id === undefined) throw new Problem('BAD_SELECTOR')
  return { ...fields, compartment_id }
}

/** Returns the fields of a stored item that its selector means; without an account, the profile without an account. */
const keyOf = (request: UserPointRequest, document: UserPointDocument, fields: Fields): JsonObject => {
  const keys = itemFields[document as keyof typeof itemFields]
  const named = Object.fromEntries(Object.entries(fields).map(([name, value]) => [keys[name] ?? name, value]))
  if (document !== 'user_profiles') return named
  const { defaultCompartment } = request.datamart.engine.policies
  return { ...(defaultCompartment !== undefined && { $compartment_id: defaultCompartment }), ...named }
}

const profileKeyOf = ({ compartment_id, user_account_id }: Fields): JsonObject => ({
  ...(compartment_id !== undefined && { $compartment_id: compartment_id }),
  ...(user_account_id !== undefined && { $user_account_id: user_account_id })
})

export const getUserPoint = async (request: UserPointRequest): Promise<Response> =>
  answer(encodeUserPoint(await find(request)))

export const deleteUserPoint = async (request: UserPointRequest): Promise<Response> => {
  const suppress = request.query('suppress')
  if (suppress !== undefined && !/^(true|false)$/.test(suppress))
    throw new Problem('BAD_REQUEST', 'suppress must be true or false')
  const done = await execute(request, {
    _tag: 'DeleteUserPoint',
    reference: referenceOf(request),
    ...(suppress === 'true' && { suppress: true })
  })
  request.datamart.purgeLater()
  return answer(done)
}

export const listDocuments = async (request: UserPointRequest, document: UserPointDocument): Promise<Response> =>
  listAnswer(itemsOf(await find(request), document), request.query, (item) => item)

const itemOf = (subject: Subject, document: UserPointDocument, key: JsonObject): JsonObject | undefined =>
  itemsOf(subject, document).find(
    (each) =>
      Object.entries(key).every(([name, value]) => each[name] === value) &&
      (document !== 'user_profiles' || each.$user_account_id === key.$user_account_id)
  )

export const getDocument = async (
  request: UserPointRequest,
  document: UserPointDocument,
  parts: ReadonlyArray<string>
): Promise<Response> => {
  const key = keyOf(request, document, fieldsOf(document, parts))
  const item = itemOf(await find(request), document, key)
  if (item === undefined) throw new Problem('NOT_FOUND')
  return answer(item)
}

/**
 * Answers with one profile, as the older path does: that of the account in the selector; else the one without an account in
 * the default compartment; else the first.
 */
export const getProfile = async (request: UserPointRequest): Promise<Response> => {
  const subject = await find(request)
  const reference = referenceOf(request)
  const wanted =
    reference._tag === 'Account' ? { compartment_id: reference.compartment, user_account_id: reference.accountId } : {}
  const found =
    itemOf(subject, 'user_profiles', keyOf(request, 'user_profiles', wanted)) ?? itemsOf(subject, 'user_profiles')[0]
  if (found === undefined) throw new Problem('NOT_FOUND')
  return answer(found)
}

/** Returns the line that puts a document, or that removes it if there is no body. */
const lineFor = (
  document: UserPointDocument,
  fields: Fields,
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
      throw new Problem('NOT_FOUND')
  }
}

const scenarioOf = ({ scenario_id: scenario = '' }: Fields): string => {
  if (scenario === '' || scenario.length > 512) throw new Problem('BAD_SELECTOR')
  return scenario
}

/** Puts a document, and answers with what its path reads now. @throws Problem if the body contradicts the path. */
export const putDocument = async (
  request: UserPointRequest,
  document: UserPointDocument,
  { parts, body }: { readonly parts: ReadonlyArray<string>; readonly body: JsonObject }
): Promise<Response> => {
  const fields = fieldsOf(document, parts)
  const key = keyOf(request, document, fields)
  await requireAgreement(body, { request, document, key, findId: async () => (await find(request)).id })
  const { verdict } = await execute(
    request,
    document === 'user_scenarios'
      ? { _tag: 'EnterScenario', reference: referenceOf(request), scenario: scenarioOf(fields) }
      : commandOf(request, ...lineFor(document, fields, ownFields(document, body), request.query))
  )
  const found = await request.datamart.engine.find(referenceOf(request))
  const subject = found._tag === 'Right' ? found.right : undefined
  // A membership that is over already is not there; its key is.
  return answer((subject && itemOf(subject, document, key)) ?? key, { verdict })
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
  const done = await execute(request, command)
  request.datamart.purgeLater()
  return answer(done)
}

/** Applies one line of USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS. */
const associate = async ({ engine }: Datamart, line: JsonObject): Promise<Done['verdict']> => {
  const outcome = await engine.runOne('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', line)
  if (outcome._tag === 'Left') throw new Problem(failures[outcome.left._tag])
  return wordOf(outcome.right)
}

export const declareAssociation = async (datamart: Datamart, body: JsonObject): Promise<Response> =>
  answer({ verdict: await associate(datamart, body) })

/** Applies the identifiers of an activity. `data` is `false`: the activity is not kept, as a warning says. */
export const declareActivity = async (datamart: Datamart, body: JsonObject): Promise<Response> =>
  answer(false, { verdict: await associate(datamart, associationOf(body)), warnings: [notKept] })
