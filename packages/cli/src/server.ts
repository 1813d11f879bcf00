/** The server of `userpoint serve`. Loaded only by that command, since its dependencies are large. */
import { randomBytes } from 'node:crypto'
import { access } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { dirname, resolve } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { createTimeOrderedIds } from '@userpoint/core'
import type { Repository } from '@userpoint/core/repository'
import { suggestedPersonLimits } from '@userpoint/core/user-point'
import {
  createHandler,
  type DatamartSettings,
  type Handler,
  type LogEvent,
  sha256Of,
  SpoolTaken
} from '@userpoint/http'
import { createFileSpool, createPrometheusMetrics, type FileSpool, readDocsScript } from '@userpoint/http/node'
import { pino } from 'pino'
import { exitCode } from './exit-code.ts'
import { Failure, printable, reasonOf, wrongUsage } from './failure.ts'
import type { Io } from './io.ts'
import type { CompleteSettings, Settings } from '@userpoint/settings'
import { overridden, settingsFile } from './given-settings.ts'
import { secretOf } from './settings.ts'
import { stoppable } from './stopping.ts'
import { openStore, type StoreOptions, unlocked } from './store.ts'
import { defaultStore, type OpenStore, type StorePlace } from './store-place.ts'

export interface ServeFlags extends Omit<StoreOptions, 'config'> {
  readonly config?: ReadonlyArray<string>
  readonly port?: number
  readonly host?: string
  readonly spool?: string
  readonly stopTimeout?: number
}

// Calls to a database server can overlap, so several handles help; an SQLite file has one writer at a time.
const handlesOnServer = 4

/** Opens the store of a datamart for the server. */
const openServed = async (place: StorePlace): Promise<OpenStore> => {
  const store = await openStore(place, 'create')
  const { store: address = defaultStore, datamart, driver } = place
  if (address._tag !== 'Sqlite') return store
  // The file is there now, with its tables, and errors have been told.
  await store.close()
  const { openServedSqlite } = await import('./served-sqlite.ts')
  const served = await openServedSqlite(address.path, { datamart, driver })
  try {
    return await unlocked(served, place.keys, 'create')
  } catch (error) {
    await served.close()
    throw error
  }
}

const openDatamart = async (flags: StorePlace, opened: OpenStore[]): Promise<DatamartSettings['repository']> => {
  const count = ['Postgres', 'Mysql'].includes((flags.store ?? defaultStore)._tag) ? handlesOnServer : 1
  const repositories: Repository[] = []
  for (let n = 0; n < count; n++) {
    const store = await openServed(flags)
    opened.push(store)
    repositories.push(store.repository)
  }
  return repositories
}

/** The spool of a server: a folder of its own, or the stores of the datamarts, which it shares with other servers. */
type ServedSpool = { readonly spool: 'store' } | { readonly spool: FileSpool; readonly folder: string }

const spoolOf = (flags: ServeFlags): ServedSpool => {
  if (flags.spool === 'store:') return { spool: 'store' }
  const folder = folderOf(flags)
  return { spool: createFileSpool(folder), folder }
}

const folderOf = ({ spool, store = defaultStore }: ServeFlags): string =>
  resolve(spool ?? (store._tag === 'Sqlite' ? `${store.path}.spool` : 'userpoint.spool'))

const levelOf = (event: LogEvent): 'info' | 'warn' | 'error' => {
  if (event._tag === 'RequestFailed' || event._tag === 'PurgeFailed') return 'error'
  if (event._tag === 'SetAside') return 'warn'
  if (event._tag === 'Execution' && event.error !== undefined) return 'warn'
  return event._tag === 'Request' && event.status >= 500 ? 'error' : 'info'
}

/** Fails if the folder of an SQLite file is missing: a spool beside the file would create it, and then an empty store. */
const storeIsPlaced = async ({ store = defaultStore }: ServeFlags): Promise<void> => {
  if (store._tag !== 'Sqlite') return
  try {
    await access(dirname(resolve(store.path)))
  } catch (error) {
    throw new Failure(`the store ${printable(store.path)} cannot be opened: ${reasonOf(error)}`)
  }
}

/** Takes the spool, before anything in it is read or changed. */
const claimed = async (served: ServedSpool): Promise<void> => {
  if (served.spool === 'store') return
  const { spool, folder } = served
  try {
    await spool.claim()
  } catch (error) {
    if (error instanceof SpoolTaken)
      throw new Failure(
        `another server owns the spool ${printable(folder)}: end that server, or give this one its own --spool (${error.code})`,
        exitCode.taken
      )
    throw new Failure(`cannot use the spool ${printable(folder)}: ${reasonOf(error)}`)
  }
}

