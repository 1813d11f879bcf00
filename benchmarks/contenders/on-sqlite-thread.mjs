/** The library on SQLite, whose database a thread of its own has. This module is the thread's program too. */
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { connectSqliteRepository, serveSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import Database from 'better-sqlite3'
import { importInto } from './library.mjs'

/** @type {import('./contender.mjs').Run} */
export const run = async (job) => {
  const repository = await connectSqliteRepository(
    new Worker(fileURLToPath(import.meta.url), {
      workerData: job.store,
      resourceLimits: { maxYoungGenerationSizeMb: 6 }
    })
  )
  const count = await importInto(repository, job)
  await repository.close?.()
  return count
}

if (!isMainThread && parentPort) serveSqliteRepository(parentPort, () => new Database(workerData))
