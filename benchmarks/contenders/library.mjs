/** The library itself, on each of its stores, with the defaults of engine and adapter. */
import { createReadStream } from 'node:fs'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine } from '@userpoint/core'
import Database from 'better-sqlite3'

import { newId } from '../ids.mjs'
import { documentType } from '../workloads.mjs'
import { pieceSize } from './contender.mjs'

/** @typedef {import('@userpoint/core/repository').Repository} Repository */

/** @returns {Promise<number>} How many lines were applied. */
const importInto = async (
  /** @type {Repository} */ repository,
  /** @type {import('./contender.mjs').Job} */ { workload, input }
) => {
  // A purge rewrites the file: what it costs depends on the store's size, and not on the lines.
  const engine = createEngine({ repository, clock: Date.now, newId, purgeAfterDeletions: false })
  let verdicts = 0
  const outcome = await engine.importDocument(
    documentType(workload),
    () => createReadStream(input, { highWaterMark: pieceSize }),
    {
      onVerdicts: (some) => {
        verdicts += some.length
      }
    }
  )()
  if (outcome._tag === 'Left') throw new Error(outcome.left.error._tag)
  const { applied } = outcome.right
  if (applied !== verdicts) throw new Error(`${verdicts} verdicts, and ${applied} lines were applied`)
  return applied
}

/** @type {import('./contender.mjs').Contender} */
export const onSqlite = {
  title: 'userpoint on SQLite',
  isSlow: false,
  keeps: true,
  run: async (job) => {
    const database = new Database(job.store)
    const count = await importInto(createSqliteRepository(database), job)
    database.close()
    return count
  }
}

/** Kept between runs of one process, as `startsFull` needs it. */
const memory = new Map()

/** @type {import('./contender.mjs').Contender} */
export const inMemory = {
  title: 'userpoint in memory',
  isSlow: false,
  keeps: false,
  run: async (job) => {
    const repository = memory.get(job.store) ?? createMemoryRepository()
    memory.set(job.store, repository)
    return importInto(repository, job)
  }
}
