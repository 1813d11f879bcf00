/** Stores by their address: `sqlite:PATH` or `memory:`. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine, type Engine, type Policies } from '@userpoint/core'
import type { Repository } from '@userpoint/core/repository'
import { v7 } from 'uuid'
import { Failure, printable, reasonOf, wrongUsage } from './failure.ts'
import { type DriverName, loadDriver } from './sqlite-driver.ts'

export type StoreAddress = { readonly _tag: 'Sqlite'; readonly path: string } | { readonly _tag: 'Memory' }

export const defaultStore: StoreAddress = { _tag: 'Sqlite', path: 'userpoint.db' }

/** The store that a text names, or why it names none. */
export const parseStore = (text: string): StoreAddress | string => {
  if (text === 'memory:' || text === 'sqlite::memory:') return { _tag: 'Memory' }
  if (!text.startsWith('sqlite:')) return 'It is sqlite:PATH or memory:, such as sqlite:./userpoint.db.'
  const path = text.slice('sqlite:'.length)
  if (path === '') return 'The path of the SQLite file is missing, as in sqlite:./userpoint.db.'
  // better-sqlite3 opens such a path without it, so a different file than the other drivers.
  if (path.trim() !== path || path.includes('\0')) return 'The path may not begin or end with white space.'
  return { _tag: 'Sqlite', path }
}

export interface StoreOptions {
  readonly store?: StoreAddress
  readonly datamart?: string
  readonly driver?: DriverName
}

interface OpenStore {
  readonly repository: Repository
  readonly close: () => void
}

const openMemory = ({ datamart, driver }: StoreOptions): OpenStore => {
  if (datamart !== undefined) throw wrongUsage('--datamart says which part of a SQLite file is meant; memory: has none')
  if (driver !== undefined) throw wrongUsage('--driver says how a SQLite file is opened; memory: is none')
  return { repository: createMemoryRepository(), close: () => undefined }
}

const requireFile = async (path: string): Promise<void> => {
  try {
    await stat(path)
  } catch (error) {
    throw new Failure(`the store ${printable(path)} cannot be read: ${reasonOf(error)}`)
  }
}

const openSqlite = async (
  path: string,
  { datamart, driver }: StoreOptions,
  access: 'existing' | 'create'
): Promise<OpenStore> => {
  if (access === 'existing') await requireFile(path)
  const open = await loadDriver(driver)
  const failed = (error: unknown) => new Failure(`the store ${printable(path)} cannot be opened: ${reasonOf(error)}`)
  try {
    // Drivers read a path such as file:x as a URI; an absolute one is a path to all of them.
    const database = open(resolve(path))
    try {
      const repository = createSqliteRepository(database, datamart === undefined ? {} : { datamart })
      return { repository, close: () => database.close() }
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    throw failed(error)
  }
}

/**
 * Runs `use` with an engine over a store, and closes the store.
 *
 * @param access `existing`: a SQLite file that is not there is a failure, and none is made.
 */
export const withEngine = async <A>(
  options: StoreOptions,
  access: 'existing' | 'create',
  policies: Partial<Policies>,
  use: (engine: Engine) => Promise<A>
): Promise<A> => {
  const address = options.store ?? defaultStore
  const store = address._tag === 'Memory' ? openMemory(options) : await openSqlite(address.path, options, access)
  const engine = createEngine({
    repository: store.repository,
    policies,
    clock: Date.now,
    newId: v7,
    random: Math.random,
    sleep: (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds))
  })
  try {
    return await use(engine)
  } finally {
    store.close()
  }
}
