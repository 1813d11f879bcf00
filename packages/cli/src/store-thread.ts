/** The program of the thread that a store is on: it has the database, and is told by the thread that made it what to do. */
import { parentPort, workerData } from 'node:worker_threads'
import { serveSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import { type DriverName, loadDriver } from './sqlite-driver.ts'

export interface ThreadSettings {
  /** Absolute. */
  readonly path: string
  readonly driver: DriverName | undefined
  readonly datamart: string | undefined
}

const { path, driver, datamart } = workerData as ThreadSettings
const open = await loadDriver(driver)
if (parentPort) {
  serveSqliteRepository(parentPort, () => open(path, { readOnly: false }), datamart === undefined ? {} : { datamart })
}
