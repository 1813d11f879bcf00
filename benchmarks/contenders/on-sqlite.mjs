/** The library on SQLite, with the defaults of the adapter. */
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import Database from 'better-sqlite3'
import { importInto } from './library.mjs'

/** @type {import('./contender.mjs').Run} */
export const run = async (job) => {
  const database = new Database(job.store)
  const count = await importInto(createSqliteRepository(database), job)
  database.close()
  return count
}
