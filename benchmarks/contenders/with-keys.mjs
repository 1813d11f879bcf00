/** The library on SQLite, encrypted: a key for each person, in a file beside the store. */
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createFileKeys, withKeys } from '@userpoint/keys'
import Database from 'better-sqlite3'
import { keysOf } from './contender.mjs'
import { importInto } from './library.mjs'

/**
 * @param {import('@userpoint/keys').Renewal} renew
 * @returns {import('./contender.mjs').Run}
 */
export const runWith = (renew) => async (job) => {
  const database = new Database(job.store)
  const keys = createFileKeys(keysOf(job.store))
  const count = await importInto(withKeys(createSqliteRepository(database), keys, { renew }), job)
  database.close()
  keys.close()
  return count
}
