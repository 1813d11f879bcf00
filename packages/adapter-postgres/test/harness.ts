/** A store in a schema of its own: several handles and processes on it, its bytes, and nothing left afterwards. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createPostgresRepository, type PostgresRepositoryOptions } from '@userpoint/adapter-postgres'
import type { Repository } from '@userpoint/core/repository'
import type { Endpoint, StoreFile } from '@userpoint/conformance'
import { openProxy, type TcpProxy } from '@userpoint/conformance/proxy'
import pg from 'pg'
import { dropSchema } from './drop-schema.ts'
import { dump } from './relations.ts'

export interface PostgresStore {
  readonly schema: string
  readonly pool: pg.Pool
  /** Another pool on the same server. */
  readonly connect: () => pg.Pool
  /** Opens a pool and a repository on it: the first handle, a peer, or a reopened one. */
  readonly open: (options?: PostgresRepositoryOptions) => Promise<Repository & { readonly close: () => Promise<void> }>
  /** Starts another process on the schema, which runs that program with those further arguments. */
  readonly fork: (program: URL, ...args: ReadonlyArray<string>) => ChildProcess
  /** Gives the documents a constraint that refuses bodies with this text. */
  readonly refuse: (text: string) => Promise<void>
  /** Locks the documents; returns a handle that waits for them for a short time, and what ends it. */
  readonly hinder: (
    options?: PostgresRepositoryOptions
  ) => Promise<{ readonly repository: Repository; readonly end: () => Promise<void> }>
  /** Opens a handle over a line that can be disturbed, which fails after a short wait. */
  readonly endpoint: (options?: PostgresRepositoryOptions) => Promise<Endpoint>
  /** Every byte of the files of the schema's tables and indexes. */
  readonly dump: () => Promise<ReadonlyArray<StoreFile>>
  /** Ends every pool that is still open, and drops the schema. */
  readonly remove: () => Promise<void>
}

const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

/** A pool whose idle connections may be lost without ending the process. */
export const openPool = (url: string, max = 4, options: pg.PoolConfig = {}): pg.Pool => {
  const pool = new pg.Pool({ connectionString: url, max, ...options })
  pool.on('error', () => undefined)
  return pool
}

export const createPostgresStore = (url: string): PostgresStore => {
  const schema = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  const pools = new Set<pg.Pool>()
  const proxies: TcpProxy[] = []

  const connect = (): pg.Pool => {
    const pool = openPool(url)
    pools.add(pool)
    return pool
  }
  const pool = connect()
  const close = async (one: pg.Pool): Promise<void> => {
    if (pools.delete(one)) await one.end()
  }
  const open: PostgresStore['open'] = async (options) => {
    const own = connect()
    return { ...(await createPostgresRepository(own, { schema, ...options })), close: () => close(own) }
  }
  return {
    schema,
    pool,
    connect,
    open,
    refuse: async (text) => {
      await pool.query(`alter table ${schema}.document add check (strpos(body, '${text}') = 0)`)
    },
    hinder: async (options) => {
      const repository = await open({ lockTimeout: 50, ...options })
      const holder = await pool.connect()
      await holder.query(`begin; lock table ${schema}.document in exclusive mode`)
      return {
        repository,
        end: async () => {
          await holder.query('rollback')
          holder.release()
        }
      }
    },
    endpoint: async (options) => {
      const target = new URL(url)
      const line = await openProxy({ host: target.hostname, port: Number(target.port || 5_432) })
      proxies.push(line)
      const through = Object.assign(new URL(url), { hostname: line.address.host, port: String(line.address.port) })
      const own = openPool(through.href)
      pools.add(own)
      const repository = await createPostgresRepository(own, { schema, answerTimeout: 600, ...options })
      return { repository: { ...repository, close: () => close(own) }, line }
    },
    fork: (program, ...args) =>
      fork(program, [url, schema, ...args], { execArgv: ['--conditions=userpoint-source', '--import', typescript] }),
    dump: () => dump(pool, schema),
    remove: async () => {
      await dropSchema(pool, schema)
      for (const proxy of proxies) await proxy.close()
      for (const one of pools) await close(one)
    }
  }
}
