/** Opens stores by address: `sqlite:PATH`, `postgres://…`, `mysql://…` or `memory:`. */
import { access as accessible, constants, open as openFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine, createTimeOrderedIds, type Engine } from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import { isUnused } from '@userpoint/core/maintenance'
import type { Receipts } from '@userpoint/core/receipts'
import type { Repository } from '@userpoint/core/repository'
import { type CompleteSettings, settingsDigest } from '@userpoint/settings'
import { Failure, isMissing, printable, reasonOf, unreadable, wrongUsage } from './failure.ts'
import { erasureOf, type SettingsFlags, settingsOf } from './settings.ts'
import { type DriverName, loadDriver, type OpenDatabase, openImmutable } from './sqlite-driver.ts'

export type StoreAddress =
  | { readonly _tag: 'Sqlite'; readonly path: string }
  | { readonly _tag: 'Postgres'; readonly url: URL }
  | { readonly _tag: 'Mysql'; readonly url: URL }
  | { readonly _tag: 'Memory' }

export const defaultStore: StoreAddress = { _tag: 'Sqlite', path: 'userpoint.db' }

/** Returns the parsed address, or as a string why the text is not one. */
export const parseStore = (text: string): StoreAddress | string => {
  if (text === 'memory:' || text === 'sqlite::memory:') return { _tag: 'Memory' }
  if (/^postgres(ql)?:/.test(text)) return parseServer('Postgres', text)
  if (/^(?:mysql|mariadb):/.test(text)) return parseServer('Mysql', text.replace(/^mariadb:/, 'mysql:'))
  if (!text.startsWith('sqlite:'))
    return 'Expected sqlite:PATH, postgres://HOST/DATABASE, mysql://HOST/DATABASE or memory:, such as sqlite:./userpoint.db.'
  const path = text.slice('sqlite:'.length)
  if (path === '') return 'The path of the SQLite file is missing, as in sqlite:./userpoint.db.'
  // better-sqlite3 trims the path and would open another file than the other drivers.
  if (path.trim() !== path || path.includes('\0')) return 'The path may not begin or end with white space.'
  return { _tag: 'Sqlite', path }
}

const examples = { Postgres: 'postgres://user@host:5432/database', Mysql: 'mysql://user@host:3306/database' } as const

const parseServer = (_tag: 'Postgres' | 'Mysql', text: string): StoreAddress | string => {
  // The message does not repeat the address, which may hold a password.
  if (!URL.canParse(text)) return `Expected an address such as ${examples[_tag]}.`
  const url = new URL(text)
  return url.host === '' || url.pathname.length < 2
    ? `The host or the database is missing, as in ${examples[_tag]}.`
    : { _tag, url }
}

/** The store of a datamart. */
export interface StorePlace {
  readonly store?: StoreAddress
  readonly datamart?: string
  readonly driver?: DriverName
  /** The path of the file with the keys of an encrypted store. */
  readonly keys?: string
}

/** The options that every command has. */
export interface StoreOptions extends StorePlace, SettingsFlags {}

export interface OpenStore {
  readonly repository: Repository
  readonly close: () => void | Promise<void>
}

const emptyStore = (): OpenStore => ({ repository: createMemoryRepository(), close: () => undefined })

const openMemory = ({ datamart, driver }: StorePlace): OpenStore => {
  if (datamart !== undefined) throw wrongUsage('--datamart does not apply to memory:, which has a single datamart')
  if (driver !== undefined) throw wrongUsage('--driver applies only to SQLite stores, not to memory:')
  return emptyStore()
}

/**
 * The access that a command needs. `create`: read and write; create a missing store. `existing`: read and write an
 * existing store. `readOnly`: read an existing store and change no byte of it. `readOnlyOrEmpty`: as `readOnly`, but treat
 * a missing file as an empty store. A server's database without tables counts as an existing, empty store.
 */
export type Access = 'create' | 'existing' | 'readOnly' | 'readOnlyOrEmpty'

/** Returns `true` if the file has content. An empty file has no tables yet, so it cannot be opened for reading. */
const hasContent = async (path: string, access: Access): Promise<boolean> => {
  try {
    return (await stat(path)).size > 0
  } catch (error) {
    if (access === 'readOnlyOrEmpty' && isMissing(error)) return false
    throw new Failure(`the store ${printable(path)} cannot be read: ${reasonOf(error)}`)
  }
}

