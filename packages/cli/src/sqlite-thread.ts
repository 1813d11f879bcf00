/** The program of a thread that has an SQLite file of its own: one that serves a store, or one that purges the file and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { serveSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import { type DriverName, loadDriver } from './sqlite-driver.ts'

/** The data that a thread starts with. */
export interface SqliteThreadData {
  readonly path: string
  readonly driver: DriverName | undefined
  readonly datamart: string | undefined
  readonly job: 'Serve' | 'Purge'
}

const { path, driver, datamart, job } = workerData as SqliteThreadData
const port = parentPort
if (port === null) throw new TypeError('this module is the program of a thread')

// Calls that come before the driver is loaded are kept: a port passes messages on once it has a listener.
const open = await loadDriver(driver)
const options = datamart === undefined ? {} : { datamart }

if (job === 'Serve') serveSqliteRepository(port, () => open(path, { readOnly: false }), options)
else {
  const database = open(path, { readOnly: false })
  try {
    await createSqliteRepository(database, options).purge?.()
  } finally {
    database.close()
  }
  port.close()
}
