/** The server of `userpoint serve`: a module of its own, since it loads much that no other command needs. */
import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import { resolve } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { Repository } from '@userpoint/core/repository'
import { createHandler, type DatamartSettings, type Handler, type LogEvent } from '@userpoint/http'
import { createFileSpool, createPrometheusMetrics } from '@userpoint/http/node'
import { pino } from 'pino'
import { v7 } from 'uuid'
import { Failure, reasonOf, wrongUsage } from './failure.ts'
import type { Io } from './io.ts'
import { loadServerSettings, oneDatamart, type ServerSettings } from './server-settings.ts'
import { stoppable } from './stopping.ts'
import { defaultStore, openStore, type OpenStore, type StoreOptions } from './store.ts'

export interface ServeFlags extends StoreOptions {
  readonly port?: number
  readonly host?: string
  readonly tokenFile?: string
  readonly spool?: string
}

// A server on the network answers several calls at once; the others are done when they return.
const handlesOnServer = 4

const openDatamart = async (flags: StoreOptions, opened: OpenStore[]): Promise<DatamartSettings['repository']> => {
  const count = (flags.store ?? defaultStore)._tag === 'Postgres' ? handlesOnServer : 1
  const repositories: Repository[] = []
  for (let n = 0; n < count; n++) {
    const store = await openStore(flags, 'create')
    opened.push(store)
    repositories.push(store.repository)
  }
  return repositories
}

const spoolOf = ({ spool, store = defaultStore }: ServeFlags): string =>
  resolve(spool ?? (store._tag === 'Sqlite' ? `${store.path}.spool` : 'userpoint.spool'))

const levelOf = (event: LogEvent): 'info' | 'warn' | 'error' => {
  if (event._tag === 'RequestFailed' || event._tag === 'PurgeFailed') return 'error'
  if (event._tag === 'Execution' && event.error !== undefined) return 'warn'
  return event._tag === 'Request' && event.status >= 500 ? 'error' : 'info'
}

/** The address that a server listens on, once it does. */
const listening = (server: Server, port: number, host: string): Promise<string> =>
  new Promise((resolved, reject) => {
    server.once('error', (error) => reject(new Failure(`port ${port} cannot be listened on: ${reasonOf(error)}`)))
    server.listen(port, host, () => {
      const address = server.address()
      const at = typeof address === 'object' && address !== null ? address.port : port
      resolved(`http://${host.includes(':') ? `[${host}]` : host}:${at}`)
    })
  })

// Requests that are under way when the server stops have so long to end.
const grace = 10_000

const close = (server: Server): Promise<void> =>
  new Promise((resolved) => {
    const timer = setTimeout(() => server.closeAllConnections(), grace)
    server.close(() => {
      clearTimeout(timer)
      resolved()
    })
    server.closeIdleConnections()
  })

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolved) => {
    if (signal.aborted) resolved()
    else signal.addEventListener('abort', () => resolved(), { once: true })
  })

const serverOf = (handler: Handler): Server => {
  // With responses of its own in the place of Node's, which take a tenth of the time; the process is all ours.
  const server = createAdaptorServer({ fetch: handler }) as Server
  // An upload may take its time, as long as it goes on: the handler sees to that.
  server.requestTimeout = 0
  server.headersTimeout = 20_000
  return server
}

const settingsOf = async (flags: ServeFlags, io: Io): Promise<ServerSettings> => {
  if (flags.tokenFile !== undefined) {
    if (flags.datamart !== undefined)
      throw wrongUsage('--datamart is for a server without --token-file, which names them')
    return loadServerSettings(flags.tokenFile)
  }
  const token = randomBytes(24).toString('base64url')
  const datamart = flags.datamart ?? 'default'
  if (!/^[\w-]{1,64}$/.test(datamart))
    throw wrongUsage('a datamart that is served has a name of letters, digits, _ and -')
  io.stderr.write(
    `userpoint: no --token-file, so that this token opens datamart ${datamart} while the server runs: ${token}\n`
  )
  return oneDatamart(datamart, token)
}

/** Serves until it is told to stop. */
export const serve = async (flags: ServeFlags, io: Io): Promise<void> => {
  const settings = await settingsOf(flags, io)
  const opened: OpenStore[] = []
  const logger = pino({ base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, io.stdout)
  try {
    const datamarts: Array<readonly [string, DatamartSettings]> = []
    for (const [id, { policies, partner }] of Object.entries(settings.datamarts)) {
      const place = flags.store?._tag === 'Memory' ? flags : { ...flags, datamart: id }
      const repository = await openDatamart(place, opened)
      datamarts.push([id, { repository, policies, ...(partner !== undefined && { partner }) }])
    }
    const handler = createHandler({
      datamarts: Object.fromEntries(datamarts),
      tokens: settings.tokens,
      limits: settings.limits,
      spool: createFileSpool(spoolOf(flags)),
      metrics: createPrometheusMetrics(),
      clock: Date.now,
      newId: v7,
      log: ({ _tag, ...event }) => logger[levelOf({ _tag, ...event } as LogEvent)](event, _tag)
    })
    await stoppable(io, async (stop) => {
      const server = serverOf(handler)
      try {
        await handler.resume()
        const address = await listening(server, flags.port ?? 8_080, flags.host ?? '127.0.0.1')
        io.stderr.write(`userpoint: listening on ${address}\n`)
        await aborted(stop.signal)
        io.stderr.write('userpoint: stopping\n')
        await Promise.all([handler.stop(), close(server)])
      } finally {
        await handler.stop()
      }
    })
  } finally {
    for (const store of opened) await store.close()
  }
}