const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false
  )

const isWritable = async (path: string): Promise<boolean> =>
  accessible(path, constants.W_OK).then(
    () => true,
    () => false
  )

/** Makes the file for its owner alone, since it will hold people; its log gets the same rights. */
const makePrivately = async (path: string): Promise<void> => {
  const file = await openFile(path, 'a', 0o600)
  await file.close()
}

const openDatabase = async (path: string, driver: DriverName | undefined, access: Access): Promise<OpenDatabase> => {
  const readOnly = access === 'readOnly' || access === 'readOnlyOrEmpty'
  // SQLite makes a log even to read, unless there is one already. In this folder no process can make one and write.
  const hasNoLog = access !== 'create' && !(await isWritable(dirname(path))) && !(await isThere(`${path}-wal`))
  if (hasNoLog) return openImmutable(path)
  const open = await loadDriver(driver)
  if (access === 'create') await makePrivately(path)
  return open(path, { readOnly })
}

const openSqlite = async (path: string, { datamart, driver }: StorePlace, access: Access): Promise<OpenStore> => {
  const readOnly = access === 'readOnly' || access === 'readOnlyOrEmpty'
  if (access !== 'create' && !(await hasContent(path, access)) && readOnly) return emptyStore()
  const failed = (error: unknown) => new Failure(`the store ${printable(path)} cannot be opened: ${reasonOf(error)}`)
  try {
    // Drivers read a relative path such as file:x as a URI, but never an absolute path.
    const database = await openDatabase(resolve(path), driver, access)
    try {
      const repository = createSqliteRepository(database, datamart === undefined ? {} : { datamart })
      return { repository, close: () => void database.close() }
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    throw error instanceof Failure ? error : failed(error)
  }
}

const openPlain = async (options: StorePlace, access: Access): Promise<OpenStore> => {
  const address = options.store ?? defaultStore
  switch (address._tag) {
    case 'Memory':
      return openMemory(options)
    case 'Sqlite':
      return openSqlite(address.path, options, access)
    case 'Postgres': {
      const { datamart, driver } = options
      if (driver !== undefined) throw wrongUsage('--driver applies only to SQLite stores, not to PostgreSQL')
      const { openPostgres } = await import('./postgres-store.ts')
      return (await openPostgres(address.url, datamart, access === 'create')) ?? emptyStore()
    }
    case 'Mysql': {
      const { datamart, driver } = options
      if (driver !== undefined) throw wrongUsage('--driver applies only to SQLite stores, not to MariaDB')
      const { openMysql } = await import('./mysql-store.ts')
      return (await openMysql(address.url, datamart, access === 'create')) ?? emptyStore()
    }
  }
}

const keysFailure = (path: string, error: unknown): Failure =>
  new Failure(`the key file ${printable(path)} cannot be opened: ${reasonOf(error)}`)

/** Demands a key file that can be opened, or else made: before a store is made. */
const demandKeys = async (path: string): Promise<void> => {
  const { createFileKeys } = await import('@userpoint/keys')
  try {
    if (await isThere(path)) createFileKeys(resolve(path), { mustExist: true }).close()
    else await accessible(dirname(resolve(path)), constants.W_OK)
  } catch (error) {
    throw keysFailure(path, error)
  }
}

/** Returns the store with its keys; without `--keys`, refuses a store that has some, where everybody would be unknown. */
export const unlocked = async (store: OpenStore, path: string | undefined, access: Access): Promise<OpenStore> => {
  const { createFileKeys, usesKeys, withKeys } = await import('@userpoint/keys')
  if (path === undefined) {
    if (await usesKeys(store.repository)) throw wrongUsage('the store is encrypted: give its key file with --keys')
    return store
  }
  // A misspelt path would make a key file that is of no store.
  const isNew = access === 'create' && (await isUnused(store.repository))
  if (access === 'create' && !isNew && !(await isThere(path)) && !(await usesKeys(store.repository)))
    throw new Failure('the store was written without keys: restore an export of it into a new store with --keys')
  try {
    const keys = createFileKeys(resolve(path), { mustExist: !isNew })
    const close = async (): Promise<void> => {
      await store.close()
      keys.close()
    }
    return { repository: withKeys(store.repository, keys), close }
  } catch (error) {
    throw keysFailure(path, error)
  }
}

/** Opens a store; the caller closes it. */
export const openStore = async (options: StorePlace, access: Access): Promise<OpenStore> => {
  if (access === 'create' && options.keys !== undefined) await demandKeys(options.keys)
  const store = await openPlain(options, access)
  try {
    return await unlocked(store, options.keys, access)
  } catch (error) {
    await store.close()
    if (error instanceof Failure) throw error
    throw unreadable(error)
  }
}

/** Wraps a repository so that signals are delivered before each scan; a synchronous store blocks the event loop. */
const interruptible = (repository: Repository): Repository => ({
  ...repository,
  async *scan(kind, options) {
    await setImmediate()
    yield* repository.scan(kind, options)
  }
})

/** Returns the options with the datamart and the key file that the settings name, unless an option names others. */
const placed = (options: StorePlace, { datamart, erasure: { documentKeys } }: CompleteSettings): StorePlace => {
  const place = documentKeys === undefined ? options : { ...options, keys: documentKeys }
  return datamart === undefined || options.datamart !== undefined || options.store?._tag === 'Memory'
    ? place
    : { ...place, datamart }
}

/**
 * Demands that a program has written to the datamart that an option or the settings name. A misspelt one would look like one
 * whose people are all gone.
 */
const demandDatamart = async (repository: Repository, datamart: string | undefined, access: Access): Promise<void> => {
  if (datamart === undefined || access === 'create' || access === 'readOnlyOrEmpty') return
  let isEmpty: boolean
  try {
    isEmpty = await isUnused(repository)
  } catch (error) {
    throw unreadable(error)
  }
  if (isEmpty) throw new Failure(`the store has no datamart ${printable(datamart)}: nothing was ever written to it`)
}

/** Reads the settings, opens a store, runs `use` with it, and closes it. */
export const withRepository = async <A>(
  options: StoreOptions,
  access: Access,
  use: (repository: Repository) => Promise<A>
): Promise<A> => {
  const place = placed(options, await settingsOf(options))
  const store = await openStore(place, access)
  try {
    await demandDatamart(store.repository, place.datamart, access)
    return await use(interruptible(store.repository))
  } finally {
    await store.close()
  }
}

const keyMissing = 'this needs the key of the datamart: give --key-file, or erasure.keyFile in the settings'

/** @throws Failure if the options name no key. */
export const demandKey = async (options: StoreOptions): Promise<void> => {
  if ((await erasureOf(await settingsOf(options))) === undefined) throw wrongUsage(keyMissing)
}

/** Runs `use` with the receipts of a store. @throws Failure if the options name no key. */
export const withReceipts = async <A>(
  options: StoreOptions,
  access: Access,
  use: (receipts: Receipts) => Promise<A>
): Promise<A> => {
  await demandKey(options)
  return withEngine(options, access, ({ receipts }) => use(receipts as Receipts))
}

/** Reads the settings, opens a store, runs `use` with an engine on it, and closes the store. */
export const withEngine = async <A>(
  options: StoreOptions,
  access: Access,
  use: (engine: Engine<DocumentType>, settings: CompleteSettings) => Promise<A>
): Promise<A> => {
  const settings = await settingsOf(options)
  const erasure = await erasureOf(settings)
  const place = placed(options, settings)
  const store = await openStore(place, access)
  const engine = createEngine({
    dialect: mediarithmics,
    repository: interruptible(store.repository),
    policies: settings.policies,
    bounds: settings.bounds,
    ...(erasure !== undefined && { erasure }),
    retention: settings.retention,
    feed: settings.feed.state,
    feedKeptFor: settings.feed.keptHours * 3_600_000,
    settingsDigest: settingsDigest(settings),
    // Before the program ends, by `thenPurge`.
    purge: 'manual',
    clock: Date.now,
    newId: createTimeOrderedIds({ clock: Date.now, fillRandom: (bytes) => crypto.getRandomValues(bytes) }),
    random: Math.random,
    sleep: (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds))
  })
  try {
    await demandDatamart(store.repository, place.datamart, access)
    return await use(engine, settings)
  } finally {
    await store.close()
  }
}
