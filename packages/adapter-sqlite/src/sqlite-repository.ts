/** The port on SQLite, in the thread of the caller: every call is synchronous. */
import {
  aText,
  demandOptions,
  type Kind,
  type OptionNames,
  type Repository,
  type ScanOptions,
  type Stored
} from '@userpoint/core/repository'
import { storedAs, storedEach, textWrites } from './body-text.ts'
import { check } from './check.ts'
import type { SqliteDatabase } from './sqlite-database.ts'
import { createTextStore, createTextStoreWithin, type SqliteRepositoryOptions, type TextStore } from './text-store.ts'

/**
 * Returns a repository in an open database; creates its tables, or migrates them. The caller closes the database: the repository
 * holds no other resource, and has no `close`.
 *
 * @throws {StoreFault} The database cannot be used: it is another program's, of a later version, damaged, or locked.
 * @throws {RangeError} An option is out of range.
 */
export const createSqliteRepository = (database: SqliteDatabase, options: SqliteRepositoryOptions = {}): Repository =>
  repositoryOf(createTextStore(database, options))

/**
 * Returns a repository whose loads and commits run in the open transaction of a database, which the caller begins, and commits or
 * rolls back. `createSqliteRepository` must have created the tables. A batch is a savepoint: if it fails, the rest of the
 * transaction stays. A conflict is a `StoreFault` (`CONFLICT`), because only a new transaction can succeed. It cannot be purged:
 * purge the database's own repository afterwards.
 *
 * @throws {StoreFault} The database has no tables of this version.
 */
const within = (database: SqliteDatabase, options: SqliteWithinOptions = {}): Repository => {
  demandOptions('createSqliteRepository.within', options, withinOptions, { datamart: aText })
  return repositoryOf(createTextStoreWithin(database, options.datamart ?? 'default'))
}

createSqliteRepository.within = within

/** The datamart of a transaction. */
export interface SqliteWithinOptions {
  /** Default: `default`. */
  readonly datamart?: string
}

const withinOptions: OptionNames<SqliteWithinOptions> = { datamart: 'optional' }

/** Returns the port on a store of texts. */
export const repositoryOf = (store: TextStore): Repository => ({
  manifest: store.manifest,
  load: (references) => storedEach(store.load(references)),
  commit: (writes) => store.commit(textWrites(writes)),
  scan: (kind, options) => scan(store, kind, options),
  purge: () => store.purge(),
  check: (claimsOf) => check(store.check, claimsOf)
})

/** The number of documents that a scan reads at once. */
export const pageSize = 256

function* scan(
  store: TextStore,
  kind: Kind,
  { after = '', limit = Number.POSITIVE_INFINITY }: ScanOptions = {}
): Generator<Stored> {
  let last = after
  let left = limit
  while (left > 0) {
    const size = Math.min(pageSize, left)
    const page = store.page(kind, last, size)
    for (const document of page) {
      yield storedAs(document)
      last = document.id
    }
    if (page.length < size) return
    left -= size
  }
}
