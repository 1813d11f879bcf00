/**
 * The store in an SQLite file, with bodies as texts. Every call answers at once: a commit is one `begin immediate`
 * transaction, a load is one read transaction, and a page is one query, so that no statement is open between two calls.
 */
import type { CommitResult, Kind, Manifest, Reference } from '@userpoint/core/repository'
import { StoreFault } from '@userpoint/core/repository'
import { type ClaimHash, type ClaimKey, claimHash } from './claim-hash.ts'
import { type ClaimIndex, createClaimIndex } from './claim-index.ts'
import { createDocuments, type Documents, type Found, type TextDocument, type TextWrite } from './documents.ts'
import { createRowNumbers } from './row-numbers.ts'
import { createDatamartFinder, type Datamart, type DatamartFinder, migrate } from './schema.ts'
import type { SqliteDatabase } from './sqlite-database.ts'
import { attempt, resultCode, sqliteFault } from './sqlite-error.ts'

export interface SqliteRepositoryOptions {
  /** Which of the datamarts in the file; they never see each other. Default: `default`. */
  readonly datamart?: string
  /** How long a call waits for other handles before it fails, in milliseconds. Default: 5,000. */
  readonly busyTimeout?: number
  /** `full`: a commit is on the disk when it returns. `normal`: a power cut may undo the last ones. Default: `full`. */
  readonly synchronous?: 'full' | 'normal'
  /** How many pages the log grows to before it is moved into the file. Default: 20,000, about 80 MB. */
  readonly walAutocheckpoint?: number
  /** How much of the file is kept in memory, in KiB. Default: 32,768. */
  readonly cacheSize?: number
}

/** An open database with our tables, and what is prepared on it. */
interface Store {
  readonly database: SqliteDatabase
  readonly datamart: DatamartFinder
  readonly index: ClaimIndex
  readonly documents: Documents
}

/** What the port asks for, with each body as the text that it is kept as, and a scan in pages. */
export interface TextStore {
  readonly manifest: Manifest
  readonly load: (references: ReadonlyArray<Reference>) => ReadonlyArray<TextDocument | undefined>
  readonly commit: (writes: Iterable<TextWrite>) => CommitResult
  /** At most `size` documents of a kind, ascending by id, whose ids come after `after`. */
  readonly page: (kind: Kind, after: string, size: number) => ReadonlyArray<TextDocument>
  readonly purge: () => void
}

/**
 * The store in an open database, whose tables it makes or brings up to date.
 *
 * @param hashWith How claims are hashed; one file must always be given the same.
 */
export const createTextStore = (
  database: SqliteDatabase,
  options: SqliteRepositoryOptions,
  hashWith: (key: ClaimKey) => ClaimHash = claimHash
): TextStore => {
  const settings = settle(options)
  return attempt('open', () => {
    configure(database, settings)
    // Before the log mode is changed, which stays with the file: one that is not ours is refused as it is.
    migrate(database)
    const onDisk = writeAhead(database, settings.busyTimeout)
    const datamart = createDatamartFinder(database, settings.datamart, hashWith)
    const index = createClaimIndex(database)
    const store: Store = { database, datamart, index, documents: createDocuments(database, index, createRowNumbers()) }
    return {
      manifest: { name: 'sqlite', durable: onDisk, concurrent: onDisk && 'processes' },
      load: (references) => attempt('load', () => load(store, references)),
      commit: (writes) => commit(store, writes),
      page: (kind, after, size) => attempt('scan', () => page(store, kind, after, size)),
      purge: () => purge(database)
    }
  })
}

const settle = (options: SqliteRepositoryOptions): Required<SqliteRepositoryOptions> => {
  const settings = {
    datamart: 'default',
    busyTimeout: 5_000,
    synchronous: 'full',
    walAutocheckpoint: 20_000,
    cacheSize: 32_768,
    ...options
  } as const
  for (const name of ['busyTimeout', 'walAutocheckpoint', 'cacheSize'] as const) {
    const value = settings[name]
    if (!Number.isInteger(value) || value < 0 || value > 0x7f_ff_ff_ff) {
      throw new RangeError(`${name} must be a whole number, not ${value}`)
    }
  }
  if (settings.synchronous !== 'full' && settings.synchronous !== 'normal') {
    throw new RangeError(`synchronous must be full or normal, not ${settings.synchronous}`)
  }
  return settings
}

/** Sets what SQLite keeps per connection. */
const configure = (database: SqliteDatabase, settings: Required<SqliteRepositoryOptions>): void => {
  database.exec(`pragma busy_timeout = ${settings.busyTimeout}`)
  database.exec(`pragma synchronous = ${settings.synchronous}`)
  database.exec(`pragma cache_size = -${settings.cacheSize}`)
  database.exec(`pragma wal_autocheckpoint = ${settings.walAutocheckpoint}`)
  // What is deleted is overwritten with zeros at once; `purge` finds the copies that this misses.
  database.exec('pragma secure_delete = on')
}

