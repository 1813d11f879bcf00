/** Opens a MariaDB or MySQL database as a store. Loaded only if a command needs it. */
import { createMysqlRepository, hasMysqlTables } from '@userpoint/adapter-mysql'
import type { Repository } from '@userpoint/core/repository'
import mysql from 'mysql2/promise'
import { Failure, printable, reasonOf, withoutSecrets } from './failure.ts'

/** A repository on the database; `close` ends its connections. */
interface OpenMysql {
  readonly repository: Repository
  readonly close: () => Promise<void>
}

/** Returns the name in the path of an address, or as it stands there if it is not encoded as it must be. */
const databaseIn = ({ pathname }: URL): string => {
  try {
    return decodeURIComponent(pathname.slice(1))
  } catch {
    return pathname.slice(1)
  }
}

/**
 * Opens a database; returns `undefined` if it has no tables and `mayMake` is `false`.
 *
 * @param mayMake `true`: create the database and its tables if they are missing.
 */
export const openMysql = async (
  url: URL,
  datamart: string | undefined,
  mayMake: boolean
): Promise<OpenMysql | undefined> => {
  // The driver would refuse a database that does not exist yet.
  const server = new URL(url)
  server.pathname = '/'
  const pool = mysql.createPool({ uri: server.href, connectTimeout: 10_000 })
  const database = databaseIn(url)
  try {
    if (!mayMake && !(await hasMysqlTables(pool, database))) {
      await pool.end()
      return undefined
    }
    const repository = await createMysqlRepository(pool, {
      database,
      ...(datamart === undefined ? {} : { datamart })
    })
    return { repository, close: () => pool.end() }
  } catch (error) {
    await pool.end()
    // The adapter's own words about the name of the database.
    const reason = error instanceof RangeError ? error.message : reasonOf(error)
    throw new Failure(`the store ${printable(withoutSecrets(url))} cannot be opened: ${reason}`)
  }
}
