/** Opens a PostgreSQL database as a store. Loaded only if a command needs it. */
import { createPostgresRepository, hasPostgresTables } from '@userpoint/adapter-postgres'
import { Socket } from 'node:net'
import type { Repository } from '@userpoint/core/repository'
import pg from 'pg'
import { Failure, printable, reasonOf, withoutSecrets } from './failure.ts'

/** A repository on the database; `close` ends its connections. */
interface OpenPostgres {
  readonly repository: Repository
  readonly close: () => Promise<void>
}

/**
 * Opens a database; returns `undefined` if it has no tables and `mayMake` is `false`.
 *
 * @param mayMake `true`: create missing tables.
 */
export const openPostgres = async (
  url: URL,
  datamart: string | undefined,
  mayMake: boolean
): Promise<OpenPostgres | undefined> => {
  const sockets = new Set<Socket>()
  const stream = (): Socket => {
    const socket = new Socket()
    sockets.add(socket)
    return socket.once('close', () => sockets.delete(socket))
  }
  const pool = new pg.Pool({
    connectionString: url.href,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream
  })
  // Ignore the loss of an idle connection: the next statement opens another.
  pool.on('error', () => undefined)
  try {
    if (!mayMake && !(await hasPostgresTables(pool))) {
      await pool.end()
      return undefined
    }
    const repository = await createPostgresRepository(pool, datamart === undefined ? {} : { datamart })
    return { repository, close: () => pool.end() }
  } catch (error) {
    await pool.end()
    // After a failed login the driver leaves the socket open, which would keep the program running.
    for (const socket of sockets) socket.destroy()
    throw new Failure(`the store ${printable(withoutSecrets(url))} cannot be opened: ${reasonOf(error)}`)
  }
}
