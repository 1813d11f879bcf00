/**
 * Servers on one store that are started and stopped over each other, while clients send uploads: some with SIGTERM, some with
 * SIGKILL. Every accepted upload must end once, and each of its lines be applied once.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Chance, pause, within } from '../faults/chance.ts'
import { type Running, settingsText, startServer, token } from './server.ts'

export interface RollingOptions {
  /** The address of the store. */
  readonly store: string
  /** A folder of its own. */
  readonly folder: string
  /** The number of times that a server is started, and the one before it stopped. */
  readonly rounds: number
  readonly chance: Chance
  readonly say: (text: string) => void
}

export interface RollingReport {
  readonly accepted: number
  readonly refused: number
  readonly kills: number
  readonly lines: number
  /** The longest time from the last stop to the end of an upload, in milliseconds. */
  readonly longestEnd: number
}

/** The longest wait for anything, in milliseconds: a machine may have ten times as much to do as it can. */
const longest = 180_000

/** @throws Error that says what did not end in time. */
const inTime = async <A>(what: string, work: Promise<A>): Promise<A> => {
  try {
    return await within(longest, work)
  } catch (error) {
    throw error instanceof RangeError ? new Error(`${what}: ${error.message}`) : error
  }
}

interface Accepted {
  readonly path: string
  readonly client: number
  readonly mark: string
  readonly lines: number
}

interface Fleet {
  /** The servers that are up, the newest last. */
  readonly servers: Running[]
  readonly logs: string[]
}

const clients = 3
const headers = { authorization: token }
const base = '/v1/datamarts/1162/document_imports'

interface Execution {
  readonly status: string
  readonly result?: { readonly total_success: number; readonly total_failure: number }
}

const dataOf = async (response: Response): Promise<Record<string, unknown>> =>
  ((await response.json()) as { data: Record<string, unknown> }).data

/** Each line appends its mark to an array of a person of the client, so a line that is applied twice is seen. */
const bodyOf = (client: number, mark: string, lines: number): string =>
  Array.from(
    { length: lines },
    (_, n) =>
      `${JSON.stringify({
        operation: 'UPSERT',
        email_hash: `client${client}-${n % 5}`,
        force_replace: false,
        merge_objects: true,
        user_profile: { seen: [`${mark}.${n}`] }
      })}\n`
  ).join('')

const anyOf = (fleet: Fleet, chance: Chance): Running => {
  const server = fleet.servers[chance.below(fleet.servers.length)]
  if (server === undefined) throw new Error('no server is up')
  return server
}

