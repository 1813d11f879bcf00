/** mediarithmics' paths; docs/http.md lists them. */
import { Hono } from 'hono'
import type { Context } from '../context.ts'
import type { Env } from '../env.ts'
import { getAccess, getHead, getReceipt, liftSuppression, listReceipts, listSuppressions } from './erasure.ts'
import { type Call, datamartOf, objectOf, openedBy, pathOf, queryOf } from './call.ts'
import { type ChangeStreams, forgetConsumer } from './changes.ts'
import { answer, listAnswer, Problem } from './envelope.ts'
import type { Executions } from './executions.ts'
import { importRoutes } from './import-routes.ts'
import type { NumberSource } from './number-source.ts'
import {
  declareActivity,
  declareAssociation,
  deleteDocument,
  deleteUserPoint,
  getDocument,
  getProfile,
  getUserPoint,
  listDocuments,
  putDocument
} from './user-points.ts'
import { isUserPointDocument, type UserPointDocument, type UserPointRequest } from './user-point-request.ts'

const query =
  (call: Call) =>
  (name: string): string | undefined =>
    call.req.query(name)

const documentOf = (call: Call): UserPointDocument => {
  const name = pathOf(call, 'document')
  if (!isUserPointDocument(name)) throw new Problem('NOT_FOUND')
  return name
}

const partsOf = (call: Call): ReadonlyArray<string> => {
  const account = call.req.param('account')
  return [pathOf(call, 'item'), ...(account === undefined ? [] : [account])]
}

const userPointRoutes = (context: Context): Hono<Env> => {
  const userPointOf = (call: Call): UserPointRequest => ({
    datamart: datamartOf(context, call),
    selector: pathOf(call, 'selector'),
    query: query(call)
  })
  const strictly = (call: Call, ...names: ReadonlyArray<string>): UserPointRequest => ({
    ...userPointOf(call),
    query: queryOf(call, ...names)
  })
  const get = async (call: Call): Promise<Response> => getDocument(userPointOf(call), documentOf(call), partsOf(call))
  const put = async (call: Call): Promise<Response> => {
    const request = userPointOf(call)
    return putDocument(request, documentOf(call), { parts: partsOf(call), body: await objectOf(context, call) })
  }
  const remove = async (call: Call): Promise<Response> =>
    deleteDocument(userPointOf(call), documentOf(call), partsOf(call))

  const datamart = '/v1/datamarts/:datamart'
  const userPoint = `${datamart}/user_points/:selector`
  const oneDocument = `${userPoint}/:document/:item`
  return (
    new Hono<Env>()
      .get(userPoint, async (call) => getUserPoint(userPointOf(call)))
      .delete(userPoint, async (call) => deleteUserPoint(strictly(call, 'suppress')))
      .get(`${userPoint}/access`, async (call) => getAccess(strictly(call), context.clock()))
      .delete(`${datamart}/suppressions/:selector`, async (call) => liftSuppression(strictly(call)))
      .get(`${userPoint}/:document`, async (call) => listDocuments(userPointOf(call), documentOf(call)))
      .get(oneDocument, get)
      .put(oneDocument, put)
      .delete(oneDocument, remove)
      .get(`${oneDocument}/:account`, get)
      .put(`${oneDocument}/:account`, put)
      .delete(`${oneDocument}/:account`, remove)
      // Older paths, which the vendor's console and libraries still call.
      .get(`${datamart}/user_identifiers/:selector`, async (call) =>
        listDocuments(userPointOf(call), 'user_identifiers')
      )
      .get(`${datamart}/user_segments/:selector`, async (call) => listDocuments(userPointOf(call), 'user_segments'))
      .get(`${datamart}/user_profiles/:selector`, async (call) => getProfile(userPointOf(call)))
      .get(`${datamart}/user_timelines/:selector/user_activities`, async (call) =>
        listDocuments(userPointOf(call), 'user_activities')
      )
      .post(`${datamart}/user_identifiers_association_declarations`, async (call) =>
        declareAssociation(datamartOf(context, call), await objectOf(context, call))
      )
      .post(`${datamart}/user_activities`, async (call) =>
        declareActivity(datamartOf(context, call), await objectOf(context, call))
      )
  )
}

