/**
 * The tables, and how a file comes to have them. `user_version` counts the migrations a file has had; `application_id`
 * marks the file as ours, since any other program may count in `user_version` too.
 */
import { StoreFault } from '@userpoint/core/repository'
import type { SqliteDatabase } from './sqlite-database.ts'

/** `uspt` in ASCII. */
const applicationId = 0x75_73_70_74

/**
 * Documents are rows in the order they came, so new ones fill the last page, and their index does too while ids are
 * time-ordered. A claim leads to the number of its document. Released migrations are never edited.
 */
const migrations: ReadonlyArray<string> = [
  `create table datamart (
     datamart integer primary key,
     name text not null unique
   ) strict;
   create table document (
     document integer primary key,
     datamart integer not null,
     kind text not null,
     id text not null,
     version integer not null,
     body text not null,
     unique (datamart, kind, id)
   ) strict;
   create table claim (
     datamart integer not null,
     claim text not null,
     document integer not null,
     primary key (datamart, claim)
   ) strict, without rowid;`
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

/** The small number that stands for a datamart in each row. */
export interface DatamartNumber {
  /** The number; `undefined`: nothing was ever committed to the datamart. */
  readonly find: () => number | undefined
  /** The number, which the datamart is given now where it has none; for use in a transaction that writes. */
  readonly give: () => number
}

/** Only a commit adds a datamart to the file: a name that is misspelt leaves nothing there. */
export const createDatamartNumber = (database: SqliteDatabase, name: string): DatamartNumber => {
  const select = database.prepare('select datamart from datamart where name = ?')
  const insert = database.prepare('insert into datamart (name) values (?)')
  let known: number | undefined
  const find = (): number | undefined => {
    const row = known === undefined ? select.get(name) : undefined
    if (row) known = Number((row as { readonly datamart: number | bigint }).datamart)
    return known
  }
  return {
    find,
    // A new number is not kept in mind: the transaction may be undone, and another handle be the one to give it.
    give: () => find() ?? Number(insert.run(name).lastInsertRowid)
  }
}

const isCurrent = (database: SqliteDatabase): boolean =>
  numberOf(database, 'pragma application_id') === applicationId &&
  numberOf(database, 'pragma user_version') === migrations.length

const pending = (database: SqliteDatabase): ReadonlyArray<string> => {
  const version = numberOf(database, 'pragma user_version')
  const isOurs = numberOf(database, 'pragma application_id') === applicationId
  if (!isOurs && (version !== 0 || numberOf(database, 'select count(*) from sqlite_schema') !== 0)) {
    throw new StoreFault("sqlite: the file holds another program's tables", { applied: false })
  }
  if (version > migrations.length) {
    throw new StoreFault(
      `sqlite: the file is of version ${version}, and this adapter knows none after ${migrations.length}`,
      { applied: false }
    )
  }
  return migrations.slice(version)
}

const numberOf = (database: SqliteDatabase, query: string): number => {
  const row = database.prepare(query).get() as object
  return Number(Object.values(row)[0])
}
