/** A PostgreSQL database as a store: a module of its own, since most commands never need it. */
import { createPostgresRepository, hasPostgresTables } from '@userpoint/adapter-postgres'
import { Socket } from 'node:net'
import type { Repository } from '@userpoint/core/repository'
import pg from 'pg'
import { Failure, printable, reasonOf } from './failure.ts'

/** A database, and what gives back all that is behind it. */
interface OpenPostgres {
  readonly repository: Repository
  readonly close: () => Promise<void>
}

/**
 * Opens a database; `undefined`: it has no tables, and is not to get any.
 *
 * @param mayMake Whether it gets tables where it has none.
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
  const pool = new pg.Pool({ connectionString: url.href, connectionTimeoutMillis: 10_000, stream })
  // A connection that is lost while nobody uses it is none of anybody's business: the next statement gets another.
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
    // The driver leaves one open on which it could not log in, and the program would wait until the server closes it.
    for (const socket of sockets) socket.destroy()
    throw new Failure(`the store ${printable(withoutSecrets(url))} cannot be opened: ${reasonOf(error)}`)
  }
}

/** An address that may be shown. */
const withoutSecrets = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`