const beginnings = ['everybody', 'now'] as const

const changeRoutes = (context: Context, streams: ChangeStreams): Hono<Env> => {
  const consumerOf = (asked: UserPointRequest['query']): string => {
    const consumer = asked('consumer')
    if (consumer === undefined) throw new Problem('BAD_REQUEST', 'consumer is missing')
    return consumer
  }
  const beginningOf = (asked: UserPointRequest['query']): (typeof beginnings)[number] => {
    const found = beginnings.find((each) => each === (asked('beginning') ?? 'everybody'))
    if (found === undefined) throw new Problem('BAD_REQUEST', 'beginning must be everybody or now')
    return found
  }
  const changes = '/v1/datamarts/:datamart/changes'
  return new Hono<Env>()
    .get(changes, async (call) => {
      const datamart = datamartOf(context, call)
      const asked = queryOf(call, 'consumer', 'beginning')
      // Some clients send an empty one before they have an event.
      const acknowledged = call.req.header('last-event-id') || undefined
      return streams.answer(datamart, {
        consumer: consumerOf(asked),
        beginning: beginningOf(asked),
        ...(acknowledged !== undefined && { acknowledged }),
        hasBody: call.req.raw.method === 'GET'
      })
    })
    .delete(changes, async (call) => forgetConsumer(datamartOf(context, call), consumerOf(queryOf(call, 'consumer'))))
}

/** Paths of the receipts of erasures, and of the list of what is suppressed. */
const receiptRoutes = (context: Context): Hono<Env> => {
  const strictly = (call: Call, ...names: ReadonlyArray<string>) => ({
    datamart: datamartOf(context, call),
    query: queryOf(call, ...names)
  })
  const receipts = '/v1/datamarts/:datamart/receipts'
  return new Hono<Env>()
    .get(receipts, async (call) => listReceipts(strictly(call, 'first_result', 'max_results')))
    .get('/v1/datamarts/:datamart/suppressions', async (call) =>
      listSuppressions(strictly(call, 'first_result', 'max_results'))
    )
    .get(`${receipts}/head`, async (call) => getHead(strictly(call).datamart))
    .get(`${receipts}/:receipt`, async (call) => getReceipt(strictly(call).datamart, pathOf(call, 'receipt')))
}

/** Paths about what a datamart is. */
const datamartRoutes = (context: Context): Hono<Env> =>
  new Hono<Env>()
    .get('/v1/datamarts', async (call) => listAnswer([openedBy(context, call)], query(call), ({ id }) => ({ id })))
    .get('/v1/datamarts/:datamart', async (call) => answer({ id: datamartOf(context, call).id }))
    .get('/v1/datamarts/:datamart/user_account_compartments', async (call) => {
      const { defaultCompartment, knownCompartments = [] } = datamartOf(context, call).engine.policies
      const ids = new Set([...(defaultCompartment === undefined ? [] : [defaultCompartment]), ...knownCompartments])
      return listAnswer([...ids], query(call), (id) => ({ id, default: id === defaultCompartment }))
    })
    // Registries have no realms here; the vendor's feeds filter by none then.
    .get('/v1/datamarts/:datamart/user_agent_identifier_realm_selections', async (call) => {
      datamartOf(context, call)
      return listAnswer([], query(call), (realm) => realm)
    })

export const mediarithmicsRoutes = (
  context: Context,
  { executions, streams }: { readonly executions: Executions; readonly streams: ChangeStreams },
  newNumber: NumberSource
): Hono<Env> =>
  new Hono<Env>()
    .route('/', changeRoutes(context, streams))
    .route('/', datamartRoutes(context))
    .route('/', importRoutes(context, executions, newNumber))
    .route('/', userPointRoutes(context))
    .route('/', receiptRoutes(context))
