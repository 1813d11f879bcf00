// Slow: each test starts the server several times, and a server that stops waits ten seconds for uploads.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'
import { type RunningServer, secret, settingsText, startServer } from './server.ts'

let folder: Folder
let servers: RunningServer[]

beforeEach(() => {
  folder = createFolder()
  servers = []
})
afterEach(async () => {
  for (const server of servers) await server.end('SIGKILL')
  folder.remove()
})

const storeOf = (name = 'people.db'): string => `sqlite:${folder.path(name)}`

const start = async (store = storeOf()): Promise<RunningServer> => {
  const settings = folder.write('userpoint.json', settingsText({ limits: { requestsAtOnce: 300 } }))
  const spool = folder.path('people.db.spool')
  const server = await startServer(['--config', settings, '--store', store, '--spool', spool], folder.path('.'))
  servers.push(server)
  return server
}

const base = '/v1/datamarts/1162'

interface Data {
  readonly id: string
  readonly status: string
  readonly parameters: { readonly total_success: number; readonly total_failure: number }
  readonly result?: Record<string, unknown>
}

const dataOf = async (response: Response): Promise<Data> => ((await response.json()) as { data: Data }).data

const createImport = async ({ fetch }: RunningServer, type = 'USER_PROFILE'): Promise<string> => {
  const body = JSON.stringify({ document_type: type, mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'x' })
  const headers = { authorization: secret, 'content-type': 'application/json' }
  const { id } = await dataOf(await fetch(`${base}/document_imports`, { method: 'POST', headers, body }))
  return `${base}/document_imports/${id}/executions`
}

const upload = async (server: RunningServer, path: string, body: string): Promise<string> => {
  const headers = { authorization: secret, 'content-type': 'application/x-ndjson' }
  const { id } = await dataOf(await server.fetch(path, { method: 'POST', headers, body }))
  return `${path}/${id}`
}

const get = async ({ fetch }: RunningServer, path: string): Promise<Data> =>
  dataOf(await fetch(path, { headers: { authorization: secret } }))

const ended = async (server: RunningServer, path: string): Promise<Data> => {
  for (;;) {
    const execution = await get(server, path)
    if (['SUCCEEDED', 'FAILED', 'CANCELED'].includes(execution.status)) return execution
    await pause(10)
  }
}

/** Waits for more than `most` lines and returns their number, or `undefined` if the execution has finished. */
const progressed = async (server: RunningServer, path: string, beyond: number): Promise<number | undefined> => {
  for (;;) {
    const { status, parameters } = await get(server, path)
    const done = parameters.total_success + parameters.total_failure
    if (['SUCCEEDED', 'FAILED', 'CANCELED'].includes(status)) return undefined
    if (done > beyond) return done
    await pause(1)
  }
}

const uploadsLeft = (): ReadonlyArray<string> => {
  const uploads = join(folder.path('people.db.spool'), '1162', 'uploads')
  return existsSync(uploads) ? readdirSync(uploads) : []
}

