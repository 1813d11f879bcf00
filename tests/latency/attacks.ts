/** Requests that are hostile or heavy. Each runs until it is told to stop; the answers do not matter, the others' do. */
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { partner, token } from './running.ts'

export interface Attack {
  readonly name: string
  readonly run: (url: string, stop: AbortSignal) => Promise<void>
}

const insider = { 'x-partner-name': partner, 'x-request-token': token, 'content-type': 'application/json' }
const ndjson = { authorization: token, 'content-type': 'application/x-ndjson' }
const imports = '/v1/datamarts/heavy/document_imports'

/** Sends requests over so many connections, one after the other on each. */
const flood = (connections: number, send: (url: string, n: number) => Promise<Response>): Attack['run'] => {
  let n = 0
  const sender = async (url: string, stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      try {
        await (await send(url, n++)).arrayBuffer()
      } catch {
        // Refused in the middle of a body.
      }
      // A client that ignores Retry-After, but not its own processor.
      await pause(5)
    }
  }
  return async (url, stop) => {
    await Promise.all(Array.from({ length: connections }, () => sender(url, stop)))
  }
}

const post = (path: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>) => (url: string) =>
  fetch(url + path, { method: 'POST', headers, body })

const emailOf = (n: number): string => `person-${n}@example.org`
const user = (n: number, attributes: object) => ({ identifiers: { email: emailOf(n) }, attributes })
const thousand = Array.from({ length: 10 }, (_, block) =>
  JSON.stringify({
    users: Array.from({ length: 1_000 }, (__, i) => user(block * 1_000 + i, { a: block, b: 'text', c: i }))
  })
)
const wide = (values: number): string => `[${Array.from({ length: values }, (_, n) => `"${n}"`).join()}]`
const one = (value: string): string => `{"users":[{"identifiers":{"email":"a@b.c"},"attributes":{"a":${value}}}]}`
const escaped = JSON.stringify('\n"\\:'.repeat(600_000))

const line = (n: number, properties: object): string =>
  `${JSON.stringify({ operation: 'UPSERT', email_hash: `h${n}`, force_replace: false, merge_objects: true, user_profile: properties })}\n`

export const createImport = async (url: string): Promise<string> => {
  const asked = { document_type: 'USER_PROFILE', mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'suite' }
  const created = await fetch(url + imports, {
    method: 'POST',
    headers: { authorization: token, 'content-type': 'application/json' },
    body: JSON.stringify(asked)
  })
  const { data } = (await created.json()) as { data: { id: string } }
  return `${imports}/${data.id}/executions`
}

/** Sends an upload; returns the address of its execution. */
export const upload = async (url: string, body: string | Uint8Array<ArrayBuffer>): Promise<string> => {
  const path = await createImport(url)
  const sent = await fetch(url + path, { method: 'POST', headers: ndjson, body })
  const { data } = (await sent.json()) as { data: { id: string } }
  return `${url}${path}/${data.id}`
}

const uploads = (body: string | Uint8Array<ArrayBuffer>): Attack['run'] =>
  flood(2, async (url) => {
    const execution = await upload(url, body)
    for (;;) {
      const { data } = (await (await fetch(execution, { headers: ndjson })).json()) as { data: { status: string } }
      if (['SUCCEEDED', 'FAILED', 'CANCELED'].includes(data.status)) return new Response()
      await pause(50)
    }
  })

/** Returns lines of one upload: so many people, with some properties each. */
export const linesOf = (count: number, properties: object = { city: 'Lyon', n: 1 }): string =>
  Array.from({ length: count }, (_, n) => line(n, properties)).join('')

const manyValues = Array.from({ length: 8 }, (_, n) =>
  line(n, { list: Array.from({ length: 100_000 }, (__, i) => i) })
).join('')

/** Opens connections that send a header or a body a byte at a time. */
const slow: Attack['run'] = async (url, stop) => {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  const open = (head: string): void => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.on('connect', () => socket.write(head))
    sockets.push(socket)
  }
  for (let n = 0; n < 300; n++) open('GET /healthz HTTP/1.1\r\nhost: x\r\n')
  for (let n = 0; n < 100; n++)
    open(
      `POST /api/user/v1/upsert HTTP/1.1\r\nhost: x\r\nx-partner-name: ${partner}\r\nx-request-token: ${token}\r\n` +
        'content-type: application/json\r\ncontent-length: 4000000\r\n\r\n{'
    )
  while (!stop.aborted) {
    await pause(200)
    for (const socket of sockets) if (socket.writable) socket.write('x')
  }
  for (const socket of sockets) socket.destroy()
}

const read =
  (path: string, headers: Record<string, string> = {}) =>
  (url: string) =>
    fetch(url + path, { headers })
const upsert = '/api/user/v1/upsert'

export const attacks: ReadonlyArray<Attack> = [
  { name: 'nothing', run: async (_, stop) => void (await new Promise((done) => stop.addEventListener('abort', done))) },
  {
    name: '1,000 users a request, 16 connections',
    run: flood(16, (url, n) => post(upsert, insider, thousand[n % 10] ?? '')(url))
  },
  { name: '5,000,000 brackets', run: flood(4, post(upsert, insider, one('['.repeat(4_999_000)))) },
  {
    name: '1,600,000 empty arrays',
    run: flood(4, post('/api/user/v1/profile', insider, `[${'[],'.repeat(1_600_000)}0]`))
  },
  { name: 'one user with 140,000 values', run: flood(4, post(upsert, insider, one(wide(140_000)))) },
  { name: 'a text of 4,800,000 escapes', run: flood(4, post(upsert, insider, one(escaped))) },
  {
    name: 'an address of 500,000 characters',
    run: flood(4, post(upsert, insider, JSON.stringify({ users: [{ identifiers: { email: '@'.repeat(500_000) } }] })))
  },
  { name: 'slow headers and bodies, 400 connections', run: slow },
  { name: 'uploads of 50,000 lines', run: uploads(linesOf(50_000)) },
  { name: 'uploads of long lines, as gzip', run: uploads(new Uint8Array(gzipSync(manyValues))) },
  {
    name: 'the columns of all people',
    run: flood(8, post('/api/user/v3/metadata/columns', insider, '{"table":"contacts"}'))
  },
  {
    name: 'descriptions and lists',
    run: flood(16, (url, n) =>
      (n % 2 === 0
        ? read('/openapi.json')
        : read('/v1/datamarts/heavy/document_imports?max_results=1000', { authorization: token }))(url)
    )
  }
]
