/** mediarithmics' paths; docs/http.md lists them. */
import type { JsonObject } from '@userpoint/core'
import { parseBody } from '@userpoint/core/insider'
import { type Context as HonoContext, Hono } from 'hono'
import { isEncoded, mediaTypeOf, readBody, readPieces } from '../body.ts'
import type { Context, Datamart } from '../context.ts'
import type { Env } from '../env.ts'
import {
  type DocumentImport,
  documentImportIds,
  findDocumentImport,
  keepDocumentImport,
  readDocumentImport
} from './document-import.ts'
import { answer, listAnswer, Problem } from './envelope.ts'
import type { Executions } from './executions.ts'
import {
  deleteDocument,
  deleteUserPoint,
  getDocument,
  getUserPoint,
  isUserPointDocument,
  listDocuments,
  putDocument,
  type UserPointDocument,
  type UserPointRequest
} from './user-points.ts'

type Call = HonoContext<Env>

const pathOf = (call: Call, name: string): string => {
  const value = call.req.param(name)
  // Hono does not decode an invalid escape; no resource has such a name.
  if (value === undefined) throw new Problem('NOT_FOUND')
  return value
}

/** Returns the token of the `Authorization` header: alone, or after `api:` or `Bearer`. */
const tokenOf = (call: Call): string => (call.req.header('authorization') ?? '').replace(/^(api:|Bearer )/, '')

const needType = (call: Call, types: ReadonlySet<string>): void => {
  if (!types.has(mediaTypeOf(call.req.raw))) throw new Problem('UNSUPPORTED_MEDIA_TYPE')
  if (isEncoded(call.req.raw)) throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'a content encoding is not supported')
}

const decodeUtf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

const objectTypes: ReadonlySet<string> = new Set(['application/json'])

const objectOf = async (call: Call, { limits }: Context): Promise<JsonObject> => {
  needType(call, objectTypes)
  const parsed = parseBody(await readBody(call.req.raw, limits.bodyBytes, limits.idleMilliseconds), decodeUtf8)
  if (parsed._tag === 'Left') {
    const { code, message } = parsed.left
    if (code === 'BAD_NUMBER' || code === 'DUPLICATE_KEY') throw new Problem('REJECTED', `${code}: ${message}`)
    throw new Problem('BAD_REQUEST', 'the body is not valid JSON')
  }
  const value = parsed.right
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem('BAD_REQUEST', 'the body must be a JSON object')
  return value as JsonObject
}

const uploadTypes: ReadonlySet<string> = new Set(['application/x-ndjson', 'application/ndjson'])

