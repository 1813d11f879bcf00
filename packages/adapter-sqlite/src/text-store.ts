/**
 * The store in an SQLite file, with bodies as texts. Every call is synchronous: a commit is one `begin immediate` transaction, a
 * load is one read transaction, and a page is one query, so that no statement is open between two calls.
 */
import {
  aText,
  type CommitResult,
  demandOptions,
  type Kind,
  type Manifest,
  type OptionNames,
  type Reference,
  StoreFault
} from '@userpoint/core/repository'
import type { CheckSource } from './check.ts'
import { createCheckSource } from './check-source.ts'
import { type ClaimHash, type ClaimKey, claimHash } from './claim-hash.ts'
import { type ClaimIndex, createClaimIndex } from './claim-index.ts'
import { createDocuments, type Documents, type Found, type TextDocument, type TextWrite } from './documents.ts'
import { createRowNumbers } from './row-numbers.ts'
import {
  createDatamartFinder,
  type Datamart,
  type DatamartAsked,
  type DatamartFinder,
  isCurrent,
  migrate
} from './schema.ts'
import type { SqliteDatabase } from './sqlite-database.ts'
import { attempt, resultCode } from './sqlite-error.ts'
import { callersTransaction, ownTransactions, type Transactions } from './transactions.ts'

export interface SqliteRepositoryOptions {
  /** The name of the datamart. The datamarts of a file never see each other. Default: `default`. */
  readonly datamart?: string
  /** The longest wait of a call for other handles, in milliseconds. Default: 5,000. */
  readonly busyTimeout?: number
  /** `full`: a commit is on the disk when it returns. `normal`: a power cut may undo the last ones. Default: `full`. */
  readonly synchronous?: 'full' | 'normal'
  /** The size of the log, in pages, at which it is moved into the file. Default: 20,000, about 80 MB. */
  readonly walAutocheckpoint?: number
  /** The size of the page cache, in KiB. Default: 32,768. */
  readonly cacheSize?: number
}

const optionNames: OptionNames<SqliteRepositoryOptions> = {
  datamart: 'optional',
  busyTimeout: 'optional',
  synchronous: 'optional',
  walAutocheckpoint: 'optional',
  cacheSize: 'optional'
}

/** An open database with our tables, and its prepared statements. */
interface Store {
  readonly database: SqliteDatabase
  readonly datamart: DatamartFinder
  readonly index: ClaimIndex
  readonly documents: Documents
  readonly transactions: Transactions
}

/** The port with stored texts instead of bodies, and a scan in pages. */
export interface TextStore {
  readonly manifest: Manifest
  readonly load: (references: ReadonlyArray<Reference>) => ReadonlyArray<TextDocument | undefined>
  readonly commit: (writes: Iterable<TextWrite>) => CommitResult
  /** At most `size` documents of a kind, ascending by id, whose ids come after `after`. */
  readonly page: (kind: Kind, after: string, size: number) => ReadonlyArray<TextDocument>
  readonly purge: () => void
  readonly check: CheckSource
}

/** Returns the hash function of claims; all handles on a file must use the same one. */
type Hashing = (key: ClaimKey) => ClaimHash

/** Returns the store in an open database; creates its tables, or migrates them. */
export const createTextStore = (
  database: SqliteDatabase,
  options: SqliteRepositoryOptions,
  hashWith: Hashing = claimHash
): TextStore => {
  demandOptions('createSqliteRepository', options, optionNames, { datamart: aText })
  const settings = settle(options)
  return attempt('open', () => {
    configure(database, settings)
    // Before the log mode changes, which is part of the file: a file of another program stays unchanged.
    migrate(database)
    const onDisk = writeAhead(database, settings.busyTimeout)
    const store = prepare({ database, name: settings.datamart, hashWith, isLasting: true }, ownTransactions(database))
    return {
      ...textStoreOf(store),
      manifest: { name: 'sqlite', durable: onDisk, concurrent: onDisk && 'processes' },
      purge: () => purge(database)
    }
  })
}

