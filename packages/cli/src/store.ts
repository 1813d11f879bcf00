/** Stores by their address: `sqlite:PATH` or `memory:`. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
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

const emptyStore = (): OpenStore => ({ repository: createMemoryRepository(), close: () => undefined })

const openMemory = ({ datamart, driver }: StoreOptions): OpenStore => {
  if (datamart !== undefined) throw wrongUsage('--datamart says which part of a SQLite file is meant; memory: has none')
  if (driver !== undefined) throw wrongUsage('--driver says how a SQLite file is opened; memory: is none')
  return emptyStore()
}

/**
 * What a command may do to an SQLite file. `create`: make it where it is not there. `existing`: change it, if it is there.
 * `readOnly`: read it, if it is there, and leave it as it is to the last byte. `readOnlyOrEmpty`: the same, and take the
 * store for an empty one where there is no file.
 */
export type Access = 'create' | 'existing' | 'readOnly' | 'readOnlyOrEmpty'

/** Whether there is something in the file. One without a byte cannot be read before it is given its tables. */
const hasContent = async (path: string, access: Access): Promise<boolean> => {
  try {
    return (await stat(path)).size > 0
  } catch (error) {
    if (access === 'readOnlyOrEmpty' && error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return false
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
      return { repository, close: () => database.close() }
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    throw failed(error)
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
  const address = options.store ?? defaultStore
  const store = address._tag === 'Memory' ? openMemory(options) : await openSqlite(address.path, options, access)
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
    store.close()
  }
}
