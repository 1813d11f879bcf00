/** Stores on threads of their own, for tests. */
import { MessageChannel, Worker } from 'node:worker_threads'
import { connectSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import type { Repository } from '@userpoint/core/repository'
import type { ThreadStore } from './store-thread.ts'

const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

/** A thread that serves the store in a file; without one, any number of them. */
export const startThread = (store: ThreadStore | null): Worker =>
  new Worker(new URL('store-thread.ts', import.meta.url), {
    workerData: store,
    execArgv: ['--conditions=userpoint-source', '--import', typescript]
  })

/** One more repository on a thread that serves any number of them. */
export const connectThrough = (host: Worker, store: ThreadStore): Promise<Repository> => {
  const { port1, port2 } = new MessageChannel()
  host.postMessage({ port: port2, store }, [port2])
  return connectSqliteRepository(port1)
}
