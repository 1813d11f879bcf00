/**
 * A server under load: ordinary, slow, hostile and oversized clients at once. No answered write may be lost, no answer may be
 * 5xx, and memory must stay flat. One fault is planted: a SIGKILL in the middle, during which answers are not counted.
 *
 *     USERPOINT_LOAD_MINUTES=10 npm run load
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause } from '../faults/chance.ts'
import { type Running, settingsText, startServer, token } from '../rolling/server.ts'

const minutes = Number(process.env['USERPOINT_LOAD_MINUTES'] ?? 1)
const until = performance.now() + minutes * 60_000
const folder = mkdtempSync(join(tmpdir(), 'userpoint-load-'))
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** The most that memory may grow from the first quarter of the load to its last, as a factor. */
const flat = 1.5

writeFileSync(
  join(folder, 'settings.json'),
  settingsText({ limits: { uploadBytes: 2_000_000, idleMilliseconds: 2_000 } })
)
const args = ['--config', join(folder, 'settings.json'), '--store', `sqlite:${join(folder, 'people.db')}`]
let server: Running = await startServer(args, folder)
let isPlanted = false

const statuses = new Map<number, number>()
const written: number[] = []
const failures: string[] = []
const latencies: number[] = []

const ask = async (path: string, init: RequestInit = {}): Promise<number> => {
  const response = await fetch(`${server.url}${path}`, init)
  await response.arrayBuffer()
  statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
  if (response.status >= 500 && !isPlanted) failures.push(`${response.status} for ${path.split('?')[0]}`)
  return response.status
}

const insider = { 'x-partner-name': 'mybrand', 'x-request-token': token, 'content-type': 'application/json' }

const upsertBody = (n: number): string =>
  JSON.stringify({
    users: [{ identifiers: { email: `load${n}@example.org` }, attributes: { city: `c${n}`, age: 30 } }]
  })

/** Repeats a client's work until the load is over. A lost connection counts only while no fault is planted. */
const repeat = async (work: (n: number) => Promise<unknown>): Promise<void> => {
  for (let n = 0; performance.now() < until; n++) {
    try {
      await work(n)
    } catch {
      await pause(100)
    }
  }
}

let next = 0
const ordinary = (): Promise<void> =>
  repeat(async () => {
    const n = next++
    const startedAt = performance.now()
    const status = await ask('/api/user/v1/upsert', { method: 'POST', headers: insider, body: upsertBody(n) })
    latencies.push(performance.now() - startedAt)
    if (status === 200) written.push(n)
    await pause(5)
  })

const hostileBodies = [
  '['.repeat(500_000),
  `{"users":[{"identifiers":{"email":"${'a.'.repeat(200_000)}@"}}]}`,
  `{"users":[${'{},'.repeat(2_000)}{}]}`,
  '{"users":[{"identifiers":{"email":"\u0000"}}]}',
  '\ufffd'.repeat(1_000)
]
const hostile = (): Promise<void> =>
  repeat(async (n) => {
    const body = hostileBodies[n % hostileBodies.length] ?? ''
    await ask('/api/user/v1/upsert', { method: 'POST', headers: insider, body })
    await pause(100)
  })

const oversized = (): Promise<void> =>
  repeat(async () => {
    await ask('/api/user/v1/upsert', { method: 'POST', headers: insider, body: 'x'.repeat(6_000_000) })
    await pause(300)
  })

/** Sends the head of a request, then a byte now and then, and waits for the server to give up. */
const slow = (): Promise<void> =>
  repeat(
    () =>
      new Promise<void>((resolve) => {
        const { hostname, port } = new URL(server.url)
        const socket = connect({ host: hostname, port: Number(port) })
        const head = Object.entries({ host: hostname, ...insider, 'content-length': '100000' })
        socket.write(
          `POST /api/user/v1/upsert HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n{`
        )
        const timer = setTimeout(() => socket.destroy(), 10_000)
        socket.on('error', () => undefined)
        socket.on('data', () => socket.destroy())
        socket.on('close', () => {
          clearTimeout(timer)
          resolve()
        })
      })
  )

const memory: number[] = []
const watch = async (): Promise<void> => {
  while (performance.now() < until) {
    try {
      const text = await (await fetch(`${server.url}/metrics`)).text()
      const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]
      if (bytes !== undefined) memory.push(Number(bytes) / 1_048_576)
    } catch {
      // The planted fault.
    }
    await pause(1_000)
  }
}

/** Kills the server in the middle of the load, and starts it again on the same files. */
const plant = async (): Promise<void> => {
  await pause((minutes * 60_000) / 2)
  isPlanted = true
  await server.end('SIGKILL')
  server = await startServer(args, folder)
  // The new process begins with less memory, so only it is watched.
  memory.length = 0
  isPlanted = false
}

const lostOf = async (): Promise<number> => {
  let lost = 0
  for (const n of written) {
    const body = JSON.stringify({ identifiers: { email: `load${n}@example.org` }, attributes: ['*'] })
    const response = await fetch(`${server.url}/api/user/v1/profile`, { method: 'POST', headers: insider, body })
    if (response.status !== 200 || !(await response.text()).includes(`"c${n}"`)) lost++
  }
  return lost
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

try {
  await Promise.all([
    ...Array.from({ length: 4 }, ordinary),
    ...Array.from({ length: 4 }, slow),
    hostile(),
    oversized(),
    watch(),
    plant()
  ])
  const lost = await lostOf()
  const quarter = Math.max(1, memory.length >> 2)
  const [early, late] = [median(memory.slice(0, quarter)), median(memory.slice(-quarter))]
  const p99 = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0
  say(`${minutes} min: ${written.length} writes answered, ${lost} lost; p99 ${Math.round(p99)} ms`)
  say(
    `statuses: ${[...statuses]
      .toSorted(([a], [b]) => a - b)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', ')}`
  )
  say(`memory: ${Math.round(early)} MiB early, ${Math.round(late)} MiB late`)
  for (const failure of failures.slice(0, 20)) say(`FAILED: ${failure}`)
  if (late > early * flat) say('FAILED: memory grows')
  if (memory.length < 4) say('FAILED: memory was not measured; give the load more minutes')
  if (written.length === 0 || memory.length < 4 || lost > 0 || failures.length > 0 || late > early * flat)
    process.exitCode = 1
} finally {
  await server.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}
