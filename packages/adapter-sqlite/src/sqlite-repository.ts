/** The port on SQLite, in the thread that calls it: every call answers at once. */
import type { Kind, Repository, ScanOptions, Stored } from '@userpoint/core/repository'
import { storedAs, storedEach, textWrites } from './body-text.ts'
import { check } from './check.ts'
import type { SqliteDatabase } from './sqlite-database.ts'
import { createTextStore, createTextStoreWithin, type SqliteRepositoryOptions, type TextStore } from './text-store.ts'

/**
 * Returns a repository in an open database, whose tables it makes or brings up to date. The caller closes the database: the
 * repository holds nothing else, and has no `close`.
 *
 * @throws {StoreFault} The database cannot be used: it is another program's, of a later version, damaged, or locked.
 * @throws {RangeError} An option is out of range.
 */
export const createSqliteRepository = (database: SqliteDatabase, options: SqliteRepositoryOptions = {}): Repository =>
  repositoryOf(createTextStore(database, options))

/**
 * Returns a repository whose loads and commits run in the transaction that is open on the same database, which the caller
 * began, and commits or rolls back. `createSqliteRepository` has made the tables before. A batch is a savepoint: one that
 * fails leaves the rest of the transaction as it was. A conflict is a `StoreFault` (`CONFLICT`), since only a new transaction
 * can do better. It cannot be purged: purge the database's own repository afterwards.
 *
 * @throws {StoreFault} The database has no tables of this version.
 */
const within = (database: SqliteDatabase, { datamart = 'default' }: SqliteWithinOptions = {}): Repository =>
  repositoryOf(createTextStoreWithin(database, datamart))

createSqliteRepository.within = within

/** Which datamart of a database a transaction is about. */
export interface SqliteWithinOptions {
  /** Default: `default`. */
  readonly datamart?: string
}

/** Returns the port on a store of texts. */
export const repositoryOf = (store: TextStore): Repository => ({
  manifest: store.manifest,
  load: (references) => storedEach(store.load(references)),
  commit: (writes) => store.commit(textWrites(writes)),
  scan: (kind, options) => scan(store, kind, options),
  purge: () => store.purge(),
  check: (claimsOf) => check(store.check, claimsOf)
})

/** How many documents a scan reads at once. */
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
