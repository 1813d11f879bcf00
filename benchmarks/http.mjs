/**
 * Compares the server, under load and in turns, with one that only parses request bodies; and an upload with the
 * command line's import of the same file. Then checks that the store has the effect of every answered request.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { median } from './figures.mjs'
import { processorSeconds } from './process.mjs'
import { removeStore } from './store-files.mjs'
import { profileLine, workloadFile } from './workloads.mjs'

/**
 * @typedef {{ url: string, pid: number, end: () => Promise<void> }} Running
 * @typedef {{ rate: number, p99: number, cpu: number }} Measured
 */

const program = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
const token = 'a token of the benchmark'
const partner = 'mybrand'
const partnerHeaders = { 'x-partner-name': partner, 'x-request-token': token, 'content-type': 'application/json' }
const base = '/v1/datamarts/1162/document_imports'

/**
 * Starts a server, and waits until it prints its address. The rest of its output goes to a file, like a log.
 *
 * @param {ReadonlyArray<string>} args
 * @param {string} log
 * @returns {Promise<Running>}
 */
const start = async (args, log) => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', openSync(log, 'w'), 'pipe'] })
  const stderr = /** @type {import('node:stream').Readable} */ (child.stderr)
  // It comes after all that the server has said; the exit may come before.
  const closed = once(child, 'close')
  const url = await new Promise((resolve, reject) => {
    let said = ''
    stderr.setEncoding('utf8').on('data', (part) => {
      said += part
      const address = /listening on (http:\S+)/.exec(said)?.[1]
      if (address !== undefined) resolve(address)
    })
    void closed.then(() => reject(new Error(`a server has ended: ${said}`)), reject)
  })
  return {
    url,
    pid: child.pid ?? 0,
    end: async () => {
      child.kill('SIGTERM')
      await closed
    }
  }
}

/** Starts our server, without a rate limit. A spool belongs to one server at a time. */
const startOurs = (/** @type {string} */ folder, /** @type {string} */ store, spool = 'spool') => {
  const sha256 = createHash('sha256').update(token).digest('hex')
  const settings = {
    datamart: '1162',
    partner,
    tokens: [{ sha256 }],
    limits: { requestsPerMinute: 1_000_000_000 }
  }
  const file = join(folder, 'userpoint.json')
  writeFileSync(file, JSON.stringify(settings))
  const args = ['serve', '--port', '0', '--config', file, '--store', store, '--spool', join(folder, spool)]
  return start([program, ...args], join(folder, 'server.log'))
}

/**
 * Sends a request to a server, and returns the answer.
 *
 * @param {Running} server
 * @param {string} path
 * @param {RequestInit & { duplex?: 'half' }} init
 * @returns {Promise<any>}
 */
const ask = async ({ url }, path, init) => {
  const response = await fetch(url + path, init)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response.json()
}

const people = 10_000
const attributes = 10
const emailOf = (/** @type {number} */ person) => `person-${person}@example.org`

/** Gives all people all attributes. */
const fill = async (/** @type {Running} */ server) => {
  const all = Object.fromEntries(Array.from({ length: attributes }, (_, n) => [`a${n}`, n]))
  for (let from = 0; from < people; from += 1_000) {
    const users = Array.from({ length: 1_000 }, (_, i) => ({
      identifiers: { email: emailOf(from + i) },
      attributes: all
    }))
    const body = JSON.stringify({ users })
    await ask(server, '/api/user/v1/upsert', { method: 'POST', headers: partnerHeaders, body })
  }
}

/** Yields requests that each delete an attribute of some people, without repetition until all are deleted. */
const deletions = (/** @type {number} */ usersPerRequest) => {
  const blocks = people / usersPerRequest
  return Array.from({ length: blocks * attributes }, (_, n) => {
    const first = (n % blocks) * usersPerRequest
    const whole = [`a${Math.floor(n / blocks)}`]
    const users = Array.from({ length: usersPerRequest }, (__, i) => ({
      identifiers: { email: emailOf(first + i) },
      whole
    }))
    return { body: JSON.stringify({ users }), first, count: usersPerRequest, attribute: whole[0] ?? '' }
  })
}

/** Throws if an attribute is left although its deletion was answered, or missing although no request deleted it. */
const verify = async (
  /** @type {Running} */ server,
  /** @type {ReturnType<typeof deletions>} */ requests,
  /** @type {{ asked: Set<number>, answered: Set<number> }} */ { asked, answered }
) => {
  const [gone, untouched] = [new Map(), new Map()]
  for (const [n, { first, count, attribute }] of requests.entries()) {
    const place = answered.has(n) ? gone : asked.has(n) ? undefined : untouched
    for (let user = first; user < first + count; user++) place?.set(user, [...(place.get(user) ?? []), attribute])
  }
  for (let person = 0; person < people; person++) {
    const body = JSON.stringify({ identifiers: { email: emailOf(person) }, attributes: ['*'] })
    const found = await ask(server, '/api/user/v1/profile', { method: 'POST', headers: partnerHeaders, body })
    const has = (/** @type {string} */ name) => Object.hasOwn(found.attributes, name)
    if ((gone.get(person) ?? []).some(has)) throw new Error('an answered deletion is lost')
    if (!(untouched.get(person) ?? []).every(has))
      throw new Error('an attribute is missing although no request deleted it')
  }
}

