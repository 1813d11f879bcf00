/**
 * The tables and their migrations. `user_version` counts the migrations of a file; `application_id` marks the file as ours,
 * because another program may use `user_version` too.
 */
import { StoreFault } from '@userpoint/core/repository'
import type { ClaimHash, ClaimKey } from './claim-hash.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

/** `uspt` in ASCII. */
const applicationId = 0x75_73_70_74

/**
 * Documents are rows in the order of their creation, so that new ones fill the last page, and also of their index if ids are
 * time-ordered. A row has the claims of its document as a JSON list; a hash of each claim, which depends on the datamart's key,
 * leads to the document's number. If several documents have claims with one hash, `others` lists all but the first.
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

/** Migrates the file to this version's tables, all or nothing; refuses a newer file, or one of another program. */
export const migrate = (database: SqliteDatabase): void => {
  if (isCurrent(database)) return
  database.exec('begin immediate')
  try {
    // Another handle may do the same at this time: only under the lock is the version of the file certain.
    for (const migration of pending(database)) database.exec(migration)
    database.exec(`pragma application_id = ${applicationId}`)
    database.exec(`pragma user_version = ${migrations.length}`)
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

/** A datamart as its rows name it. */
export interface Datamart {
  /** Its number in each row. */
  readonly number: number
  /** The hash function of its claims, with its own key. */
  readonly hash: ClaimHash
}

/** Finds a datamart by its name. */
export interface DatamartFinder {
  /** Returns the datamart; `undefined`: it has never had a commit. */
  readonly find: () => Datamart | undefined
  /** Returns the datamart, and creates it if it is missing; for use in a transaction that writes. */
  readonly give: () => Datamart
}

/** A database and the name of one of its datamarts. */
export interface DatamartAsked {
  readonly database: SqliteDatabase
  readonly name: string
  readonly hashWith: (key: ClaimKey) => ClaimHash
  /** `false`: the caller's transaction may still be rolled back, and the new datamart with it. */
  readonly isLasting: boolean
}

/** Returns a finder that adds a datamart only in a commit, so that a misspelt name leaves no trace in the file. */
export const createDatamartFinder = ({ database, name, hashWith, isLasting }: DatamartAsked): DatamartFinder => {
  // In halves, because drivers return no numbers of 64 bits.
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
    // A new datamart is not cached: the transaction may be rolled back, and another handle may create it.
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
