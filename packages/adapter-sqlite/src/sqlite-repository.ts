/**
 * The port on SQLite. Every call answers at once: a commit is one `begin immediate` transaction, a load is one read
 * transaction, and a scan is a query per page, so that no statement is open between two calls.
 */
import type {
  CommitResult,
  JsonObject,
  Kind,
  Reference,
  Repository,
  ScanOptions,
  Stored,
  Write
} from '@userpoint/core/repository'
import { StoreFault } from '@userpoint/core/repository'
import { createDatamartNumber, type DatamartNumber, migrate } from './schema.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'
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

/**
 * A repository in an open database, whose tables it makes or brings up to date. The database stays its opener's, who
 * closes it: the repository holds nothing else, and has no `close`.
 */
export const createSqliteRepository = (database: SqliteDatabase, options: SqliteRepositoryOptions = {}): Repository => {
  const settings = settle(options)
  return attempt('open', () => {
    configure(database, settings)
    // Before the log mode is changed, which stays with the file: one that is not ours is refused as it is.
    migrate(database)
    const onDisk = writeAhead(database, settings.busyTimeout)
    const datamart = createDatamartNumber(database, settings.datamart)
    const statements = prepare(database)
    return {
      manifest: { name: 'sqlite', durable: onDisk, concurrent: onDisk && 'processes' },
      load: (references) => attempt('load', () => load(database, statements, datamart, references)),
      commit: (writes) => commit(database, statements, datamart, writes),
      scan: (kind, scanOptions) => scan(statements, datamart, kind, scanOptions),
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

type Statements = ReturnType<typeof prepare>

const prepare = (database: SqliteDatabase) => ({
  // Lists come as JSON, so that a load is three statements however much is asked for: each one run costs as much as it finds.
  selectByClaims: database.prepare(
    `select asked.key as place, claim.document from json_each(?) as asked cross join claim
     where claim.datamart = ? and claim.claim = asked.value`
  ),
  selectByIds: database.prepare(
    `select asked.key as place, document.document from json_each(?) as asked cross join document
     where document.datamart = ? and document.kind = asked.value ->> 0 and document.id = asked.value ->> 1`
  ),
  selectDocuments: database.prepare(
    `select document.document, kind, document.id, version, body from json_each(?) as asked cross join document
     where document.document = asked.value`
  ),
  selectPage: database.prepare(
    'select kind, id, version, body from document where datamart = ? and kind = ? and id > ? order by id limit ?'
  ),
  insert: database.prepare(
    'insert into document (datamart, kind, id, version, body) values (?, ?, ?, 1, ?) on conflict do nothing'
  ),
  update: database.prepare(
    'update document set version = version + 1, body = ? where datamart = ? and kind = ? and id = ? and version = ?'
  ),
  delete: database.prepare('delete from document where datamart = ? and kind = ? and id = ? and version = ?'),
  selectById: database.prepare('select document from document where datamart = ? and kind = ? and id = ?'),
  take: database.prepare('insert into claim (datamart, claim, document) values (?, ?, ?) on conflict do nothing'),
  release: database.prepare('delete from claim where datamart = ? and claim = ?')
})

interface Row {
  readonly kind: Kind
  readonly id: string
  readonly version: number | bigint
  readonly body: string
}

const stored = (row: Row): Stored => ({
  kind: row.kind,
  id: row.id,
  version: Number(row.version),
  body: JSON.parse(row.body) as JsonObject
})

/** The number of a row, in whichever form the driver gives it. */
interface Numbered {
  readonly document: number | bigint
}

interface Placed extends Numbered {
  readonly place: number | bigint
}

/** The number of the document that each reference leads to, by the reference's place; those that lead nowhere are left out. */
const findNumbers = (
  statements: Statements,
  datamart: number,
  references: ReadonlyArray<Reference>
): ReadonlyMap<number, number> => {
  const found = new Map<number, number>()
  const find = (statement: SqliteStatement, places: ReadonlyArray<number>, keys: ReadonlyArray<unknown>): void => {
    if (keys.length === 0) return
    for (const row of statement.all(JSON.stringify(keys), datamart) as ReadonlyArray<Placed>) {
      found.set(places[Number(row.place)] as number, Number(row.document))
    }
  }
  const claims: string[] = []
  const claimPlaces: number[] = []
  const ids: Array<readonly [Kind, string]> = []
  const idPlaces: number[] = []
  references.forEach((reference, place) => {
    if (reference._tag === 'ByClaim') {
      claims.push(reference.claim)
      claimPlaces.push(place)
    } else {
      ids.push([reference.kind, reference.id])
      idPlaces.push(place)
    }
  })
  find(statements.selectByClaims, claimPlaces, claims)
  find(statements.selectByIds, idPlaces, ids)
  return found
}

// Transactions begin and end through `exec`: libsql does not reset a prepared `begin` that had to give up.
const load = (
  database: SqliteDatabase,
  statements: Statements,
  datamart: DatamartNumber,
  references: ReadonlyArray<Reference>
): ReadonlyArray<Stored | undefined> => {
  database.exec('begin')
  try {
    const number = datamart.find()
    if (number === undefined) return references.map(() => undefined)
    const numbers = findNumbers(statements, number, references)
    // Many references may lead to one large document, which is read once.
    const documents = new Map<number, Stored>()
    if (numbers.size > 0) {
      const wanted = JSON.stringify([...new Set(numbers.values())])
      const rows = statements.selectDocuments.all(wanted) as ReadonlyArray<Row & Numbered>
      for (const row of rows) documents.set(Number(row.document), stored(row))
    }
    return references.map((_, at) => documents.get(numbers.get(at) ?? 0))
  } finally {
    database.exec('commit')
  }
}

const commit = (
  database: SqliteDatabase,
  statements: Statements,
  datamart: DatamartNumber,
  writes: ReadonlyArray<Write>
): CommitResult => {
  attempt('commit', () => database.exec('begin immediate'))
  let committing = false
  try {
    if (!apply(statements, datamart.give(), writes)) {
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

/** Writes the batch in the open transaction; `false`: a version or a claim did not hold. */
const apply = (statements: Statements, datamart: number, writes: ReadonlyArray<Write>): boolean => {
  for (const { release } of writes) for (const claim of release) statements.release.run(datamart, claim)
  for (const { kind, id, expected, body, claim } of writes) {
    if (body === undefined) {
      if (!changes(statements.delete.run(datamart, kind, id, expected))) return false
      continue
    }
    const text = JSON.stringify(body)
    const result =
      expected === 0
        ? statements.insert.run(datamart, kind, id, text)
        : statements.update.run(text, datamart, kind, id, expected)
    if (!changes(result)) return false
    if (claim.length === 0) continue
    const document =
      expected === 0
        ? Number(result.lastInsertRowid)
        : Number((statements.selectById.get(datamart, kind, id) as Numbered).document)
    for (const taken of claim) if (!changes(statements.take.run(datamart, taken, document))) return false
  }
  return true
}

const changes = (result: { readonly changes: number | bigint }): boolean => Number(result.changes) > 0

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

/** How many documents a scan reads at once. */
const pageSize = 256

const page = (
  statements: Statements,
  datamart: number | undefined,
  kind: Kind,
  after: string,
  size: number
): ReadonlyArray<Row> =>
  datamart === undefined ? [] : (statements.selectPage.all(datamart, kind, after, size) as ReadonlyArray<Row>)

function* scan(
  statements: Statements,
  datamart: DatamartNumber,
  kind: Kind,
  { after = '', limit = Number.POSITIVE_INFINITY }: ScanOptions = {}
): Generator<Stored> {
  let last = after
  let left = limit
  while (left > 0) {
    const size = Math.min(pageSize, left)
    const rows = attempt('scan', () => page(statements, datamart.find(), kind, last, size))
    for (const row of rows) {
      yield stored(row)
      last = row.id
    }
    if (rows.length < size) return
    left -= size
  }
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