/** Creates a document import; its id. */
const createImport = async ({ url }: Running): Promise<string> => {
  const response = await fetch(`${url}${base}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      document_type: 'USER_PROFILE',
      mime_type: 'APPLICATION_X_NDJSON',
      encoding: 'utf-8',
      name: 'rolling'
    })
  })
  return String((await dataOf(response))['id'])
}

interface Client {
  readonly documentImport: string
  readonly accepted: Accepted[]
  refused: number
}

/** Sends uploads to any of the servers until `isOver`. One that is not answered may be applied or not, so it is not counted. */
const send = async (fleet: Fleet, chance: Chance, n: number, client: Client, isOver: () => boolean): Promise<void> => {
  const executions = `${base}/${client.documentImport}/executions`
  for (let upload = 0; !isOver(); upload++) {
    const lines = 1 + chance.below(60)
    const mark = `${n}.${upload}`
    try {
      const response = await fetch(`${anyOf(fleet, chance).url}${executions}?verdicts=all`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-ndjson' },
        body: bodyOf(n, mark, lines)
      })
      if (response.status !== 200) throw new Error(`${response.status}`)
      client.accepted.push({ path: `${executions}/${String((await dataOf(response))['id'])}`, client: n, mark, lines })
    } catch {
      client.refused++
    }
    await pause(chance.below(120))
  }
}

/** Starts and stops servers over each other. Returns the number of kills. */
const roll = async ({ store, folder, rounds, chance, say }: RollingOptions, fleet: Fleet): Promise<number> => {
  const args = ['--config', join(folder, 'settings.json'), '--store', store, '--spool', 'store:']
  let kills = 0
  for (let round = 0; round < rounds; round++) {
    // The next one starts while the others work, and while one of them is told to stop.
    const next = inTime('the start of a server', startServer(args, folder))
    if (fleet.servers.length > 1) {
      const old = fleet.servers.shift()
      const isKill = chance.below(2) === 0
      const signal = isKill ? 'SIGKILL' : 'SIGTERM'
      const code = await inTime(`a server after ${signal}`, old?.end(signal) ?? Promise.resolve(0)).catch(
        (error: unknown) => {
          say(`${old?.said()}\n${old?.log().split('\n').slice(-20).join('\n')}`)
          old?.child.kill('SIGKILL')
          throw error
        }
      )
      if (isKill) kills++
      else if (code !== 0) throw new Error(`a server ended with ${code} after SIGTERM: ${old?.said()}`)
      fleet.logs.push(old?.log() ?? '')
    }
    fleet.servers.push(await next)
    await pause(chance.below(1_500))
    if (round % 10 === 9) say(`  ${round + 1} servers started, ${kills} killed`)
  }
  return kills
}

const finished = async ({ url }: Running, { path }: Accepted): Promise<Execution> => {
  for (;;) {
    const execution = (await dataOf(await fetch(`${url}${path}`, { headers }))) as unknown as Execution
    if (['SUCCEEDED', 'FAILED', 'CANCELED'].includes(execution.status)) return execution
    await pause(100)
  }
}

/** @throws Error unless the upload has ended, each of its lines applied, with a verdict on each. */
const demandEnd = async (server: Running, upload: Accepted): Promise<void> => {
  const { status, result } = await inTime(upload.path, finished(server, upload))
  if (status !== 'SUCCEEDED' || result?.total_success !== upload.lines)
    throw new Error(`${upload.path} ended as ${status} with ${result?.total_success} of ${upload.lines} lines`)
  const text = await (await fetch(`${server.url}${upload.path}/verdicts`, { headers })).text()
  const indexes = text
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { index: number }).index]))
  if (indexes.length !== upload.lines || indexes.some((index, n) => index !== n))
    throw new Error(`${upload.path} has not one verdict for each line`)
}

/** @throws Error unless each accepted line is seen once. Lines that were not answered may be there too, once. */
const demandLines = async (server: Running, accepted: ReadonlyArray<Accepted>): Promise<number> => {
  const seen: string[] = []
  for (let client = 0; client < clients; client++)
    for (let n = 0; n < 5; n++) {
      const path = `/v1/datamarts/1162/user_points/email_hash=client${client}-${n}`
      const response = await fetch(`${server.url}${path}`, { headers })
      if (response.status === 404) continue
      const { profiles } = (await dataOf(response)) as { profiles?: ReadonlyArray<{ seen: ReadonlyArray<string> }> }
      for (const profile of profiles ?? []) seen.push(...profile.seen)
    }
  const once = new Set(seen)
  if (once.size !== seen.length) throw new Error(`${seen.length - once.size} lines were applied twice`)
  const lost = accepted.flatMap(({ mark, lines }) =>
    Array.from({ length: lines }, (_, n) => `${mark}.${n}`).filter((each) => !once.has(each))
  )
  if (lost.length > 0) throw new Error(`${lost.length} accepted lines are lost`)
  return seen.length
}

/** @throws Error if an execution has ended more than once. */
const demandOneEnd = (logs: ReadonlyArray<string>): void => {
  const ends = new Map<string, number>()
  for (const line of logs.join('').split('\n')) {
    if (!line.includes('"msg":"Execution"') || !line.includes('"SUCCEEDED"')) continue
    const { documentImport, execution } = JSON.parse(line) as { documentImport: string; execution: string }
    const name = `${documentImport}/${execution}`
    ends.set(name, (ends.get(name) ?? 0) + 1)
  }
  if (ends.size === 0) throw new Error('no server logged the end of an execution')
  for (const [name, count] of ends) if (count > 1) throw new Error(`${name} ended ${count} times`)
}

/** @throws Error that says what was lost, applied twice, or hangs. */
export const runRolling = async (options: RollingOptions): Promise<RollingReport> => {
  const { folder, store, chance } = options
  writeFileSync(join(folder, 'settings.json'), settingsText())
  const fleet: Fleet = { servers: [], logs: [] }
  const args = ['--config', join(folder, 'settings.json'), '--store', store, '--spool', 'store:']
  let isOver = false
  try {
    const first = await inTime('the first start', startServer(args, folder))
    fleet.servers.push(first)
    // Before a server ends: what is not answered fails.
    const senders: Client[] = []
    while (senders.length < clients)
      senders.push({ documentImport: await createImport(first), accepted: [], refused: 0 })
    const sending = Promise.all(senders.map((client, n) => send(fleet, chance, n, client, () => isOver)))
    const kills = await roll(options, fleet).finally(() => {
      isOver = true
    })
    await sending
    const stoppedAt = performance.now()
    const accepted = senders.flatMap((client) => client.accepted)
    if (accepted.length === 0) throw new Error('no upload was accepted')
    const last = anyOf(fleet, chance)
    for (const upload of accepted) await demandEnd(last, upload)
    const longestEnd = Math.round(performance.now() - stoppedAt)
    const lines = await demandLines(last, accepted)
    for (const server of fleet.servers.splice(0)) {
      await inTime('the last server', server.end('SIGTERM'))
      fleet.logs.push(server.log())
    }
    demandOneEnd(fleet.logs)
    const refused = senders.reduce((total, client) => total + client.refused, 0)
    return { accepted: accepted.length, refused, kills, lines, longestEnd }
  } finally {
    for (const server of fleet.servers) server.child.kill('SIGKILL')
  }
}