/** Gives the file a write-ahead log; `false`: the database is no file, but in memory. */
const writeAhead = (database: SqliteDatabase, busyTimeout: number): boolean => {
  const mode = journalMode(database, busyTimeout)
  if (mode !== 'wal' && mode !== 'memory') {
    throw new StoreFault(`sqlite: the file cannot have a write-ahead log (journal mode ${mode})`, { applied: false })
  }
  return mode === 'wal'
}

// SQLite does not wait by itself for another handle that is changing the mode of a new file.
const journalMode = (database: SqliteDatabase, busyTimeout: number): string => {
  const statement = database.prepare('pragma journal_mode = wal')
  const deadline = Date.now() + busyTimeout
  for (;;) {
    try {
      return (statement.get() as { readonly journal_mode: string }).journal_mode
    } catch (error) {
      if (resultCode(error) !== 'SQLITE_BUSY' || Date.now() >= deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

/** Where a reference leads, by number; several, where claims have one hash. */
type Candidates = ReadonlyArray<number>

const noCandidates: Candidates = []

/** The documents that each reference may lead to. */
const findCandidates = (
  { documents, index }: Store,
  datamart: Datamart,
  references: ReadonlyArray<Reference>
): ReadonlyArray<Candidates> => {
  const ids: Array<readonly [Kind, string]> = []
  const hashes: number[] = []
  for (const reference of references) {
    if (reference._tag === 'ById') ids.push([reference.kind, reference.id])
    else hashes.push(datamart.hash(reference.claim))
  }
  const byPlace = documents.findNumbers(datamart, ids)
  const byHash = index.find(hashes)
  let idsSeen = 0
  let hashesSeen = 0
  return references.map(({ _tag }) => {
    if (_tag === 'ByClaim') return byHash.get(hashes[hashesSeen++] as number) ?? noCandidates
    const number = byPlace.get(idsSeen++)
    return number === undefined ? noCandidates : [number]
  })
}

// Transactions begin and end through `exec`: libsql does not reset a prepared `begin` that had to give up.
const load = (store: Store, references: ReadonlyArray<Reference>): ReadonlyArray<TextDocument | undefined> => {
  store.database.exec('begin')
  try {
    const datamart = store.datamart.find()
    if (datamart === undefined) return references.map(() => undefined)
    const candidates = findCandidates(store, datamart, references)
    // Many references may lead to one large document, which is read once.
    const read = store.documents.read([...new Set(candidates.flat())])
    return references.map((reference, at) => {
      for (const number of candidates[at] as Candidates) {
        const found = read.get(number) as Found
        if (reference._tag === 'ById') return found.document
        if (found.datamart === datamart.number && found.holds(reference.claim)) return found.document
      }
      return undefined
    })
  } finally {
    store.database.exec('commit')
  }
}

const commit = ({ database, documents, datamart }: Store, writes: Iterable<TextWrite>): CommitResult => {
  attempt('commit', () => database.exec('begin immediate'))
  let committing = false
  try {
    if (!documents.write(datamart.give(), writes)) {
      database.exec('rollback')
      return { _tag: 'Conflict' }
    }
    committing = true
    database.exec('commit')
    return { _tag: 'Committed' }
  } catch (cause) {
    throw sqliteFault('commit', cause, isUndone(database, committing) ? false : undefined)
  }
}

/**
 * Ends what is left of a failed transaction; says whether it is certain that nothing was written. A failed `commit`
 * leaves the transaction open only if it wrote nothing; otherwise its last words may or may not be in the log.
 */
const isUndone = (database: SqliteDatabase, committing: boolean): boolean => {
  try {
    database.exec('rollback')
    return true
  } catch {
    return !committing && isIdle(database)
  }
}

/** Whether no transaction is open, as after the errors on which SQLite rolls back by itself. */
const isIdle = (database: SqliteDatabase): boolean => {
  try {
    database.exec('begin')
    database.exec('rollback')
    return true
  } catch {
    return false
  }
}

const page = ({ documents, datamart }: Store, kind: Kind, after: string, size: number): ReadonlyArray<TextDocument> => {
  const known = datamart.find()
  return known === undefined ? [] : documents.page(known, kind, after, size)
}

const purge = (database: SqliteDatabase): void => {
  attempt('purge', () => {
    // `secure_delete` misses copies of rows that splits leave in the unused parts of pages: only a rewrite is sure.
    database.exec('vacuum')
    const { busy } = database.prepare('pragma wal_checkpoint(truncate)').get() as { readonly busy: number | bigint }
    if (Number(busy) !== 0) {
      const reason = 'another handle was reading for too long: the log still holds old data'
      throw new StoreFault(`sqlite: purge failed (${reason})`, { applied: false })
    }
  })
}