/**
 * Sends requests for a while, over several connections.
 *
 * @param {Running} server
 * @param {{ path: string, headers: Record<string, string>, bodyOf: (n: number) => string, seconds: number, connections: number }} load
 * @param {{ asked: Set<number>, answered: Set<number> }} [seen] Is told which requests were sent, and which answered.
 * @returns {Promise<Measured>}
 */
const loaded = async ({ url, pid }, { path, headers, bodyOf, seconds, connections }, seen) => {
  let next = 0
  const before = processorSeconds(pid)
  const result = await autocannon({
    url: url + path,
    connections,
    duration: seconds,
    requests: [
      {
        method: 'POST',
        headers,
        setupRequest: (request, context) => {
          const n = next++
          Object.assign(context, { n })
          seen?.asked.add(n)
          return { ...request, body: bodyOf(n) }
        },
        onResponse: (status, _, context) => {
          if (status === 200) seen?.answered.add(/** @type {{ n: number }} */ (context).n)
        }
      }
    ]
  })
  const done = result['2xx']
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx + result.errors} requests failed`)
  return {
    rate: done / result.duration,
    p99: result.latency.p99,
    cpu: ((processorSeconds(pid) - before) / done) * 1e6
  }
}

const warmUps = 2

/**
 * Rows of both servers, and how many times as fast the first is as the second: the median over the rounds.
 *
 * @param {string} what
 * @param {ReadonlyArray<readonly [ours: Measured, bare: Measured]>} runs
 */
const rowsOf = (what, runs) => {
  const middle = (/** @type {0 | 1} */ who, /** @type {keyof Measured} */ unit) =>
    median(runs.map((run) => run[who][unit]))
  const row = (/** @type {0 | 1} */ who) => ({
    requests: what,
    server: who === 0 ? 'userpoint serve' : 'bare handler',
    'per second': middle(who, 'rate'),
    'p99 ms': middle(who, 'p99'),
    'cpu µs/request': middle(who, 'cpu')
  })
  return [
    {
      ...row(0),
      'is × as fast': median(runs.map(([ours, bare]) => ours.rate / bare.rate)),
      'in cpu time': median(runs.map(([ours, bare]) => bare.cpu / ours.cpu))
    },
    row(1)
  ]
}

/**
 * @param {Running} ours
 * @param {Running} bare
 * @param {{ usersPerRequest: number, rounds: number, seconds: number }} options
 */
const compareDeletions = async (ours, bare, { usersPerRequest, rounds, seconds }) => {
  const requests = deletions(usersPerRequest)
  const load = {
    path: '/api/user/v1/attribute/delete',
    headers: partnerHeaders,
    bodyOf: (/** @type {number} */ n) => requests[n % requests.length]?.body ?? '',
    seconds,
    connections: 16
  }
  /** @type {Array<readonly [Measured, Measured]>} */
  const runs = []
  for (let round = -warmUps; round < rounds; round++) {
    const seen = { asked: /** @type {Set<number>} */ (new Set()), answered: /** @type {Set<number>} */ (new Set()) }
    await fill(ours)
    const own = await loaded(ours, load, seen)
    const other = await loaded(bare, load)
    if (round >= 0) runs.push([own, other])
    if (round === rounds - 1) await verify(ours, requests, seen)
  }
  return rowsOf(`delete attribute, ${usersPerRequest} ${usersPerRequest === 1 ? 'user' : 'users'}`, runs)
}

const ndjsonHeaders = { authorization: token, 'content-type': 'application/x-ndjson' }

/** Creates a document import; returns the path of its executions. */
const createImport = async (/** @type {Running} */ server) => {
  const headers = { authorization: token, 'content-type': 'application/json' }
  const asked = {
    document_type: 'USER_PROFILE',
    mime_type: 'APPLICATION_X_NDJSON',
    encoding: 'utf-8',
    name: 'benchmark'
  }
  const { data } = await ask(server, base, { method: 'POST', headers, body: JSON.stringify(asked) })
  return `${base}/${data.id}/executions`
}

const settled = async (/** @type {Running} */ server, /** @type {string} */ path) => {
  for (;;) {
    const { data } = await ask(server, path, { headers: ndjsonHeaders })
    if (data.status === 'SUCCEEDED') return data
    if (data.status === 'FAILED') throw new Error('an execution has failed')
    await pause(20)
  }
}

const linesPerUpload = 100

/**
 * Sends small uploads, which the server stores on disk before it answers.
 *
 * @param {Running} ours
 * @param {Running} bare
 * @param {{ rounds: number, seconds: number }} options
 */
const compareUploads = async (ours, bare, { rounds, seconds }) => {
  const lines = Array.from({ length: linesPerUpload }, (_, i) => `${JSON.stringify(profileLine(i, 0))}\n`).join('')
  /** @type {Array<readonly [Measured, Measured]>} */
  const runs = []
  for (let round = -warmUps; round < rounds; round++) {
    const path = await createImport(ours)
    const load = { path, headers: ndjsonHeaders, bodyOf: () => lines, seconds, connections: 16 }
    const seen = { asked: /** @type {Set<number>} */ (new Set()), answered: /** @type {Set<number>} */ (new Set()) }
    const own = await loaded(ours, load, seen)
    const { data, total } = await ask(ours, `${path}?first_result=${seen.answered.size - 1}`, {
      headers: ndjsonHeaders
    })
    if (total < seen.answered.size) throw new Error('an answered upload is lost')
    await settled(ours, `${path}/${data.at(-1).id}`)
    const other = await loaded(bare, load)
    if (round >= 0) runs.push([own, other])
  }
  return rowsOf(`upload of ${linesPerUpload} lines`, runs)
}

const secondsSince = (/** @type {number} */ startedAt) => (performance.now() - startedAt) / 1_000

/** Returns the seconds of the command line for a file, including its start. */
const importByCommand = async (/** @type {string} */ input, /** @type {string} */ store) => {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [program, 'import', input, '--type', 'USER_PROFILE', '--store', store], {
    stdio: 'ignore'
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`the import ended with ${code}`)
  return secondsSince(startedAt)
}

/** Returns the seconds from the first byte of an upload until its execution has finished, on a fresh server. */
const importByServer = async (
  /** @type {string} */ folder,
  /** @type {string} */ input,
  /** @type {string} */ store,
  /** @type {number} */ lines
) => {
  const server = await startOurs(folder, store, 'served.spool')
  const path = await createImport(server)
  const startedAt = performance.now()
  const { data } = await ask(server, path, {
    method: 'POST',
    headers: ndjsonHeaders,
    body: /** @type {any} */ (createReadStream(input)),
    duplex: 'half'
  })
  const { result } = await settled(server, `${path}/${data.id}`)
  const seconds = secondsSince(startedAt)
  await server.end()
  if (result.total_success !== lines) throw new Error(`${result.total_success} of ${lines} lines are applied`)
  return seconds
}

/** @param {{ folder: string, lines: number, rounds: number }} options */
const compareImports = async ({ folder, lines, rounds }) => {
  const input = workloadFile(folder, 'fresh', lines)
  const empty = join(folder, 'empty.ndjson')
  writeFileSync(empty, '')
  const file = join(folder, 'served')
  /** @type {<A>(work: (store: string) => Promise<A>) => Promise<A>} */
  const onNewStore = async (work) => {
    try {
      return await work(`sqlite:${file}`)
    } finally {
      removeStore(file)
      rmSync(join(folder, 'served.spool'), { recursive: true, force: true })
    }
  }
  /** @type {Array<{ served: number, imported: number }>} */
  const runs = []
  for (let round = 0; round < rounds; round++) {
    const served = await onNewStore((store) => importByServer(folder, input, store, lines))
    // The server is already running; the command line starts for each file.
    const starting = await onNewStore((store) => importByCommand(empty, store))
    const imported = (await onNewStore((store) => importByCommand(input, store))) - starting
    runs.push({ served, imported })
  }
  return [
    {
      requests: `one upload of ${lines} lines, SQLite`,
      server: 'userpoint serve',
      'lines/s': median(runs.map(({ served }) => lines / served)),
      'is × as fast': median(runs.map(({ served, imported }) => imported / served))
    },
    {
      requests: `one upload of ${lines} lines, SQLite`,
      server: 'userpoint import',
      'lines/s': median(runs.map(({ imported }) => lines / imported))
    }
  ]
}

/** @param {{ folder: string, lines: number, rounds: number, seconds: number }} options */
export const measureHttp = async ({ folder, lines, rounds, seconds }) => {
  const ours = await startOurs(folder, 'memory:')
  const bare = await start([fileURLToPath(new URL('bare-server.mjs', import.meta.url))], join(folder, 'bare.log'))
  try {
    return [
      ...(await compareDeletions(ours, bare, { usersPerRequest: 1, rounds, seconds })),
      ...(await compareDeletions(ours, bare, { usersPerRequest: 1_000, rounds, seconds })),
      ...(await compareUploads(ours, bare, { rounds, seconds })),
      ...(await compareImports({ folder, lines, rounds }))
    ]
  } finally {
    await ours.end()
    await bare.end()
  }
}
