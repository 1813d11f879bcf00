/** A store in a database of its own: several handles and processes on it, its bytes, and nothing left afterwards. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { accessSync, constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createMysqlRepository, type MysqlRepositoryOptions } from '@userpoint/adapter-mysql'
import type { Repository } from '@userpoint/core/repository'
import type { Endpoint, Line, StoreFile } from '@userpoint/conformance'
import { openProxy, type TcpProxy } from '@userpoint/conformance/proxy'
import mysql from 'mysql2/promise'

export interface MysqlStore {
  readonly database: string
  readonly pool: mysql.Pool
  /** Opens a pool and a repository on it: the first handle, a peer, or a reopened one. */
  readonly open: (options?: MysqlRepositoryOptions) => Promise<Repository & { readonly close: () => Promise<void> }>
  /** Starts another process on the database, which runs that program with those further arguments. */
  readonly fork: (program: URL, ...args: ReadonlyArray<string>) => ChildProcess
  /** Gives the documents a constraint that refuses bodies with this text. */
  readonly refuse: (text: string) => Promise<void>
  /** Locks the documents; returns a handle that waits for them for a short time, and what ends it. */
  readonly hinder: (
    options?: MysqlRepositoryOptions
  ) => Promise<{ readonly repository: Repository; readonly end: () => Promise<void> }>
  /** Opens a line to the server that can be disturbed; `address` is its near end. */
  readonly line: () => Promise<{ readonly address: string; readonly line: Line }>
  /** Opens a handle over a line that can be disturbed, which fails after a short wait. */
  readonly endpoint: (options?: MysqlRepositoryOptions) => Promise<Endpoint>
  /** Every byte of the files of the tables. */
  readonly dump: () => Promise<ReadonlyArray<StoreFile>>
  /** Ends every pool that is still open, and drops the database. */
  readonly remove: () => Promise<void>
}

const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

export const openPool = (uri: string, options: mysql.PoolOptions = {}): mysql.Pool =>
  mysql.createPool({ uri, connectionLimit: 4, ...options })

/** A pool whose connections wait for locks for a second, which is the least. */
export const hastyPool = (uri: string): mysql.Pool => {
  const pool = openPool(uri)
  pool.on('connection', (connection) => {
    void connection.query('set session innodb_lock_wait_timeout = 1, lock_wait_timeout = 1')
  })
  return pool
}

/**
 * @param url The address of the server.
 * @param others The addresses of the other nodes of its cluster; handles and processes take turns on all of them.
 */
export const createMysqlStore = (url: string, others: ReadonlyArray<string> = []): MysqlStore => {
  const nodes = [url, ...others]
  let turns = 0
  const node = (): string => nodes[turns++ % nodes.length] ?? url
  const database = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  const pools = new Set<mysql.Pool>()
  const proxies: TcpProxy[] = []
  const kept = (pool: mysql.Pool): mysql.Pool => {
    pools.add(pool)
    return pool
  }
  const pool = kept(openPool(url))
  const line = async () => {
    const target = new URL(url)
    const proxy = await openProxy({ host: target.hostname, port: Number(target.port || 3_306) })
    proxies.push(proxy)
    const through = Object.assign(new URL(url), { hostname: proxy.address.host, port: String(proxy.address.port) })
    return { address: through.href, line: proxy }
  }
  const on = async (own: mysql.Pool, options?: MysqlRepositoryOptions) => ({
    ...(await createMysqlRepository(kept(own), { database, ...options })),
    close: async () => {
      if (pools.delete(own)) await own.end()
    }
  })
  return {
    database,
    pool,
    open: (options) => on(openPool(node()), options),
    refuse: async (text) => {
      await pool.query(`alter table ${database}.userpoint_document add check (instr(body, '${text}') = 0)`)
    },
    hinder: async (options) => {
      const repository = await on(hastyPool(node()), options)
      const holder = await pool.getConnection()
      await holder.query(`lock tables ${database}.userpoint_document read`)
      return {
        repository,
        end: async () => {
          await holder.query('unlock tables')
          holder.release()
        }
      }
    },
    line,
    endpoint: async (options) => {
      const { address, line: disturbed } = await line()
      return { repository: await on(openPool(address), { answerTimeout: 600, ...options }), line: disturbed }
    },
    fork: (program, ...args) =>
      fork(program, [node(), database, ...args], {
        execArgv: ['--conditions=userpoint-source', '--import', typescript]
      }),
    dump: () => dump(pool, database),
    remove: async () => {
      await pool.query(`drop database if exists ${database}`)
      for (const proxy of proxies) await proxy.close()
      for (const one of pools) await one.end()
    }
  }
}

const tables = ['userpoint_document', 'userpoint_claim']

/** Returns where the server keeps a database, if this machine is its own, and lets us read it. */
export const folderOf = async (pool: mysql.Pool, database: string): Promise<string | undefined> => {
  const [rows] = await pool.query<mysql.RowDataPacket[]>('select @@datadir as folder')
  const folder = join(String(rows[0]?.['folder']), database)
  try {
    accessSync(folder, constants.R_OK)
    return folder
  } catch {
    return undefined
  }
}

/** Makes the server flush the tables, and locks them while their files are read. */
const dump = async (pool: mysql.Pool, database: string): Promise<ReadonlyArray<StoreFile>> => {
  const folder = await folderOf(pool, database)
  if (folder === undefined) throw new Error('the files of the server cannot be read here')
  const client = await pool.getConnection()
  try {
    await client.query(`flush tables ${tables.map((table) => `${database}.${table}`).join()} for export`)
    return tables.map((table) => ({ name: `${table}.ibd`, bytes: readFileSync(join(folder, `${table}.ibd`)) }))
  } finally {
    await client.query('unlock tables')
    client.release()
  }
}