/** Fails when another server has taken the spool over. */
const overtaken = async ({ spool }: ServedSpool): Promise<never> => {
  await (spool === 'store' ? new Promise<never>(() => undefined) : spool.lost)
  throw new Failure('another server has taken over the spool; this one ends (SPOOL_LOST)', exitCode.taken)
}

/** Starts to listen, and returns the server's address. */
const listening = (server: Server, port: number, host: string): Promise<string> =>
  new Promise((resolved, reject) => {
    server.once('error', (error) => reject(new Failure(`cannot listen on port ${port}: ${reasonOf(error)}`)))
    server.listen(port, host, () => {
      const address = server.address()
      const at = typeof address === 'object' && address !== null ? address.port : port
      resolved(`http://${host.includes(':') ? `[${host}]` : host}:${at}`)
    })
  })

// The time, in milliseconds, that open requests have to end when the server stops.
const grace = 10_000

/** Makes an answer the last one on its connection, and tells the client so, unless its head is sent already. */
const endAfter = (answer: ServerResponse): void => {
  answer.shouldKeepAlive = false
  answer.once('close', () => answer.req.socket.destroySoon())
}

/**
 * Follows the answers of a server, and returns what a stop calls: it makes each answer the last one on its connection. A client that
 * went on with the connection would be cut off in the middle of a request, and its idle connection would hold up the stop.
 */
const endingConnections = (server: Server): (() => void) => {
  const open = new Set<ServerResponse>()
  let isEnding = false
  // Before the handler, which may answer at once.
  server.prependListener('request', (_, answer) => {
    if (isEnding) return endAfter(answer)
    open.add(answer)
    answer.once('close', () => open.delete(answer))
  })
  return () => {
    isEnding = true
    for (const answer of open) endAfter(answer)
  }
}

const close = (server: Server, endConnections: () => void): Promise<void> =>
  new Promise((resolved) => {
    const timer = setTimeout(() => server.closeAllConnections(), grace)
    server.close(() => {
      clearTimeout(timer)
      resolved()
    })
    endConnections()
    server.closeIdleConnections()
  })

const defaultStopTimeout = 25

/**
 * Ends the process if what ends it takes too long, because a database does not answer for example. Nothing is lost by that:
 * what was answered is in the store and the spool, as after a crash.
 */
const endInTime = ({ stopTimeout = defaultStopTimeout }: ServeFlags, io: Io): void => {
  setTimeout(() => {
    io.stderr.write(
      `userpoint: stopping took more than ${stopTimeout} s; the next start continues what is unfinished\n`
    )
    io.exit?.(exitCode.failed)
  }, stopTimeout * 1_000).unref()
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolved) => {
    if (signal.aborted) resolved()
    else signal.addEventListener('abort', () => resolved(), { once: true })
  })

// One sender with many slow connections must not keep all others out for long.
const mostConnections = 4_096

