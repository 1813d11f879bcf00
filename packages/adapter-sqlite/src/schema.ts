/**
 * The tables, and how a file comes to have them. `user_version` counts the migrations a file has had; `application_id`
 * marks the file as ours, since any other program may count in `user_version` too.
 */
import { StoreFault } from '@userpoint/core/repository'
import type { ClaimHash, ClaimKey } from './claim-hash.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

/** `uspt` in ASCII. */
const applicationId = 0x75_73_70_74

/**
 * Documents are rows in the order they came, so new ones fill the last page, and their index does too while ids are
 * time-ordered. A row has the claims that its document holds, as a JSON list; a hash of each, which depends on the datamart's
 * key, leads to the document's number. Where several documents have claims of one hash, `others` lists all but the first.
 * Released migrations are never edited.
 */
const migrations: ReadonlyArray<string> = [
  `create table datamart (
     datamart integer primary key,
     name text not null unique,
     key integer not null
   ) strict;
   create table document (
     document integer primary key,
     datamart integer not null,
     kind text not null,
     id text not null,
     version integer not null,
     claims text not null,
     body text not null,
     unique (datamart, kind, id)
   ) strict;
   create table claim (
     hash integer primary key,
     document integer not null,
     others text
   ) strict;`
]

/** Brings the file to this version's tables, all or nothing; refuses one that is newer, or that is not ours. */
export const migrate = (database: SqliteDatabase): void => {
  if (isCurrent(database)) return
  database.exec('begin immediate')
  try {
    // Another handle may be about to do the same: what the file has is known only under the lock.
    for (const migration of pending(database)) database.exec(migration)
    database.exec(`pragma application_id = ${applicationId}`)
    database.exec(`pragma user_version = ${migrations.length}`)
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

/** A datamart as its rows know it. */
export interface Datamart {
  /** The small number that stands for it in each row. */
  readonly number: number
  /** The hash of its claims, under a key of its own. */
  readonly hash: ClaimHash
}

/** How a datamart is found by its name. */
export interface DatamartFinder {
  /** The datamart; `undefined`: nothing was ever committed to it. */
  readonly find: () => Datamart | undefined
  /** The datamart, which is made now where there is none; for use in a transaction that writes. */
  readonly give: () => Datamart
}

/** A database, and which of its datamarts is meant. */
export interface DatamartAsked {
  readonly database: SqliteDatabase
  readonly name: string
  readonly hashWith: (key: ClaimKey) => ClaimHash
  /** Whether what is found is in the file for good: a caller's transaction may still be rolled back. */
  readonly isLasting: boolean
}

/** Only a commit adds a datamart to the file: a name that is misspelt leaves nothing there. */
export const createDatamartFinder = ({ database, name, hashWith, isLasting }: DatamartAsked): DatamartFinder => {
  // In halves, since a driver gives no number of 64 bits.
  const select = database.prepare(
    'select datamart, key & 0xffffffff as low, (key >> 32) & 0xffffffff as high from datamart where name = ?'
  )
  const insert = database.prepare('insert into datamart (name, key) values (?, random())')
  let known: Datamart | undefined
  const read = (): Datamart | undefined => {
    const row = select.get(name) as Readonly<Record<'datamart' | 'low' | 'high', number | bigint>> | null | undefined
    return row ? { number: Number(row.datamart), hash: hashWith([Number(row.low), Number(row.high)]) } : undefined
  }
  const find = (): Datamart | undefined => {
    const found = known ?? read()
    if (isLasting) known = found
    return found
  }
  return {
    find,
    // A new one is not kept in mind: the transaction may be undone, and another handle be the one to make it.
    give: () => {
      const found = find()
      if (found) return found
      insert.run(name)
      return read() as Datamart
    }
  }
}

/** Returns whether the file has this version's tables. */
export const isCurrent = (database: SqliteDatabase): boolean =>
  numberOf(database, 'pragma application_id') === applicationId &&
  numberOf(database, 'pragma user_version') === migrations.length

const pending = (database: SqliteDatabase): ReadonlyArray<string> => {
  const version = numberOf(database, 'pragma user_version')
  const isOurs = numberOf(database, 'pragma application_id') === applicationId
  if (!isOurs && (version !== 0 || numberOf(database, 'select count(*) from sqlite_schema') !== 0)) {
    throw new StoreFault("sqlite: the file holds another program's tables", { applied: false, recovery: 'repair' })
  }
  if (version > migrations.length) {
    throw new StoreFault(
      `sqlite: the file is of version ${version}, and this adapter knows none after ${migrations.length}`,
      { applied: false, recovery: 'repair' }
    )
  }
  return migrations.slice(version)
}

const numberOf = (database: SqliteDatabase, query: string): number => {
  const row = database.prepare(query).get() as object
  return Number(Object.values(row)[0])
}
