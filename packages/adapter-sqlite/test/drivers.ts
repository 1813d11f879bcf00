import PhotostructureSqlite from '@photostructure/sqlite'
import BetterSqlite3 from 'better-sqlite3'
import Libsql from 'libsql'
import type { SqliteDatabase } from '@userpoint/adapter-sqlite'

export interface OpenDatabase extends SqliteDatabase {
  close(): unknown
}

export interface Driver {
  readonly name: string
  /** The reason why it cannot run here; `undefined`: it can. */
  readonly missing: string | undefined
  readonly open: (file: string) => OpenDatabase
}

// Not imported: Node 20 has no such module, and bundlers do not know it everywhere.
const nodeSqlite = process.getBuiltinModule('node:sqlite' as 'node:module') as unknown as
  | { readonly DatabaseSync: new (file: string) => OpenDatabase }
  | undefined

/** The driver of tests that need only one: its binaries come with the package, so that it needs no compiler. */
export const prebuiltDriver: Driver = {
  name: '@photostructure/sqlite',
  missing: undefined,
  open: (file) => new PhotostructureSqlite.DatabaseSync(file)
}

/**
 * The driver of tests that end a thread. It comes with its binaries too; @photostructure/sqlite ends the whole process if
 * its thread is terminated while it writes.
 */
export const threadDriver: Driver = { name: 'libsql', missing: undefined, open: (file) => new Libsql(file) }

const betterSqlite3: Driver = {
  name: 'better-sqlite3',
  missing: undefined,
  open: (file) => new BetterSqlite3(file)
}

const isBuilt = ({ open }: Driver): boolean => {
  try {
    open(':memory:').close()
    return true
  } catch {
    return false
  }
}

/** Answers as `bun:sqlite` does: `null` where there is no row, and no `lastInsertRowid` worth the name. */
const likeBun = (database: OpenDatabase): OpenDatabase => ({
  exec: (sql) => database.exec(sql),
  close: () => database.close(),
  prepare: (sql) => {
    const statement = database.prepare(sql)
    return {
      run: (...parameters) => ({ ...statement.run(...parameters), lastInsertRowid: 0 }),
      get: (...parameters) => statement.get(...parameters) ?? null,
      all: (...parameters) => statement.all(...parameters)
    }
  }
})

export const drivers: ReadonlyArray<Driver> = [
  prebuiltDriver,
  {
    name: 'a driver like bun:sqlite',
    missing: undefined,
    open: (file) => likeBun(prebuiltDriver.open(file))
  },
  {
    ...betterSqlite3,
    missing: isBuilt(betterSqlite3) ? undefined : 'not compiled yet: `npm run test:all` compiles it'
  },
  threadDriver,
  {
    name: 'node:sqlite',
    missing: nodeSqlite ? undefined : `Node ${process.versions.node} has no node:sqlite`,
    open: (file) => {
      if (!nodeSqlite) throw new Error('this Node has no node:sqlite')
      return new nodeSqlite.DatabaseSync(file)
    }
  }
]

/** The driver of that name. */
export const driverNamed = (name: string): Driver => {
  const driver = drivers.find((known) => known.name === name)
  if (!driver) throw new Error(`no driver is called ${name}`)
  return driver
}
