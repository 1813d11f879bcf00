/**
 * SQLite for a server: each datamart's handle has a thread of its own, so that no call of SQLite keeps other requests from their
 * answer. A purge has another thread, and readers go on meanwhile. No writer can: its call waits for a moment, and is then
 * refused.
 */
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { connectSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import { type Repository, StoreFault } from '@userpoint/core/repository'
import type { DriverName } from './sqlite-driver.ts'
import type { SqliteThreadData } from './sqlite-thread.ts'
import type { OpenStore } from './store-place.ts'

// The tests run the sources, and programs what is built from them.
const program = new URL(import.meta.url.endsWith('.ts') ? './sqlite-thread.ts' : './sqlite-thread.js', import.meta.url)

const startThread = (workerData: SqliteThreadData): Worker => new Worker(program, { workerData })

/** Runs a purge of a file to its end. */
const purgeOnThread = (data: Omit<SqliteThreadData, 'job'>): Promise<void> =>
  new Promise((done, reject) => {
    const thread = startThread({ ...data, job: 'Purge' })
    thread.once('error', reject)
    thread.once('exit', (code) => {
      if (code === 0) done()
      else reject(new StoreFault('sqlite: purge failed (its thread ended)', { applied: false, recovery: 'retry' }))
    })
  })

/** The milliseconds that a write waits for the end of a purge. */
const patience = 500

/** Waits for work, but only for a while. Returns whether it has ended. */
const endsSoon = async (work: Promise<unknown>): Promise<boolean> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const isLate = new Promise<boolean>((late) => {
    timer = setTimeout(() => late(false), patience)
  })
  const hasEnded = await Promise.race([
    work.then(
      () => true,
      () => true
    ),
    isLate
  ])
  clearTimeout(timer)
  return hasEnded
}

/** The purge at work on each file: the datamarts of one file share it. */
const purges = new Map<string, Promise<void>>()

const busy = (): StoreFault =>
  new StoreFault('sqlite: commit failed (a purge is at work)', {
    applied: false,
    recovery: 'retry',
    code: 'SQLITE_BUSY'
  })

const whilePurged = (repository: Repository, data: Omit<SqliteThreadData, 'job'>): Repository => ({
  ...repository,
  commit: async (writes) => {
    const purge = purges.get(data.path)
    if (purge !== undefined && !(await endsSoon(purge))) throw busy()
    return repository.commit(writes)
  },
  purge: async () => {
    const before = purges.get(data.path) ?? Promise.resolve()
    const purge = before.catch(() => undefined).then(() => purgeOnThread(data))
    purges.set(data.path, purge)
    try {
      await purge
    } finally {
      if (purges.get(data.path) === purge) purges.delete(data.path)
    }
  }
})

/** Opens a file, which exists, for a server. */
export const openServedSqlite = async (
  file: string,
  { datamart, driver }: { readonly datamart?: string | undefined; readonly driver?: DriverName | undefined }
): Promise<OpenStore> => {
  const data = { path: resolve(file), driver, datamart }
  const repository = await connectSqliteRepository(startThread({ ...data, job: 'Serve' }))
  return { repository: whilePurged(repository, data), close: async () => repository.close?.() }
}