export const mediarithmicsRoutes = (context: Context, executions: Executions, newNumber: () => string): Hono<Env> => {
  const { access, datamarts, spool, limits, clock } = context

  /** Returns the datamart of the path. @throws Problem if the token does not open it, whether it exists or not. */
  const datamartOf = (call: Call): Datamart => {
    const token = tokenOf(call)
    const opened = token === '' ? undefined : access.datamartOf(token)
    if (opened === undefined) throw new Problem('UNAUTHORIZED')
    const datamart = datamarts.get(opened)
    if (datamart === undefined || pathOf(call, 'datamart') !== opened) throw new Problem('FORBIDDEN')
    call.set('datamart', opened)
    return datamart
  }

  const known = /^[0-9]{1,40}$/

  const importOf = async (call: Call, datamart: Datamart): Promise<DocumentImport> => {
    const id = pathOf(call, 'import')
    const found = known.test(id) ? await findDocumentImport(spool, datamart.id, id) : undefined
    if (found === undefined) throw new Problem('NOT_FOUND')
    return found
  }

  const executionIdOf = (call: Call): string => {
    const id = pathOf(call, 'execution')
    if (!known.test(id)) throw new Problem('NOT_FOUND')
    return id
  }

  const there = <A>(found: A | undefined): A => {
    if (found === undefined) throw new Problem('NOT_FOUND')
    return found
  }

  const userPointOf = (call: Call): UserPointRequest => ({
    datamart: datamartOf(call),
    selector: pathOf(call, 'selector'),
    query: (name) => call.req.query(name)
  })

  const documentOf = (call: Call): UserPointDocument => {
    const name = pathOf(call, 'document')
    if (!isUserPointDocument(name)) throw new Problem('NOT_FOUND')
    return name
  }

  const partsOf = (call: Call): ReadonlyArray<string> => {
    const account = call.req.param('account')
    return [pathOf(call, 'item'), ...(account === undefined ? [] : [account])]
  }

  const imports = '/v1/datamarts/:datamart/document_imports'
  const oneImport = `${imports}/:import`
  const oneExecution = `${oneImport}/executions/:execution`
  const userPoint = '/v1/datamarts/:datamart/user_points/:selector'
  const oneDocument = `${userPoint}/:document/:item`

  const cancel = async (call: Call): Promise<Response> => {
    const datamart = datamartOf(call)
    const documentImport = await importOf(call, datamart)
    const { action } = await objectOf(call, context)
    if (action !== 'CANCEL') throw new Problem('BAD_REQUEST', 'the only action is CANCEL')
    return answer(there(await executions.cancel(datamart, documentImport, executionIdOf(call))))
  }

  const get = async (call: Call): Promise<Response> => getDocument(userPointOf(call), documentOf(call), partsOf(call))
  const put = async (call: Call): Promise<Response> => {
    const request = userPointOf(call)
    return putDocument(request, documentOf(call), partsOf(call), await objectOf(call, context))
  }
  const remove = async (call: Call): Promise<Response> =>
    deleteDocument(userPointOf(call), documentOf(call), partsOf(call))

  return new Hono<Env>()
    .post(imports, async (call) => {
      const datamart = datamartOf(call)
      const asked = readDocumentImport(await objectOf(call, context))
      const documentImport = { id: newNumber(), datamart_id: datamart.id, ...asked, creation_date: clock() }
      await keepDocumentImport(spool, documentImport)
      return answer(documentImport)
    })
    .get(imports, async (call) => {
      const { id: datamart } = datamartOf(call)
      return listAnswer(
        await documentImportIds(spool, datamart),
        (name) => call.req.query(name),
        (id) => findDocumentImport(spool, datamart, id)
      )
    })
    .get(oneImport, async (call) => answer(await importOf(call, datamartOf(call))))
    .post(`${oneImport}/executions`, async (call) => {
      const datamart = datamartOf(call)
      const documentImport = await importOf(call, datamart)
      needType(call, uploadTypes)
      const pieces = readPieces(call.req.raw, limits.uploadBytes, limits.idleMilliseconds)
      return answer(await executions.create(datamart, documentImport, pieces))
    })
    .get(`${oneImport}/executions`, async (call) => {
      const datamart = datamartOf(call)
      const documentImport = await importOf(call, datamart)
      return listAnswer(
        await executions.ids(datamart, documentImport),
        (name) => call.req.query(name),
        (id) => executions.find(datamart, documentImport, id)
      )
    })
    .get(oneExecution, async (call) => {
      const datamart = datamartOf(call)
      return answer(there(await executions.find(datamart, await importOf(call, datamart), executionIdOf(call))))
    })
    .put(`${oneExecution}/actions`, cancel)
    .post(`${oneExecution}/actions`, cancel)
    .get(`${oneExecution}/errors`, async (call) => {
      const datamart = datamartOf(call)
      const lines = there(await executions.errors(datamart, await importOf(call, datamart), executionIdOf(call)))
      return new Response(ReadableStream.from(lines), { headers: { 'content-type': 'application/x-ndjson' } })
    })
    .get(userPoint, async (call) => getUserPoint(userPointOf(call)))
    .delete(userPoint, async (call) => deleteUserPoint(userPointOf(call)))
    .get(`${userPoint}/:document`, async (call) => listDocuments(userPointOf(call), documentOf(call)))
    .get(oneDocument, get)
    .put(oneDocument, put)
    .delete(oneDocument, remove)
    .get(`${oneDocument}/:account`, get)
    .put(`${oneDocument}/:account`, put)
    .delete(`${oneDocument}/:account`, remove)
}
