/** The paths of document imports, their executions, and the files of these. */
import { Hono } from 'hono'
import type { Context, Datamart } from '../context.ts'
import type { Env } from '../env.ts'
import type { SpoolLease } from '../spool.ts'
import { type Call, datamartOf, keyOf, objectOf, openedBy, pathOf } from './call.ts'
import {
  changedDocumentImport,
  type DocumentImport,
  documentImportKey,
  findDocumentImport,
  findDocumentImports,
  soundDocumentImport,
  keepDocumentImport,
  readDocumentImport,
  shownDocumentImport
} from './document-import.ts'
import { answer, listAnswer, Problem } from './envelope.ts'
import type { ExecutionFile, Executions } from './executions.ts'
import type { NumberSource } from './number-source.ts'
import { openUpload } from './upload.ts'

const known = /^[0-9]{1,16}$/

/** The address of a file of an execution, as results name it. */
const fileUri =
  /^\/v1\/datamarts\/([\w-]{1,64})\/document_imports\/([0-9]{1,16})\/executions\/([0-9]{1,16})\/(\w{1,10})$/

const there = <A>(found: A | undefined): A => {
  if (found === undefined) throw new Problem('NOT_FOUND')
  return found
}

const isFile = (name: string): name is ExecutionFile => name === 'input' || name === 'errors' || name === 'verdicts'

const verdictsOf = (call: Call): 'all' | undefined => {
  const asked = call.req.query('verdicts')
  if (asked !== undefined && asked !== 'all') throw new Problem('BAD_REQUEST', 'verdicts can only be all')
  return asked
}

/** Routes on document imports, with what they share. */
class ImportCalls {
  readonly #context: Context
  readonly #executions: Executions
  readonly #newNumber: NumberSource

  constructor(context: Context, executions: Executions, newNumber: NumberSource) {
    this.#context = context
    this.#executions = executions
    this.#newNumber = newNumber
  }

