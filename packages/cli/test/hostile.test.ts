/** Malformed requests, byte by byte: the server answers or closes the connection, and keeps running. */
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFolder, type Folder } from './program.ts'
import { type RunningServer, secret, settingsText, startServer } from './server.ts'

let folder: Folder
let server: RunningServer

beforeAll(async () => {
  folder = createFolder()
  const settings = folder.write('userpoint.json', settingsText())
  const args = ['--config', settings, '--store', 'memory:', '--spool', folder.path('spool')]
  server = await startServer(args, folder.path('.'))
}, 60_000)
afterAll(async () => {
  await server.end('SIGKILL')
  folder.remove()
})

const statusesOf = (text: string): ReadonlyArray<number> =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)).filter((status) => status !== 100)

/** Returns the response bytes until the server closes the connection, or has sent `least` answers and then nothing for a while. */
const answersTo = (bytes: string, least = 0): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    const parts: string[] = []
    const quiet = setTimeout(() => {
      if (statusesOf(parts.join('')).length >= least) socket.destroy()
      else quiet.refresh()
    }, 400)
    socket.setEncoding('latin1').on('data', (part) => {
      parts.push(String(part))
      quiet.refresh()
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      clearTimeout(quiet)
      resolve(parts.join(''))
    })
    socket.write(Buffer.from(bytes, 'latin1'))
  })

const path = '/v1/datamarts/1162/document_imports'
const head = (line: string, ...headers: ReadonlyArray<string>): string =>
  `${[`${line} HTTP/1.1`, 'host: x', `authorization: ${secret}`, 'content-type: application/json', ...headers].join('\r\n')}\r\n\r\n`
const alive = 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'

