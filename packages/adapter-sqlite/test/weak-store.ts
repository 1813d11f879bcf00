/** A store whose claims often share a hash. */
import type { Repository } from '@userpoint/core/repository'
import { repositoryOf } from '../src/sqlite-repository.ts'
import { createTextStore, type SqliteRepositoryOptions } from '../src/text-store.ts'
import type { SqliteStore } from './harness.ts'
import { weakHash } from './weak-hash.ts'

/** Opens a repository on a store's file that hashes its claims weakly. */
export const openWeak = (store: SqliteStore, options: SqliteRepositoryOptions = {}): Repository => {
  const { database, close } = store.openDatabase()
  return { ...repositoryOf(createTextStore(database, options, weakHash)), close }
}
