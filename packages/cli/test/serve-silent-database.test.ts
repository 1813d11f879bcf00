// Slow: a server waits for a database that does not answer.
import { randomUUID } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { createFolder, type Folder, upsert } from './program.ts'
import { type RunningServer, secret, settingsText, startServer } from './server.ts'

let folder: Folder
let admin: pg.Client
let database: string
let proxy: Server
let isSilent: boolean
let sockets: Set<Socket>
let server: RunningServer | undefined

beforeEach(async () => {
  folder = createFolder()
  admin = new pg.Client({ connectionString: inject('postgres') })
  await admin.connect()
  database = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  await admin.query(`create database ${database}`)
  isSilent = false
  sockets = new Set()
  const { hostname: host, port } = new URL(inject('postgres'))
  proxy = createServer((client) => {
    const upstream = connect({ host, port: Number(port) })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client]
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => (isSilent ? undefined : to.write(bytes)))
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await server?.end('SIGKILL')
  for (const socket of sockets) socket.destroy()
  proxy.close()
  await admin.query(`drop database ${database} with (force)`)
  await admin.end()
  folder.remove()
})

const start = async (...more: ReadonlyArray<string>): Promise<RunningServer> => {
  const url = new URL(inject('postgres'))
  url.port = String((proxy.address() as AddressInfo).port)
  url.pathname = database
  const config = folder.write('userpoint.json', settingsText())
  server = await startServer(['--config', config, '--store', url.href, ...more], folder.path('.'))
  return server
}

const post = async ({ fetch }: RunningServer, path: string, type: string, body: string): Promise<string> => {
  const headers = { authorization: secret, 'content-type': type }
  const response = await fetch(path, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  return ((await response.json()) as { data: { id: string } }).data.id
}

it.each(['userpoint.spool', 'store:'])(
  'ends in time after SIGTERM while the database is silent (%s)',
  async (spool) => {
    const running = await start('--spool', spool, '--stop-timeout', '3')
    const description = {
      document_type: 'USER_PROFILE',
      mime_type: 'APPLICATION_X_NDJSON',
      encoding: 'utf-8',
      name: 'x'
    }
    const imports = '/v1/datamarts/1162/document_imports'
    const id = await post(running, imports, 'application/json', JSON.stringify(description))
    const lines = Array.from({ length: 20_000 }, (_, n) => `${JSON.stringify(upsert(`h${n}`, { n }))}\n`).join('')
    await post(running, `${imports}/${id}/executions`, 'application/x-ndjson', lines)
    isSilent = true
    void running
      .fetch('/v1/datamarts/1162/user_points/email_hash=h1', { headers: { authorization: secret } })
      .catch(() => undefined)
    const ready = await running.fetch('/readyz')
    expect([ready.status, await ready.json()]).toEqual([503, expect.objectContaining({ status: 'not_ready' })])
    expect((await running.fetch('/healthz')).status).toBe(200)
    const startedAt = performance.now()
    const { code, signal } = await running.end('SIGTERM')
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect([code, signal]).toEqual([1, null])
    expect(running.stderr()).toContain(
      'userpoint: stopping took more than 3 s; the next start continues what is unfinished'
    )
  }
)

it('takes requests again on a new connection, once the database answers', async () => {
  const running = await start()
  isSilent = true
  expect((await running.fetch('/readyz')).status).toBe(503)
  isSilent = false
  for (const socket of sockets) socket.destroy()
  while ((await running.fetch('/readyz')).status !== 200) await pause(100)
  const { code } = await running.end('SIGTERM')
  expect(code).toBe(0)
})
