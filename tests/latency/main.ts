/**
 * The latency law [L-41]: while a hostile or heavy request is at work, `/healthz` is answered within 250 milliseconds and another
 * partner's small request within a second.
 *
 *     npm run latency [-- --only TEXT] [--seconds N]
 *
 * A server that computes for 5 milliseconds runs beside it. As many times as its mean answer is slower than 6, the machine does
 * something else, and the law has that many times as long. A turn of the server's event loop may take 125 milliseconds of the
 * processor, even if the machine is busy: a probe waits for two at most. An attack that fails is tried three times.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { only, option, say } from '../arguments.ts'
import { findPostgres } from '../faults/postgres.ts'
import { type Attack, attacks, createImport, linesOf, upload } from './attacks.ts'
import type { Told } from './prober.ts'
import { partner, type Prober, type Server, startProber, startServer, token } from './running.ts'

const seconds = Number(option('--seconds') ?? 5)
const mostAttempts = 3
const mostOfTurn = 125

const worst = (times: ReadonlyArray<number>): number => Math.max(0, ...times)
const mean = (times: ReadonlyArray<number>): number =>
  times.length === 0 ? 0 : times.reduce((sum, each) => sum + each, 0) / times.length
const p99 = (times: ReadonlyArray<number>): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0

interface Judged {
  readonly row: string
  readonly holds: boolean
}

const judge = (store: string, name: string, measured: Measured): Judged => {
  const { health, small, bare, refused, failed, longestTurn } = measured
  const slowness = Math.max(1, mean(bare) / 6)
  // A purge of a file may refuse a write.
  const isRefusable = name.startsWith('a start')
  const reasons = [
    ...(health.length === 0 || small.length === 0 ? ['nothing was measured'] : []),
    ...(worst(health) > 250 * slowness ? ['/healthz was late'] : []),
    ...(worst(small) > 1_000 * slowness ? ['another partner was late'] : []),
    ...((longestTurn ?? 0) > mostOfTurn ? ['a turn was long'] : []),
    ...(refused > 0 && !isRefusable ? [`${refused} requests of another partner were refused`] : []),
    ...new Set(failed)
  ]
  const of = (times: ReadonlyArray<number>): string => `${p99(times).toFixed(0)} / ${worst(times).toFixed(0)}`
  const note = refused > 0 ? ` ${refused} of ${small.length} refused.` : ''
  const verdict = reasons.length === 0 ? 'holds' : reasons.join('; ')
  return {
    row: `| ${store} | ${name} | ${of(health)} | ${of(small)} | ${longestTurn?.toFixed(0) ?? '–'} | ${slowness.toFixed(1)} | ${verdict}${note} |`,
    holds: reasons.length === 0
  }
}

/** The measurements of an attack. */
type Measured = Told & { readonly longestTurn: number | undefined }

const measure = async (server: Server, prober: Prober): Promise<Measured> => {
  await Promise.all([server.longestTurn(), prober.read()])
  await pause(seconds * 1_000)
  const longestTurn = await server.longestTurn()
  return { ...(await prober.read()), longestTurn }
}

/** Tries until the law holds, at most three times. */
const attempts = async (attempt: () => Promise<Judged>): Promise<boolean> => {
  for (let n = 1; ; n++) {
    const { row, holds } = await attempt()
    say(row)
    if (holds || n === mostAttempts) return holds
  }
}

const underAttack = async (server: Server, prober: Prober, attack: Attack): Promise<Measured> => {
  const stopping = new AbortController()
  const running = attack.run(server.url, stopping.signal)
  // The first requests of a process wait for its compiler.
  await pause(500)
  const measured = await measure(server, prober)
  stopping.abort()
  await Promise.race([running, pause(30_000)])
  return measured
}

const insider = { 'x-partner-name': partner, 'x-request-token': token, 'content-type': 'application/json' }

/** Leaves a store of 50,000 people that owes a purge, and uploads that are not applied. */
const leaveBacklog = async (folder: string, store: string): Promise<void> => {
  const server = await startServer(folder, store)
  const filled = await upload(server.url, linesOf(50_000, { city: 'Lyon', text: 'x'.repeat(300) }))
  for (let status = ''; status !== 'SUCCEEDED'; await pause(100)) {
    const answer = await fetch(filled, { headers: { authorization: token } })
    status = ((await answer.json()) as { data: { status: string } }).data.status
    if (status === 'FAILED') throw new Error('the people could not be written')
  }
  const body = JSON.stringify({ users: [{ identifiers: { email: 'a@b.c' }, attributes: { a: 1 } }] })
  await fetch(`${server.url}/api/user/v1/upsert`, { method: 'POST', headers: insider, body })
  const gone = JSON.stringify({ identifiers: { email: 'a@b.c' } })
  await fetch(`${server.url}/api/user/v1/delete`, { method: 'POST', headers: insider, body: gone })
  const path = await createImport(server.url)
  for (let n = 0; n < 20; n++)
    await fetch(server.url + path, {
      method: 'POST',
      headers: { authorization: token, 'content-type': 'application/x-ndjson' },
      body: linesOf(2_000, { n })
    })
  await server.end('SIGKILL')
}

const atStart = async (folder: string, store: string): Promise<Measured> => {
  await leaveBacklog(folder, store)
  const server = await startServer(folder, store)
  const prober = await startProber(server.url)
  await pause(500)
  const measured = await measure(server, prober)
  await prober.end()
  await server.end()
  return measured
}

const runOn = async (name: string, storeIn: (folder: string) => string): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-latency-'))
  let broken = 0
  try {
    const chosen = attacks.filter((attack) => attack.name.includes(only))
    if (chosen.length > 0) {
      const server = await startServer(folder, storeIn(folder))
      const prober = await startProber(server.url)
      for (const attack of chosen)
        if (!(await attempts(async () => judge(name, attack.name, await underAttack(server, prober, attack))))) broken++
      await prober.end()
      await server.end()
    }
    const start = 'a start with a purge and a backlog'
    if (
      start.includes(only) &&
      !(await attempts(async () => judge(name, start, await atStart(folder, storeIn(folder)))))
    )
      broken++
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return broken
}

const onPostgres = async (url: string): Promise<number> => {
  const database = `userpoint_latency_${process.pid}`
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(`create database ${database}`)
  const own = new URL(url)
  own.pathname = `/${database}`
  try {
    return await runOn('PostgreSQL', () => own.href)
  } finally {
    await admin.query(`drop database ${database} with (force)`)
    await admin.end()
  }
}

say(
  '| store | at work | /healthz p99 / worst, ms | another partner p99 / worst, ms | longest turn, processor ms | the machine is × slower | law |'
)
say('| --- | --- | --- | --- | --- | --- | --- |')
let broken = await runOn('SQLite', (folder) => `sqlite:${join(folder, 'people.db')}`)
const postgres = await findPostgres()
if (postgres === undefined)
  say('SKIPPED: THE LATENCY LAW ON POSTGRESQL, because no server answers at DATABASE_URL or on 127.0.0.1:5432.')
else broken += await onPostgres(postgres)
say(broken === 0 ? 'The law holds.' : `The law does not hold in ${broken} cases.`)
process.exitCode = broken === 0 ? 0 : 1
