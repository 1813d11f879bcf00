/** SQLite drivers behind one API; each is loaded only when needed. */
import { pathToFileURL } from 'node:url'
import type { SqliteDatabase } from '@userpoint/adapter-sqlite'
import { Failure } from './failure.ts'

export interface OpenDatabase extends SqliteDatabase {
  close(): unknown
}

export interface OpenOptions {
  /** `true`: the file must exist and is never written. */
  readonly readOnly: boolean
}

type Driver = (path: string, options: OpenOptions) => OpenDatabase
type DatabaseClass<Options> = new (path: string, options?: Options) => OpenDatabase

const driverOf =
  (DatabaseSync: DatabaseClass<OpenOptions>): Driver =>
  (path, options) =>
    new DatabaseSync(path, options)

/** Loads better-sqlite3 if the user installed it. It is not a dependency, because it compiles for minutes without a prebuilt binary. */
const betterSqlite3 = async (): Promise<Driver> => {
  const name: string = 'better-sqlite3'
  const { default: Database } = (await import(name)) as {
    readonly default: DatabaseClass<{ readonly readonly: boolean }>
  }
  // The driver loads its binary with the first database; an installation without install scripts has no binary.
  new Database(':memory:').close()
  return (path, { readOnly }) => new Database(path, { readonly: readOnly })
}

/** Loads a builtin module without Node's warning that it is experimental. */
const withoutWarning = <A>(load: () => A): A => {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => undefined
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}

const nodeSqlite = async (): Promise<Driver> => {
  // A string variable, because the types of the oldest supported Node lack the module.
  const name: string = 'node:sqlite'
  const builtin = withoutWarning(() => process.getBuiltinModule(name)) as
    | { readonly DatabaseSync: DatabaseClass<OpenOptions> }
    | undefined
  if (builtin === undefined) throw new Error('this Node has no node:sqlite')
  return driverOf(builtin.DatabaseSync)
}

const photostructure = async (): Promise<Driver> => driverOf((await import('@photostructure/sqlite')).DatabaseSync)

// Fastest first; the last one is a dependency and therefore always installed.
const drivers = {
  'better-sqlite3': betterSqlite3,
  'node:sqlite': nodeSqlite,
  '@photostructure/sqlite': photostructure
} as const

/**
 * Opens a file that has no writer, in a folder where its log cannot be created. Only this driver accepts a path with the
 * parameter `immutable`.
 */
export const openImmutable = async (path: string): Promise<OpenDatabase> => {
  const address = pathToFileURL(path)
  address.searchParams.set('immutable', '1')
  return (await photostructure())(address.href, { readOnly: true })
}

export type DriverName = keyof typeof drivers

export const driverNames = Object.keys(drivers) as ReadonlyArray<DriverName>

/** Returns the driver with this name, or without a name the first one that loads. */
export const loadDriver = async (name?: DriverName): Promise<Driver> => {
  for (const candidate of name === undefined ? driverNames : [name]) {
    try {
      return await drivers[candidate]()
    } catch {
      // Not installed: try the next one.
    }
  }
  throw new Failure(
    `the SQLite driver ${name ?? driverNames.join(' or ')} is not installed or does not work with this version of Node`
  )
}
