/** The library in memory. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { importInto } from './library.mjs'

/**
 * By the name of the store: a workload that starts with a full one finds it here.
 *
 * @type {Map<string, import('@userpoint/core/repository').Repository>}
 */
const stores = new Map()

/** @type {import('./contender.mjs').Run} */
export const run = async (job) => {
  const repository = stores.get(job.store) ?? createMemoryRepository()
  stores.set(job.store, repository)
  return importInto(repository, job)
}
