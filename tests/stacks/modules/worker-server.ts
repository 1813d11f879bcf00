/** The HTTP interfaces in a worker, which ends what a request began unless `waitUntil` is given it. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createHandler, sha256Of } from '@userpoint/http'

const token = 'a token of the stacks'
const work: Array<Promise<unknown>> = []
const handle = createHandler({
  datamarts: { '1162': { repository: createMemoryRepository() } },
  tokens: [{ sha256: sha256Of(token), datamart: '1162' }],
  spool: 'store',
  clock: Date.now,
  newId: () => crypto.randomUUID()
})

interface Data {
  readonly id: string
  readonly status: string
}

const call = async (path: string, type?: string, body?: string | Uint8Array<ArrayBuffer>): Promise<Data> => {
  const request = new Request(`http://shop/v1/datamarts/1162/document_imports${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: token, ...(type !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body })
  })
  const answer = await handle(request, { waitUntil: (promise) => void work.push(promise) })
  return ((await answer.json()) as { data: Data }).data
}

const zipped = async (text: string): Promise<Uint8Array<ArrayBuffer>> => {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

export default {
  async test(): Promise<void> {
    const asked = { document_type: 'USER_PROFILE', mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'a' }
    const { id } = await call('', 'application/json', JSON.stringify(asked))
    const line = '{"operation":"UPSERT","email_hash":"a","force_replace":true,"user_profile":{}}\n'
    const sent = await call(`/${id}/executions`, 'application/x-ndjson', await zipped(line.repeat(2_000)))
    await Promise.all(work)
    const { status } = await call(`/${id}/executions/${sent.id}`)
    console.log(`${sent.status}, then ${status}`)
  }
}
