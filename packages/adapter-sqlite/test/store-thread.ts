/**
 * The program of another thread of these tests: it serves the store in a file to its parent; without a file, it serves one store
 * at each port that it receives, because a thread takes longer to start than most tests.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { serveSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import { driverNamed } from './drivers.ts'

/** The file of a store, and the driver. */
export interface ThreadStore {
  readonly driver: string
  readonly file: string
}

const serve = (port: MessagePort, { driver, file }: ThreadStore): void =>
  serveSqliteRepository(port, () => driverNamed(driver).open(file))

if (workerData !== null) {
  if (parentPort) serve(parentPort, workerData as ThreadStore)
} else {
  parentPort?.on('message', ({ port, store }: { readonly port: MessagePort; readonly store: ThreadStore }) =>
    serve(port, store)
  )
}