/** Returns the store in a transaction that the caller begins and ends; the database must have our tables. */
export const createTextStoreWithin = (database: SqliteDatabase, datamart: string): TextStore =>
  attempt('open', () => {
    if (!isCurrent(database)) {
      const reason = 'the database has no tables of this version: open it with createSqliteRepository before'
      throw new StoreFault(`sqlite: open failed (${reason})`, { applied: false, recovery: 'repair' })
    }
    // Deleted data is overwritten with zeros, as in the store's own transactions.
    database.exec('pragma secure_delete = on')
    const asked = { database, name: datamart, hashWith: claimHash, isLasting: false }
    return {
      ...textStoreOf(prepare(asked, callersTransaction(database))),
      manifest: { name: 'sqlite', durable: true, concurrent: false, purgedElsewhere: true },
      purge: () => {
        const reason = 'not in your transaction: purge the repository of the database after it'
        throw new StoreFault(`sqlite: purge failed (${reason})`, { applied: false, recovery: 'repair' })
      }
    }
  })

const prepare = (asked: DatamartAsked, transactions: Transactions): Store => {
  const { database } = asked
  const index = createClaimIndex(database)
  const documents = createDocuments(database, index, createRowNumbers())
  return { database, datamart: createDatamartFinder(asked), index, documents, transactions }
}

const textStoreOf = (store: Store): Omit<TextStore, 'manifest' | 'purge'> => {
  const { datamart, documents, transactions } = store
  const checked = createCheckSource(store)
  return {
    load: (references) => attempt('load', () => load(store, references)),
    commit: (writes) => transactions.write(() => documents.write(datamart.give(), writes)),
    page: (kind, after, size) => attempt('scan', () => page(store, kind, after, size)),
    check: {
      damages: () => attempt('check', checked.damages),
      held: (after, size) => attempt('check', () => checked.held(after, size)),
      strays: (from, size) => attempt('check', () => checked.strays(from, size))
    }
  }
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

/** Sets the options that SQLite keeps for each connection. */
const configure = (database: SqliteDatabase, settings: Required<SqliteRepositoryOptions>): void => {
  database.exec(`pragma busy_timeout = ${settings.busyTimeout}`)
  database.exec(`pragma synchronous = ${settings.synchronous}`)
  database.exec(`pragma cache_size = -${settings.cacheSize}`)
  database.exec(`pragma wal_autocheckpoint = ${settings.walAutocheckpoint}`)
  // Deleted data is overwritten with zeros at once; `purge` erases the copies that this misses.
  database.exec('pragma secure_delete = on')
}

/** Gives the file a write-ahead log, unless it is read-only; `false`: the database is in memory, and has no file. */
const writeAhead = (database: SqliteDatabase, busyTimeout: number): boolean => {
  const mode = journalMode(database, busyTimeout)
  if (mode === 'memory') return false
  if (mode !== 'wal' && !isReadOnly(database)) {
    throw new StoreFault(`sqlite: the file cannot have a write-ahead log (journal mode ${mode})`, {
      applied: false,
      recovery: 'repair'
    })
  }
  return true
}

/** Returns whether the file is read-only. Such a file begins a write transaction without an error. */
const isReadOnly = (database: SqliteDatabase): boolean => {
  database.exec('begin')
  try {
    database.exec('delete from datamart where false')
    return false
  } catch (error) {
    if (resultCode(error) === 'SQLITE_READONLY') return true
    throw error
  } finally {
    database.exec('rollback')
  }
}

// SQLite does not wait for another handle that changes the mode of a new file.
const journalMode = (database: SqliteDatabase, busyTimeout: number): string => {
  const statement = database.prepare('pragma journal_mode = wal')
  const deadline = Date.now() + busyTimeout
  for (;;) {
    try {
      return (statement.get() as { readonly journal_mode: string }).journal_mode
    } catch (error) {
      const code = resultCode(error)
      // A file that is read-only, or has no place for a log, does not change.
      if (code === 'SQLITE_READONLY' || code === 'SQLITE_CANTOPEN') return currentMode(database)
      if (code !== 'SQLITE_BUSY' || Date.now() >= deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

const currentMode = (database: SqliteDatabase): string =>
  (database.prepare('pragma journal_mode').get() as { readonly journal_mode: string }).journal_mode

/** The numbers of the documents that a reference may lead to; several if claims have one hash. */
type Candidates = ReadonlyArray<number>

const noCandidates: Candidates = []

/** Finds the documents that each reference may lead to. */
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

const load = (store: Store, references: ReadonlyArray<Reference>): ReadonlyArray<TextDocument | undefined> =>
  store.transactions.read(() => {
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
  })

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
      throw new StoreFault(`sqlite: purge failed (${reason})`, { applied: false, recovery: 'retry' })
    }
  })
}