  readonly create = async (call: Call): Promise<Response> => {
    const { spool, clock } = this.#context
    const { id: datamart_id } = datamartOf(this.#context, call)
    const asked = readDocumentImport(await objectOf(this.#context, call))
    let lease: SpoolLease | undefined
    const id = await this.#newNumber(async (number) => {
      // Another server may take the same number at the same time.
      lease = await spool.lease?.(documentImportKey(datamart_id, number))
      if (spool.lease !== undefined && lease === undefined) return true
      const isTaken = (await findDocumentImport(spool, datamart_id, number)) !== undefined
      if (isTaken) await lease?.release()
      return isTaken
    })
    const documentImport = { id, datamart_id, ...asked, creation_date: clock() }
    await keepDocumentImport(lease ?? spool, documentImport)
    await lease?.release().catch(() => undefined)
    return answer(shownDocumentImport(documentImport))
  }

  readonly list = async (call: Call): Promise<Response> => {
    const { id } = datamartOf(this.#context, call)
    const found = await findDocumentImports(this.#context, id, call.req.query('keywords') ?? '')
    return listAnswer(found, (name) => call.req.query(name), shownDocumentImport)
  }

  readonly get = async (call: Call): Promise<Response> => answer(shownDocumentImport((await this.#placeOf(call))[1]))

  readonly change = async (call: Call): Promise<Response> => {
    const [, documentImport] = await this.#placeOf(call)
    const changed = changedDocumentImport(documentImport, await objectOf(this.#context, call))
    await keepDocumentImport(this.#context.spool, changed)
    return answer(shownDocumentImport(changed))
  }

  readonly remove = async (call: Call): Promise<Response> => {
    const [datamart, documentImport] = await this.#placeOf(call)
    await this.#executions.removeImport(datamart, documentImport)
    return answer(shownDocumentImport(documentImport))
  }

  readonly upload = async (call: Call): Promise<Response> => {
    const [datamart, documentImport] = await this.#placeOf(call)
    const asked = { verdicts: verdictsOf(call), key: keyOf(call) }
    const { maxLineLength } = datamart.engine.bounds
    const upload = openUpload(call.req.raw, documentImport, datamart, maxLineLength)
    return answer(await this.#executions.create(datamart, documentImport, { ...upload, ...asked }))
  }

  readonly listExecutions = async (call: Call): Promise<Response> => {
    const [datamart, documentImport] = await this.#placeOf(call)
    return listAnswer(
      await this.#executions.ids(datamart, documentImport),
      (name) => call.req.query(name),
      (id) => this.#executions.find(datamart, documentImport, id)
    )
  }

  readonly getExecution = async (call: Call): Promise<Response> => {
    const [datamart, documentImport] = await this.#placeOf(call)
    return answer(there(await this.#executions.find(datamart, documentImport, this.#executionOf(call))))
  }

  readonly act = async (call: Call): Promise<Response> => {
    const [datamart, documentImport] = await this.#placeOf(call)
    const { action } = await objectOf(this.#context, call)
    if (action !== 'CANCEL') throw new Problem('BAD_REQUEST', 'the only action is CANCEL')
    return answer(there(await this.#executions.cancel(datamart, documentImport, this.#executionOf(call))))
  }

  readonly file =
    (name: ExecutionFile) =>
    async (call: Call): Promise<Response> => {
      const [datamart, documentImport] = await this.#placeOf(call)
      return this.#fileAnswer(datamart, documentImport, this.#executionOf(call), name)
    }

  /** Answers with the file that an address names, as the vendor's console asks for it: with the token in the query. */
  readonly fileByUri = async (call: Call): Promise<Response> => {
    const datamart = openedBy(this.#context, call, call.req.query('access_token'))
    const [, owner, documentImport = '', execution = '', name = ''] = fileUri.exec(call.req.query('uri') ?? '') ?? []
    if (owner !== undefined && owner !== datamart.id) throw new Problem('FORBIDDEN')
    if (!isFile(name)) throw new Problem('NOT_FOUND')
    const found = there(await soundDocumentImport(this.#context, datamart.id, documentImport))
    return this.#fileAnswer(datamart, found, execution, name)
  }

  async #fileAnswer(
    datamart: Datamart,
    documentImport: DocumentImport,
    execution: string,
    name: ExecutionFile
  ): Promise<Response> {
    const lines = there(await this.#executions.file(datamart, documentImport, execution, name))
    return new Response(ReadableStream.from(lines), { headers: { 'content-type': 'application/x-ndjson' } })
  }

  async #placeOf(call: Call): Promise<readonly [Datamart, DocumentImport]> {
    const datamart = datamartOf(this.#context, call)
    const id = pathOf(call, 'import')
    const found = known.test(id) ? await soundDocumentImport(this.#context, datamart.id, id) : undefined
    return [datamart, there(found)]
  }

  #executionOf(call: Call): string {
    const id = pathOf(call, 'execution')
    if (!known.test(id)) throw new Problem('NOT_FOUND')
    return id
  }
}

export const importRoutes = (context: Context, executions: Executions, newNumber: NumberSource): Hono<Env> => {
  const calls = new ImportCalls(context, executions, newNumber)
  const imports = '/v1/datamarts/:datamart/document_imports'
  const oneImport = `${imports}/:import`
  const oneExecution = `${oneImport}/executions/:execution`
  return new Hono<Env>()
    .post(imports, calls.create)
    .get(imports, calls.list)
    .get(oneImport, calls.get)
    .put(oneImport, calls.change)
    .delete(oneImport, calls.remove)
    .post(`${oneImport}/executions`, calls.upload)
    .get(`${oneImport}/executions`, calls.listExecutions)
    .get(oneExecution, calls.getExecution)
    .put(`${oneExecution}/actions`, calls.act)
    .post(`${oneExecution}/actions`, calls.act)
    .put(`${oneExecution}/action`, calls.act)
    .post(`${oneExecution}/action`, calls.act)
    .get(`${oneExecution}/input`, calls.file('input'))
    .get(`${oneExecution}/errors`, calls.file('errors'))
    .get(`${oneExecution}/verdicts`, calls.file('verdicts'))
    .get('/v1/data_file/data', calls.fileByUri)
}
