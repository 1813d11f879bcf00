/** The port on SQLite, in the thread that calls it: every call answers at once. */
import type { Kind, Repository, ScanOptions, Stored } from '@userpoint/core/repository'
import { storedAs, storedEach, textWrites } from './body-text.ts'
import type { SqliteDatabase } from './sqlite-database.ts'
import { createTextStore, type SqliteRepositoryOptions, type TextStore } from './text-store.ts'

/**
 * A repository in an open database, whose tables it makes or brings up to date. The database stays its opener's, who
 * closes it: the repository holds nothing else, and has no `close`.
 */
export const createSqliteRepository = (database: SqliteDatabase, options: SqliteRepositoryOptions = {}): Repository =>
  repositoryOf(createTextStore(database, options))

/** The port on a store of texts. */
export const repositoryOf = (store: TextStore): Repository => ({
  manifest: store.manifest,
  load: (references) => storedEach(store.load(references)),
  commit: (writes) => store.commit(textWrites(writes)),
  scan: (kind, options) => scan(store, kind, options),
  purge: () => store.purge()
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