/** More than one `Host` is refused (RFC 9112, 3.2). Node shows the first one alone. */
const hasSeveralHosts = ({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean =>
  rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length > 1

const serverOf = (handler: Handler): Server => {
  const fetch = (
    request: Request,
    runtime: { readonly incoming: Pick<IncomingMessage, 'rawHeaders'> }
  ): Promise<Response> | Response =>
    hasSeveralHosts(runtime.incoming)
      ? new Response(null, { status: 400, headers: { connection: 'close' } })
      : handler(request, runtime)
  // The adapter replaces the global Response by a faster one; this process runs no other code that could mind.
  const serverOptions = { connectionsCheckingInterval: 1_000, keepAliveTimeout: 5_000 }
  // The older protocol has no host, and probes of balancers speak it. Node refuses the newer one without.
  const server = createAdaptorServer({ fetch, hostname: 'localhost', serverOptions }) as Server
  // A slow upload may take any time; the handler ends one that stalls, or is slower than the least rate.
  server.requestTimeout = 0
  server.headersTimeout = 10_000
  server.maxConnections = mostConnections
  return server
}

const defaultDatamart = 'default'

/** The settings of a datamart, and what to print about its token once the server listens: a start may still fail. */
interface Served {
  readonly settings: CompleteSettings
  readonly notice: string
}

/** Returns the settings with a token of their own. */
const withToken = (settings: CompleteSettings): Served => {
  const token = randomBytes(24).toString('base64url')
  return {
    settings: { ...settings, tokens: [{ sha256: sha256Of(token) }] },
    notice: `userpoint: no tokens in the settings; until the server stops, this token opens datamart ${settings.datamart}: ${token}\n`
  }
}

/** Returns what several datamarts have that one alone may have. */
const clashOf = (datamarts: ReadonlyArray<CompleteSettings>): string | undefined => {
  const hasTwins = (texts: ReadonlyArray<string>): boolean => new Set(texts).size < texts.length
  if (hasTwins(datamarts.map(({ datamart }) => String(datamart)))) return 'datamart'
  if (hasTwins(datamarts.flatMap(({ partner = [] }) => partner))) return 'partner'
  return hasTwins(datamarts.flatMap(({ tokens }) => tokens.map(({ sha256 }) => sha256.toLowerCase())))
    ? 'token'
    : undefined
}

/** Returns the settings of each datamart: of the files, or of one datamart with its defaults. */
const settingsOf = async ({ config = [], ...flags }: ServeFlags): Promise<ReadonlyArray<Served>> => {
  if (flags.datamart !== undefined && !/^[\w-]{1,64}$/.test(flags.datamart))
    throw wrongUsage('--datamart must be 1 to 64 letters, digits, _ or - for serve')
  if (flags.datamart !== undefined && config.length > 1)
    throw wrongUsage('--datamart cannot be used with several files of settings, each of which names its datamart')
  const own = flags.datamart ?? defaultDatamart
  const files: ReadonlyArray<Settings> =
    config.length > 0
      ? await Promise.all(config.map(settingsFile))
      : [own === own.toLowerCase() ? { partner: own } : {}]
  const datamarts = files.map((file) => {
    // A server has limits of a person, unless the file or an option says otherwise (A-50).
    const policies = { limits: suggestedPersonLimits, ...file.policies }
    return overridden({ ...file, policies, datamart: flags.datamart ?? file.datamart ?? defaultDatamart }, flags)
  })
  const clash = clashOf(datamarts)
  if (clash !== undefined) throw wrongUsage(`two files of settings have the same ${clash}`)
  return datamarts.map((settings) => (settings.tokens.length === 0 ? withToken(settings) : { settings, notice: '' }))
}

/** Runs the server until a stop signal arrives. */
export const serve = async (flags: ServeFlags, io: Io): Promise<void> => {
  const datamartsServed = await settingsOf(flags)
  const opened: OpenStore[] = []
  const served = spoolOf(flags)
  const logger = pino({ base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, io.stdout)
  try {
    await storeIsPlaced(flags)
    await claimed(served)
    const datamarts: Array<readonly [string, DatamartSettings]> = []
    for (const { settings } of datamartsServed) {
      const { datamart = defaultDatamart, ...each } = settings
      const { documentKeys } = each.erasure
      const place = {
        ...flags,
        ...(flags.store?._tag !== 'Memory' && { datamart }),
        ...(documentKeys !== undefined && { keys: documentKeys })
      }
      const erasureKey = await secretOf({ ...each, datamart })
      const repository = await openDatamart(place, opened)
      datamarts.push([datamart, { ...each, repository, ...(erasureKey !== undefined && { erasureKey }) }])
    }
    const handler = createHandler({
      datamarts: Object.fromEntries(datamarts),
      docsScript: readDocsScript,
      spool: served.spool,
      metrics: createPrometheusMetrics(),
      clock: Date.now,
      newId: createTimeOrderedIds({ clock: Date.now, fillRandom: (bytes) => crypto.getRandomValues(bytes) }),
      log: ({ _tag, ...event }) => logger[levelOf({ _tag, ...event } as LogEvent)](event, _tag)
    })
    await stoppable(io, async (stop) => {
      const server = serverOf(handler)
      const endConnections = endingConnections(server)
      try {
        const address = await listening(server, flags.port ?? 8_080, flags.host ?? '127.0.0.1')
        await handler.resume()
        io.stderr.write(datamartsServed.map(({ notice }) => notice).join(''))
        io.stderr.write(`userpoint: listening on ${address}\n`)
        await Promise.race([aborted(stop.signal), overtaken(served)])
        io.stderr.write('userpoint: stopping\n')
      } finally {
        endInTime(flags, io)
        await Promise.all([handler.stop(), close(server, endConnections)])
        // The requests that were open may have deleted something.
        await handler.stop()
      }
    })
  } finally {
    if (served.spool !== 'store') await served.spool.release().catch(() => undefined)
    for (const store of opened) await store.close()
  }
}
