/** Stores by their address: `sqlite:PATH`, `postgres://…` or `memory:`. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine, type Engine, type Policies } from '@userpoint/core'
import type { Repository } from '@userpoint/core/repository'
import { v7 } from 'uuid'
import { Failure, isMissing, printable, reasonOf, wrongUsage } from './failure.ts'
import { type DriverName, loadDriver } from './sqlite-driver.ts'

export type StoreAddress =
  | { readonly _tag: 'Sqlite'; readonly path: string }
  | { readonly _tag: 'Postgres'; readonly url: URL }
  | { readonly _tag: 'Memory' }

export const defaultStore: StoreAddress = { _tag: 'Sqlite', path: 'userpoint.db' }

/** The store that a text names, or why it names none. */
export const parseStore = (text: string): StoreAddress | string => {
  if (text === 'memory:' || text === 'sqlite::memory:') return { _tag: 'Memory' }
  if (/^postgres(ql)?:/.test(text)) return parsePostgres(text)
  if (!text.startsWith('sqlite:'))
    return 'It is sqlite:PATH, postgres://HOST/DATABASE or memory:, such as sqlite:./userpoint.db.'
  const path = text.slice('sqlite:'.length)
  if (path === '') return 'The path of the SQLite file is missing, as in sqlite:./userpoint.db.'
  // better-sqlite3 opens such a path without it, so a different file than the other drivers.
  if (path.trim() !== path || path.includes('\0')) return 'The path may not begin or end with white space.'
  return { _tag: 'Sqlite', path }
}

const parsePostgres = (text: string): StoreAddress | string => {
  // The address itself may hold a password, so that it is not said again.
  if (!URL.canParse(text)) return 'It is no address such as postgres://user@host:5432/database.'
  const url = new URL(text)
  return url.host === '' || url.pathname.length < 2
    ? 'The host or the database is missing, as in postgres://user@host:5432/database.'
    : { _tag: 'Postgres', url }
}

/** The text that names this store. */
export const addressOf = (address: StoreAddress): string => {
  switch (address._tag) {
    case 'Memory':
      return 'memory:'
    case 'Sqlite':
      return `sqlite:${address.path}`
    case 'Postgres':
      return address.url.href
  }
}

export interface StoreOptions {
  readonly store?: StoreAddress
  readonly datamart?: string
  readonly driver?: DriverName
}

export interface OpenStore {
  readonly repository: Repository
  readonly close: () => void | Promise<void>
}

const emptyStore = (): OpenStore => ({ repository: createMemoryRepository(), close: () => undefined })

const openMemory = ({ datamart, driver }: StoreOptions): OpenStore => {
  if (datamart !== undefined) throw wrongUsage('--datamart says which part of a store is meant; memory: has none')
  if (driver !== undefined) throw wrongUsage('--driver says how a SQLite file is opened; memory: is none')
  return emptyStore()
}

/**
 * What a command may do to a store. `create`: make it where it is not there. `existing`: change it, if it is there.
 * `readOnly`: read it, if it is there, and leave it as it is to the last byte. `readOnlyOrEmpty`: the same, and take the
 * store for an empty one where there is no file. A PostgreSQL database is always there; one without tables is empty.
 */
export type Access = 'create' | 'existing' | 'readOnly' | 'readOnlyOrEmpty'

/** Whether there is something in the file. One without a byte cannot be read before it is given its tables. */
const hasContent = async (path: string, access: Access): Promise<boolean> => {
  try {
    return (await stat(path)).size > 0
  } catch (error) {
    if (access === 'readOnlyOrEmpty' && isMissing(error)) return false
    throw new Failure(`the store ${printable(path)} cannot be read: ${reasonOf(error)}`)
  }
}

const openSqlite = async (path: string, { datamart, driver }: StoreOptions, access: Access): Promise<OpenStore> => {
  const readOnly = access === 'readOnly' || access === 'readOnlyOrEmpty'
  if (access !== 'create' && !(await hasContent(path, access)) && readOnly) return emptyStore()
  const open = await loadDriver(driver)
  const failed = (error: unknown) => new Failure(`the store ${printable(path)} cannot be opened: ${reasonOf(error)}`)
  try {
    // Drivers read a path such as file:x as a URI; an absolute one is a path to all of them.
    const database = open(resolve(path), { readOnly })
    try {
      const repository = createSqliteRepository(database, datamart === undefined ? {} : { datamart })
      return { repository, close: () => void database.close() }
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    throw failed(error)
  }
}

/** Opens a store, which its caller closes. */
export const openStore = async (options: StoreOptions, access: Access): Promise<OpenStore> => {
  const address = options.store ?? defaultStore
  switch (address._tag) {
    case 'Memory':
      return openMemory(options)
    case 'Sqlite':
      return openSqlite(address.path, options, access)
    case 'Postgres': {
      const { datamart, driver } = options
      if (driver !== undefined) throw wrongUsage('--driver says how a SQLite file is opened; PostgreSQL is none')
      const { openPostgres } = await import('./postgres-store.ts')
      return (await openPostgres(address.url, datamart, access === 'create')) ?? emptyStore()
    }
  }
}

/** The same repository, which leaves room for signals before each scan: a store that answers at once leaves none. */
const interruptible = (repository: Repository): Repository => ({
  ...repository,
  async *scan(kind, options) {
    await setImmediate()
    yield* repository.scan(kind, options)
  }
})

/** Runs `use` with an engine over a store, and closes the store. */
export const withEngine = async <A>(
  options: StoreOptions,
  access: Access,
  policies: Partial<Policies>,
  use: (engine: Engine) => Promise<A>
): Promise<A> => {
  const store = await openStore(options, access)
  const engine = createEngine({
    repository: interruptible(store.repository),
    policies,
    clock: Date.now,
    newId: v7,
    random: Math.random,
    sleep: (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds))
  })
  try {
    return await use(engine)
  } finally {
    await store.close()
  }
}
