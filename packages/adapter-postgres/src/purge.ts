/**
 * A purge rewrites the tables: a plain vacuum leaves the bytes of deleted rows in the free parts of pages. A rewrite copies every
 * row that an older transaction may still see, so those must have ended before.
 */
import { StoreFault } from '@userpoint/core/repository'
import { textRows } from './answer.ts'
import { bounded, type Connections, withClient } from './connection.ts'
import type { Names } from './migrations.ts'
import { lostConnection } from './postgres-error.ts'
import type { PostgresQueryable } from './postgres-pool.ts'

export interface PurgeOptions {
  /** The longest wait for other transactions, in milliseconds. */
  readonly purgeTimeout: number
  /** The longest rewrite of one table, in milliseconds. */
  readonly rewriteTimeout: number
}

/** Returns the fault of a purge that other sessions block. */
const inTheWay = (reason: string): StoreFault =>
  new StoreFault(`postgres: purge failed (${reason})`, { applied: false, recovery: 'retry', code: '55P03' })

/** The transactions that keep deleted rows from a vacuum: those that began before `$1`. Other vacuums do not. */
const olderTransactions = `
  select count(*)::text as count
  from (
    select backend_xmin as held from pg_stat_activity
    where pid <> pg_backend_pid() and (datname = current_database() or datname is null)
      and pid not in (select pid from pg_stat_progress_vacuum)
    union all
    select backend_xid from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()
    union all
    select transaction from pg_prepared_xacts where database = current_database()
    union all
    select xmin from pg_replication_slots
  ) as holder
  where held is not null and age(held) > age($1::text::xid)`

/** The tables, or their partitions; the file that each is in; and whether this role may rewrite it. */
const tableFiles = `
  select oid::regclass::text as name, pg_relation_filenode(oid)::text as file,
    (pg_has_role(relowner, 'usage') or case when current_setting('server_version_num')::integer >= 170000
      then has_table_privilege(oid, 'maintain') else false end)::text as may_rewrite
  from pg_class
  where relkind = 'r' and oid in (
    select name::regclass from unnest($1::text[]) as named (name)
    union select relid from unnest($1::text[]) as named (name), pg_partition_tree(name::regclass)
  )`

interface TableFile {
  readonly name: string
  readonly file: string
  readonly may_rewrite: string
}

/** Sleeps on the server, so that this adapter needs no clock besides the deadline's. */
const sleep = (client: PostgresQueryable, seconds: number): Promise<unknown> =>
  client.query('select pg_sleep($1::float8)', [seconds])

/** Waits until no transaction is open that began before this call. */
const waitForOlder = async (client: PostgresQueryable, deadline: number): Promise<void> => {
  const [row] = textRows(
    'purge',
    await client.query(`select (pg_snapshot_xmax(pg_current_snapshot())::text::bigint % 4294967296)::text as horizon`),
    ['horizon']
  )
  for (;;) {
    const [older] = textRows('purge', await client.query(olderTransactions, [row?.horizon ?? '0']), ['count'])
    if (older?.count === '0') return
    if (Date.now() >= deadline) {
      throw inTheWay('another transaction is open for too long, and may still see old data')
    }
    await sleep(client, 0.02)
  }
}

const filesOf = async (client: PostgresQueryable, tables: ReadonlyArray<string>): Promise<ReadonlyArray<TableFile>> =>
  textRows('purge', await client.query(tableFiles, [[...tables]]), ['name', 'file', 'may_rewrite'])

/**
 * Rewrites each table. It takes a lock only if that is possible at once: a purge that waits in the queue for a lock blocks every
 * later reader.
 */
const rewrite = async (
  connections: Connections,
  tables: ReadonlyArray<string>,
  { deadline, rewriteTimeout }: { readonly deadline: number; readonly rewriteTimeout: number }
): Promise<void> => {
  const { pool } = connections
  const patient = { pool, answerTimeout: Math.max(rewriteTimeout, connections.answerTimeout) }
  await withClient(
    patient,
    async (rewriting) => {
      const client = bounded(rewriting, connections.answerTimeout)
      let left = await filesOf(client, tables)
      if (left.some((table) => table.may_rewrite !== 'true')) {
        throw new StoreFault('postgres: purge failed (only the owner of the tables may rewrite them)', {
          applied: false,
          recovery: 'repair',
          code: '42501'
        })
      }
      while (left.length > 0) {
        for (const { name } of left) await rewriting.query(`vacuum (full, analyze, skip_locked) ${name}`)
        const now = new Set((await filesOf(client, tables)).map(({ file }) => file))
        // A rewritten table is in another file. For a skipped table PostgreSQL only gives a warning.
        left = left.filter(({ file }) => now.has(file))
        if (left.length > 0 && Date.now() >= deadline) {
          throw inTheWay('other sessions used the tables at each attempt: an idle transaction, or heavy load')
        }
        if (left.length > 0) await sleep(client, 0.01)
      }
    },
    lostConnection
  )
}

/** Waits until older transactions have ended, then until each table is free, and rewrites it. */
export const purge = async (
  connections: Connections,
  { document, claim }: Names,
  { purgeTimeout, rewriteTimeout }: PurgeOptions
): Promise<void> => {
  const deadline = Date.now() + purgeTimeout
  await withClient(connections, (client) => waitForOlder(client, deadline), lostConnection)
  await rewrite(connections, [document, claim], { deadline, rewriteTimeout })
}