/** Sends the head and a part of the body of an upload, then nothing. */
const beginUpload = async ({ url }: RunningServer, path: string, some: string, length = 1_000_000) => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${secret}\r\ncontent-type: application/x-ndjson\r\ncontent-length: ${length}\r\n\r\n`
  socket.write(head + some)
  return socket
}

/** Returns the answer on a connection, which may come in pieces. */
const answerOn = (socket: Socket): Promise<{ readonly head: string; readonly body: string }> =>
  new Promise((resolve) => {
    let text = ''
    socket.on('data', (part) => {
      text += String(part)
      const [head = '', body = ''] = text.split('\r\n\r\n')
      if (body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1])) resolve({ head, body })
    })
  })

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await pause(5)
}

const lines = (count: number): string =>
  Array.from({ length: count }, (_, i) =>
    i % 10 === 3
      ? '{"operation":"secret-operation"}\n'
      : `${JSON.stringify({ operation: 'UPSERT', email_hash: `secret-${i % 700}`, force_replace: false, merge_objects: true, user_profile: { seen: [i] } })}\n`
  ).join('')

describe('serve', () => {
  it('[L-30] killed with SIGKILL repeatedly, applies an upload exactly once, with the same error file', async () => {
    const text = lines(30_000)
    let server = await start()
    const clean = await upload(server, await createImport(server), text)
    expect(await ended(server, clean)).toMatchObject({
      status: 'SUCCEEDED',
      result: { total_success: 27_000, total_failure: 3_000 }
    })
    const errors = await (await server.fetch(`${clean}/errors`, { headers: { authorization: secret } })).text()
    const exported = async (store: string): Promise<string> =>
      parseLines((await userpoint(['export', '--store', store, '--datamart', '1162'])).stdout)
        .map(({ profiles }) => JSON.stringify((profiles as Array<{ seen: unknown }>).map(({ seen }) => seen)))
        .sort()
        .join('\n')
    expect((await server.end('SIGTERM')).code).toBe(0)
    const expected = await exported(storeOf())

    // Another store, which is empty; the spool still has the first upload, which has finished.
    const other = storeOf('other.db')
    server = await start(other)
    const killed = await upload(server, await createImport(server), text)
    // Each kill comes after this process has committed some lines, and before the last line.
    const doneAtKills: number[] = []
    while (doneAtKills.length < 4) {
      const done = await progressed(server, killed, doneAtKills.at(-1) ?? 0)
      if (done === undefined) break
      await server.end('SIGKILL')
      doneAtKills.push(done)
      server = await start(other)
    }
    expect(doneAtKills.length).toBeGreaterThan(1)
    expect(await ended(server, killed)).toMatchObject({
      status: 'SUCCEEDED',
      result: { total_success: 27_000, total_failure: 3_000 }
    })
    expect(await (await server.fetch(`${killed}/errors`, { headers: { authorization: secret } })).text()).toBe(errors)
    expect((await server.end('SIGTERM')).code).toBe(0)
    expect(await exported(other)).toBe(expected)
    // The uploaded content is deleted after it is applied.
    expect(uploadsLeft()).toEqual([])
  }, 240_000)

  it('stopped, finishes the current batch, exits with 0, and resumes at the next start', async () => {
    let server = await start()
    const path = await upload(server, await createImport(server), lines(30_000))
    while ((await get(server, path)).status === 'PENDING') await pause(2)
    const { code } = await server.end('SIGTERM')
    expect(code).toBe(0)
    expect(server.stderr()).toContain('stopping')
    server = await start()
    expect(await ended(server, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 27_000 } })
  }, 60_000)

  it('stopped while uploads arrive, answers the complete ones and discards the others', async () => {
    let server = await start()
    const path = await createImport(server)
    const [line, more] = [`${JSON.stringify(upsert('a'))}\n`, `${JSON.stringify(upsert('b'))}\n`]
    const whole = await beginUpload(server, path, line, line.length + more.length)
    const answered = answerOn(whole)
    const broken = await beginUpload(server, path, line)
    await until(() => uploadsLeft().length === 2)
    const stopped = server.end('SIGTERM')
    await until(() => server.stderr().includes('stopping'))
    whole.write(more)
    // Another request on this connection would be cut off when the time for open requests is over.
    expect((await answered).head).toMatch(/^HTTP\/1\.1 200 [^]*\r\nconnection: close/i)
    expect((await stopped).code).toBe(0)
    broken.destroy()
    expect(uploadsLeft()).toHaveLength(1)
    server = await start()
    const listed = (await (await server.fetch(path, { headers: { authorization: secret } })).json()) as { data: Data[] }
    expect(listed.data).toHaveLength(1)
    const [execution] = listed.data
    expect(await ended(server, `${path}/${execution?.id}`)).toMatchObject({ result: { total_success: 2 } })
    await until(() => uploadsLeft().length === 0)
  }, 60_000)

  it('killed with SIGKILL while an upload arrives, discards it at the next start', async () => {
    let server = await start()
    const path = await createImport(server)
    const socket = await beginUpload(server, path, lines(100))
    await until(() => uploadsLeft().length === 1)
    await server.end('SIGKILL')
    socket.destroy()
    expect(uploadsLeft()).toEqual([expect.stringMatching(/\.part$/)])
    server = await start()
    expect(uploadsLeft()).toEqual([])
    const listed = await server.fetch(path, { headers: { authorization: secret } })
    expect(await listed.json()).toMatchObject({ data: [], total: 0 })
  }, 60_000)

  it('ends a second server on the same spool with a code, and takes nothing from the first', async () => {
    const server = await start()
    const path = await createImport(server)
    const [line, more] = [`${JSON.stringify(upsert('a'))}\n`, `${JSON.stringify(upsert('b'))}\n`]
    const arriving = await beginUpload(server, path, line, line.length + more.length)
    await until(() => uploadsLeft().length === 1)
    const second = startServer(['--store', 'memory:', '--spool', folder.path('people.db.spool')], folder.path('.'))
    await expect(second).rejects.toThrow(/SPOOL_TAKEN/)
    expect(uploadsLeft()).toHaveLength(1)
    const answered = answerOn(arriving)
    arriving.write(more)
    const { data } = JSON.parse((await answered).body) as { data: Data }
    expect(await ended(server, `${path}/${data.id}`)).toMatchObject({ result: { total_success: 2 } })
    expect((await server.end('SIGTERM')).code).toBe(0)
  }, 60_000)

  it('answers while 200 uploads arrive slowly, and discards them when they break off', async () => {
    const server = await start()
    const path = await createImport(server)
    const sockets = await Promise.all(Array.from({ length: 200 }, () => beginUpload(server, path, '{"a":')))
    await until(() => uploadsLeft().length === 200)
    expect((await server.fetch('/healthz')).status).toBe(200)
    const whole = await upload(server, path, lines(10))
    expect(await ended(server, whole)).toMatchObject({ status: 'SUCCEEDED' })
    for (const socket of sockets) socket.destroy()
    await until(() => uploadsLeft().length === 0)
  }, 60_000)

  // Slow: the upload is applied twice, in part and to its end.
  it('takes 200 MB in less memory than that, killed with SIGKILL in the middle', async () => {
    let server = await start()
    // The peak memory of the process in kB, available only on Linux.
    const peak = (): number =>
      process.platform === 'linux'
        ? Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1])
        : 0
    const atStart = peak()
    const path = await createImport(server)
    const line = Buffer.from(`${JSON.stringify({ ...upsert('a', { note: 'x'.repeat(2_000) }) })}\n`.repeat(100))
    const pieces = Math.ceil(200_000_000 / line.length)
    const req = request(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: secret, 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' }
    })
    const answered = once(req, 'response')
    for (let n = 0; n < pieces; n++) if (!req.write(line)) await once(req, 'drain')
    req.end()
    const [response] = (await answered) as [IncomingMessage]
    const body: string[] = []
    for await (const part of response) body.push(String(part))
    expect(response.statusCode).toBe(200)
    const { data } = JSON.parse(body.join('')) as { data: Data }
    expect(await progressed(server, `${path}/${data.id}`, pieces * 10)).toBeLessThan(pieces * 100)
    expect(peak() - atStart).toBeLessThan(180_000)
    await server.end('SIGKILL')
    server = await start()
    expect(await ended(server, `${path}/${data.id}`)).toMatchObject({
      result: { total_success: pieces * 100, total_failure: 0 }
    })
    expect(peak() - atStart).toBeLessThan(180_000)
  }, 240_000)

  it('discards an upload that breaks off', async () => {
    const server = await start()
    const path = await createImport(server)
    const socket = await beginUpload(server, path, '{"a":')
    await until(() => uploadsLeft().length === 1)
    socket.destroy()
    await until(() => uploadsLeft().length === 0)
    const listed = await server.fetch(path, { headers: { authorization: secret } })
    expect(await listed.json()).toMatchObject({ data: [], total: 0 })
    expect((await server.fetch('/healthz')).status).toBe(200)
  }, 60_000)

  it('puts no personal data in its log, its errors and its counters', async () => {
    const server = await start()
    const path = await upload(server, await createImport(server), lines(50))
    await ended(server, path)
    const asked = async (where: string, init: RequestInit = {}): Promise<string> =>
      (
        await server.fetch(where, {
          ...init,
          headers: { authorization: secret, 'content-type': 'application/json', ...init.headers }
        })
      ).text()
    const said = [
      await asked(`${base}/user_points/secret-selector`),
      await asked(`${base}/user_points/user_agent_id=secret-agent`),
      await asked(`${base}/document_imports`, { method: 'POST', body: '{"document_type":"secret-type"}' }),
      await asked(`${base}/secret-path?secret-query=1`),
      await asked('/api/user/v1/upsert', {
        method: 'POST',
        body: '{"users":"secret"}',
        headers: { 'x-partner-name': 'secret-partner' }
      }),
      await asked(`${path}/errors`),
      await asked('/metrics')
    ].join('\n')
    await server.end('SIGTERM')
    for (const text of [said, server.stdout(), server.stderr()]) {
      expect(text).not.toMatch(/secret/)
      expect(text).not.toContain(secret)
    }
    const events = parseLines(server.stdout())
    expect(events.length).toBeGreaterThan(8)
    for (const event of events)
      expect(event).toMatchObject({ level: expect.any(Number), time: expect.stringMatching(/^\d{4}-/) })
  }, 60_000)

  it('keeps two datamarts in one store apart', async () => {
    const files = [
      folder.write('1162.json', settingsText({}, 'one')),
      folder.write('7.json', settingsText({ datamart: '7', partner: 'other' }, 'two'))
    ]
    const server = await startServer(['--config', ...files, '--store', storeOf()], folder.path('.'))
    servers.push(server)
    const asked = async (method: string, path: string, headers: Record<string, string>, body?: object) => {
      const sent = { method, headers: { ...headers, 'content-type': 'application/json' } }
      const response = await server.fetch(path, { ...sent, ...(body !== undefined && { body: JSON.stringify(body) }) })
      return [response.status, await response.text()] as const
    }
    const put = (datamart: string, authorization: string, city: string) => {
      const path = `/v1/datamarts/${datamart}/user_points/email_hash=a/user_profiles/compartment_id=1`
      return asked('PUT', path, { authorization }, { city })
    }
    expect((await put('1162', 'one', 'Paris'))[0]).toBe(200)
    expect((await put('7', 'one', 'Rome'))[0]).toBe(403)
    expect((await asked('GET', '/v1/datamarts/7/user_points/email_hash=a', { authorization: 'two' }))[0]).toBe(404)
    expect((await put('7', 'two', 'Lyon'))[0]).toBe(200)
    const seen = await asked('GET', '/v1/datamarts/1162/user_points/email_hash=a', { authorization: 'one' })
    expect(seen[1]).toContain('Paris')
    const partner = { 'x-partner-name': 'other', 'x-request-token': 'one' }
    expect((await asked('POST', '/api/user/v1/delete', partner, { identifiers: { uuid: 'u' } }))[0]).toBe(403)
    expect((await asked('DELETE', '/v1/datamarts/7/user_points/email_hash=a', { authorization: 'two' }))[0]).toBe(200)
    expect(await asked('GET', '/v1/datamarts/1162/user_points/email_hash=a', { authorization: 'one' })).toEqual(seen)
  }, 60_000)

  it('[B-03, A-48] takes identity settings for each datamart: custom identifiers, and the hash of addresses', async () => {
    const identity = {
      identifiers: [{ name: 'email' }, { name: 'card', custom: true }],
      emailHash: { algorithm: 'sha256', lowerCase: true }
    }
    const file = folder.write('userpoint.json', settingsText({ identity }))
    const server = await startServer(['--config', file, '--store', storeOf()], folder.path('.'))
    servers.push(server)
    const post = async (path: string, body: object) => {
      const headers = { 'x-partner-name': 'mybrand', 'x-request-token': secret, 'content-type': 'application/json' }
      const response = await server.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
      return response.json()
    }
    const identifiers = { email: 'Ada@example.org', custom: { card: '7' } }
    const users = [{ identifiers, attributes: { city: 'Lyon' } }]
    expect(await post('/api/user/v1/upsert', { users })).toEqual({ data: { successful: { count: 1 }, fail: {} } })
    const asked = { identifiers: { custom: { card: '7' } }, attributes: ['city'] }
    expect(await post('/api/user/v1/profile', asked)).toMatchObject({ attributes: { city: 'Lyon' } })
    const hash = createHash('sha256').update('ada@example.org').digest('hex')
    const path = `/v1/datamarts/1162/user_points/email_hash=${hash}`
    expect((await server.fetch(path, { headers: { authorization: secret } })).status).toBe(200)
  }, 60_000)

  it('without tokens, creates a token and prints it once', async () => {
    const server = await startServer(['--store', 'memory:', '--spool', folder.path('spool')], folder.path('.'))
    servers.push(server)
    const token = /token opens datamart default: (\S+)/.exec(server.stderr())?.[1]
    const path = '/v1/datamarts/default/document_imports'
    expect((await server.fetch(path, { headers: { authorization: String(token) } })).status).toBe(200)
    expect((await server.fetch(path, { headers: { authorization: 'other' } })).status).toBe(401)
  }, 60_000)

  it('prints no token if it cannot start', async () => {
    const absent = ['--store', `sqlite:${folder.path('absent/people.db')}`, '--spool', folder.path('spool')]
    const { code, stderr } = await userpoint(['serve', '--port', '0', ...absent])
    expect([code, stderr.split('\n').length]).toEqual([1, 2])
    expect(stderr).not.toContain('token')
  })

  it.each([
    ['no file', undefined, 1, 'cannot be read: no such file or folder (ENOENT)'],
    ['no JSON', '{', 2, 'line 1: expected JSON (NOT_JSON)'],
    ['a key twice', '{"partner":"a","partner":"b"}', 2, 'partner: expected each key once in an object (DUPLICATE_KEY)'],
    [
      'a token in clear',
      '{"tokens":[{"sha256":"secret"}]}',
      2,
      'tokens[0].sha256: expected the SHA-256 of a token: 64 hexadecimal digits (WRONG_VALUE)'
    ],
    ['a token as a name', '{"tokens":[{"secret":1}]}', 2, 'tokens[0]: expected sha256 alone (UNKNOWN_SETTING)'],
    ['a partner in capitals', '{"partner":"Secret"}', 2, 'partner: expected a name in lower case (WRONG_VALUE)'],
    [
      'a token twice',
      `{"tokens":[{"sha256":"${'a'.repeat(64)}"},{"sha256":"${'A'.repeat(64)}"}]}`,
      2,
      'tokens[1]: expected no element twice (REPEATED)'
    ],
    ['an invalid limit', '{"limits":{"uploadBytes":0}}', 2, 'limits.uploadBytes: expected a whole number from 1'],
    [
      'wrong identity settings',
      '{"identity":{"identifiers":[{"name":7}]}}',
      2,
      'identity.identifiers[0].name: expected text that is not empty (WRONG_TYPE)'
    ],
    ['an unknown name', '{"partners":"a"}', 2, 'partners: expected one of datamart, partner, policies,']
  ])('refuses settings with %s', async (_, text, code, message) => {
    const file = text === undefined ? folder.path('absent') : folder.write('userpoint.json', text)
    const refused = await userpoint(['serve', '--config', file, '--store', 'memory:', '--port', '0'])
    expect(refused.code).toBe(code)
    expect(refused.stderr).toContain(message)
    expect(refused.stderr.toLowerCase()).not.toContain('secret')
  })

  it.each([
    ['datamart', {}, { partner: 'other' }, 'other token'],
    ['partner', {}, { datamart: '7' }, 'other token'],
    ['token', {}, { datamart: '7', partner: 'other' }, secret]
  ])('refuses two files with the same %s', async (name, one, other, token) => {
    const files = [folder.write('1.json', settingsText(one)), folder.write('2.json', settingsText(other, token))]
    const refused = await userpoint(['serve', '--config', ...files, '--store', 'memory:', '--port', '0'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toBe(`userpoint: two files of settings have the same ${name}\n`)
  })

  it('[L-42] streams changes, and ends the streams when it is stopped', async () => {
    const settings = folder.write('fed.json', settingsText({ feed: { state: 'on' } }))
    const server = await startServer(['--config', settings, '--store', storeOf()], folder.path('.'))
    servers.push(server)
    const headers = { authorization: secret }
    const { body } = await server.fetch(`${base}/changes?consumer=mail`, { headers })
    await server.fetch(`${base}/user_points/email_hash=a1/user_profiles/compartment_id=0`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"city":"Paris"}'
    })
    let text = ''
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece
      if (text.includes('data: ')) void server.end('SIGTERM')
    }
    expect(text).toMatch(/\nid: \S+\ndata: \{"change_id":"\S+","what":"created"/)
  }, 60_000)

  it('refuses a body before its end, and answers the next request on the connection', async () => {
    const server = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const send = (method: string, path: string, body: string, more: object = {}): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: secret, 'content-type': 'application/json', ...more }
        const sent = request(`${server.url}${path}`, { method, agent, headers }, (answer) => {
          answer.resume().once('end', () => resolve([answer.statusCode, sent.reusedSocket]))
        })
        sent.once('error', reject).end(body)
      })
    const profile = `${base}/user_points/email_hash=a1/user_profiles/compartment_id=0`
    const tooLarge = `{"x":"${'x'.repeat(3_000_000)}"}`
    expect(await send('PUT', profile, tooLarge)).toEqual([413, false])
    expect(await send('GET', '/healthz', '')).toEqual([200, true])
    // The same without a declared length, and an upload of which only the beginning is looked at.
    expect(await send('PUT', profile, tooLarge, { 'transfer-encoding': 'chunked' })).toEqual([413, true])
    expect(await send('GET', '/healthz', '')).toEqual([200, true])
    const packed = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' }
    expect(await send('POST', await createImport(server), tooLarge, packed)).toEqual([400, true])
    expect(await send('GET', '/healthz', '')).toEqual([200, true])
    agent.destroy()
  }, 60_000)

  it('reports a port that is in use', async () => {
    const server = await start()
    const { port } = new URL(server.url)
    const refused = await userpoint(['serve', '--store', 'memory:', '--spool', folder.path('other'), '--port', port])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`cannot listen on port ${port}: the address is already in use (EADDRINUSE)`)
  }, 60_000)
})