const requests: ReadonlyArray<readonly [title: string, bytes: string, statuses: ReadonlyArray<number>]> = [
  ['a path that leads up', head('GET /v1/datamarts/1162/../7/document_imports'), [403]],
  ['one that does so encoded', head('GET /v1/datamarts/1162/%2e%2e/7/document_imports'), [403]],
  ['an encoded slash, which is a part of the datamart', head('GET /v1/datamarts/1162%2Fdocument_imports'), [403]],
  ['two slashes', head(`GET /${path}`), [404]],
  ['backslashes', head('GET /v1\\datamarts\\1162'), [400]],
  ['an address of another host', head(`GET http://elsewhere${path}`), [200]],
  ['an invalid address', head('GET http://[elsewhere/'), [400]],
  ['an invalid escape', head('GET /v1/datamarts/1162/user_points/email_hash=%zz'), [400]],
  ['NUL in a path', head('GET /v1/datamarts/1162/user_points/email_hash=%00'), [400]],
  ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', [400]],
  ['no host in the older protocol, as balancers ask', 'GET /healthz HTTP/1.0\r\n\r\n', [200]],
  ['two hosts', `GET /healthz HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n${alive}`, [400]],
  ['one host twice', `GET /healthz HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n${alive}`, [400]],
  ['an invalid host', 'GET /healthz HTTP/1.1\r\nhost: a b/../\r\n\r\n', [400]],
  ['headers of 100,000 bytes', head('GET /healthz', `x-a: ${'a'.repeat(100_000)}`), [431]],
  ['thousands of headers', head('GET /healthz', ...Array.from({ length: 3_000 }, (_, i) => `x-${i}: 1`)), [431]],
  ['a path of 20,000 bytes', head(`GET /${'a'.repeat(20_000)}`), [431]],
  ['two tokens', head(`GET ${path}`, 'authorization: other'), [401]],
  ['two lengths', head(`POST ${path}`, 'content-length: 2', 'content-length: 3'), [400]],
  ['a length and chunks', head(`POST ${path}`, 'content-length: 4', 'transfer-encoding: chunked'), [400]],
  ['a length below zero', head(`POST ${path}`, 'content-length: -1'), [400]],
  ['an invalid chunk', `${head(`POST ${path}`, 'transfer-encoding: chunked')}zz\r\n`, [400]],
  ['an expectation', `${head(`POST ${path}`, 'expect: 100-continue', 'content-length: 2')}{}`, [400]],
  ['an expectation of cake', head(`POST ${path}`, 'expect: cake', 'content-length: 0'), [417]],
  ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', [400]],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['CONNECT', 'CONNECT elsewhere:80 HTTP/1.1\r\nhost: x\r\n\r\n', []],
  ['OPTIONS', head(`OPTIONS ${path}`), [204]],
  ['TRACE', head(`TRACE ${path}`), [405]],
  ['HEAD', head(`HEAD ${path}`), [200]],
  [
    'a request after one without a token',
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc${alive}`,
    [401, 200]
  ],
  ['a request after one that is refused', `${head(`POST ${path}`, 'content-length: 1')}{${alive}`, [400, 200]],
  ['requests in one go', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(4) + alive, [200, 200, 200, 200, 200]]
]

describe('a server', () => {
  it.each(requests)('answers %s, and keeps running', async (_, bytes, statuses) => {
    expect(statusesOf(await answersTo(bytes, statuses.length))).toEqual(statuses)
    expect((await server.fetch('/healthz')).status).toBe(200)
  })

  it('answers HEAD with the headers of GET', async () => {
    const headersOf = async (method: string): Promise<ReadonlyArray<string>> => {
      const text = await answersTo(`${method} /healthz HTTP/1.1\r\nhost: x\r\nx-request-id: the-same-id\r\n\r\n`, 1)
      const [lines = ''] = text.split('\r\n\r\n')
      return lines.split('\r\n').filter((line) => !/^(date|content-length|transfer-encoding):/i.test(line))
    }
    const [ofHead, ofGet] = [await headersOf('HEAD'), await headersOf('GET')]
    expect(ofGet).toContain('cache-control: no-store')
    expect([...ofHead].sort()).toEqual([...ofGet].sort())
  })

  it('closes the connection if a body exceeds the limit, and keeps running', async () => {
    const body = 'x'.repeat(3_000_000)
    const said = await answersTo(head(`POST ${path}`, `content-length: ${body.length}`) + body + alive)
    expect(statusesOf(said)[0]).toBe(413)
    expect((await server.fetch('/healthz')).status).toBe(200)
  })

  it('answers truncated and corrupted requests without a 5xx, and logs nothing of their content', async () => {
    const personal = 'personal-value'
    const whole = fc.constantFrom(
      `${head('POST /api/user/v1/upsert', 'x-partner-name: mybrand', `x-request-token: ${secret}`, 'content-length: 40')}{"users":[{"identifiers":{"uuid":"${personal}"}`,
      `${head(`POST ${path}`, 'transfer-encoding: chunked')}5\r\n{"a":\r\n10\r\n"${personal}"}\r\n0\r\n\r\n`,
      head(`GET /v1/datamarts/1162/user_points/email_hash=${personal}?${personal}=1`),
      head(`DELETE /v1/datamarts/1162/user_points/${personal}`, `x-request-id: ${personal}!`)
    )
    const edit = fc.record({
      at: fc.nat(400),
      remove: fc.nat(30),
      insert: fc.string({ unit: 'binary', maxLength: 10 })
    })
    await fc.assert(
      fc.asyncProperty(whole, fc.array(edit, { maxLength: 3 }), async (text, edits) => {
        const bytes = edits.reduce((before, { at, remove, insert }) => {
          return before.slice(0, at) + insert + before.slice(at + remove)
        }, text)
        const said = await answersTo(bytes + alive)
        return statusesOf(said).every((status) => status < 500) && !said.includes(personal)
      }),
      { numRuns: 200, seed: 1 }
    )
    expect((await server.fetch('/healthz')).status).toBe(200)
    for (const told of [server.stdout(), server.stderr()]) {
      expect(told).not.toContain(personal)
      expect(told).not.toContain(secret)
    }
    expect(server.stderr()).toMatch(/^userpoint: listening on \S+\n$/)
  }, 120_000)
})
