/**
 * A purge rewrites the tables: InnoDB leaves the bytes of what it drops in the free parts of pages, and in pages that wait to be
 * used again. A table that is rewritten is in a new file, which has none of them.
 */
import { StoreFault } from '@userpoint/core/repository'
import { textRows } from './answer.ts'
import { bounded, type Connections, withClient } from './connection.ts'
import type { Names } from './migrations.ts'
import { isStillGood, serverError } from './mysql-error.ts'
import type { MysqlQueryable } from './mysql-pool.ts'

export interface PurgeOptions {
  /** The longest wait for other transactions, in milliseconds. */
  readonly purgeTimeout: number
  /** The longest rewrite of one table, in milliseconds. */
  readonly rewriteTimeout: number
}

/** Errors after which a table may be free at the next attempt: a lock that did not come, or too many changes meanwhile. */
const passing: ReadonlySet<number | undefined> = new Set([1205, 1213, 1799])

const pause = (milliseconds: number): Promise<void> => new Promise((wake) => setTimeout(wake, milliseconds))

/** Rewrites a table at a moment at which it is free. */
const rewrite = async (client: MysqlQueryable, table: string, deadline: number): Promise<void> => {
  for (;;) {
    try {
      await client.query(`alter table ${table} force`)
      return
    } catch (cause) {
      if (!passing.has(serverError(cause))) throw cause
      if (Date.now() >= deadline) {
        throw new StoreFault(
          'mysql: purge failed (other sessions used the tables at each attempt: an idle transaction, or heavy load)',
          { applied: false, recovery: 'retry', code: '1205', cause }
        )
      }
      await pause(20)
    }
  }
}

/**
 * Rewrites each table. While a rewrite waits for its lock, later calls wait behind it, so it never waits for longer than a second,
 * the shortest time that a server accepts.
 */
export const purge = async (
  connections: Connections,
  { document, claim }: Names,
  { purgeTimeout, rewriteTimeout }: PurgeOptions
): Promise<void> => {
  const deadline = Date.now() + purgeTimeout
  const patient = { ...connections, answerTimeout: Math.max(rewriteTimeout, connections.answerTimeout) }
  await withClient(
    patient,
    async (rewriting) => {
      const client = bounded(rewriting, connections.answerTimeout)
      const answer = await client.query('select cast(@@session.lock_wait_timeout as char) as waits')
      const [row] = textRows('purge', answer, { columns: ['waits'] })
      await client.query('set session lock_wait_timeout = 1')
      try {
        for (const table of [document, claim]) await rewrite(rewriting, table, deadline)
      } finally {
        await client.query(`set session lock_wait_timeout = ${Number(row?.waits)}`)
      }
    },
    isStillGood
  )
}
