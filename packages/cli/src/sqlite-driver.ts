/** SQLite drivers, all with one API; a driver is loaded only when it is needed. */
import type { SqliteDatabase } from '@userpoint/adapter-sqlite'
import { Failure } from './failure.ts'

interface OpenDatabase extends SqliteDatabase {
  close(): unknown
}

export interface OpenOptions {
  /** The file must be there, and is never written to. */
  readonly readOnly: boolean
}

type Driver = (path: string, options: OpenOptions) => OpenDatabase
type DatabaseClass<Options> = new (path: string, options?: Options) => OpenDatabase

const driverOf =
  (DatabaseSync: DatabaseClass<OpenOptions>): Driver =>
  (path, options) =>
    new DatabaseSync(path, options)

/** Never a dependency, because it compiles for minutes where it has no prebuilt binary; used where somebody has it. */
const betterSqlite3 = async (): Promise<Driver> => {
  const name: string = 'better-sqlite3'
  const { default: Database } = (await import(name)) as {
    readonly default: DatabaseClass<{ readonly readonly: boolean }>
  }
  // Its binary is looked for with the first database; an installation without install scripts has none.
  new Database(':memory:').close()
  return (path, { readOnly }) => new Database(path, { readonly: readOnly })
}

/** Loads a builtin without the warning that it is experimental: whether it is fit for use is our concern. */
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
  // As a text, because the types of the oldest Node that is supported do not know it.
  const name: string = 'node:sqlite'
  const builtin = withoutWarning(() => process.getBuiltinModule(name)) as
    | { readonly DatabaseSync: DatabaseClass<OpenOptions> }
    | undefined
  if (builtin === undefined) throw new Error('this Node has no node:sqlite')
  return driverOf(builtin.DatabaseSync)
}

const photostructure = async (): Promise<Driver> => driverOf((await import('@photostructure/sqlite')).DatabaseSync)

// Fastest first; the last is a dependency, so that there always is one.
const drivers = {
  'better-sqlite3': betterSqlite3,
  'node:sqlite': nodeSqlite,
  '@photostructure/sqlite': photostructure
} as const

export type DriverName = keyof typeof drivers

export const driverNames = Object.keys(drivers) as ReadonlyArray<DriverName>

/** Opens databases with the driver of this name; without a name, with the first one that is there. */
export const loadDriver = async (name?: DriverName): Promise<Driver> => {
  for (const candidate of name === undefined ? driverNames : [name]) {
    try {
      return await drivers[candidate]()
    } catch {
      // Not there: the next one.
    }
  }
  throw new Failure(
    `the SQLite driver ${name ?? driverNames.join(' or ')} is not there, or does not work with this Node`
  )
}
