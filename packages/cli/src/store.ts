/** Opens stores. What only one kind of store needs is loaded with the first of that kind. */
import { access as accessible, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createEngine, createTimeOrderedIds, type Engine } from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import { isUnused } from '@userpoint/core/maintenance'
import type { Receipts } from '@userpoint/core/receipts'
import type { Repository } from '@userpoint/core/repository'
import { type CompleteSettings, settingsDigest } from '@userpoint/settings/defaults'
import { Failure, printable, reasonOf, unreadable, wrongUsage } from './failure.ts'
import { erasureOf, settingsOf } from './settings.ts'
import { madeByCommit } from './made-by-commit.ts'
import type { SettingsFlags } from './settings-flags.ts'
import { type Access, defaultStore, isThere, type OpenStore, type StorePlace } from './store-place.ts'

/** The options that every command has. */
export interface StoreOptions extends StorePlace, SettingsFlags {}

const emptyStore = async (): Promise<OpenStore> => {
  const { createMemoryRepository } = await import('@userpoint/adapter-memory')
  return { repository: createMemoryRepository(), close: () => undefined }
}

const openMemory = async ({ datamart, driver }: StorePlace): Promise<OpenStore> => {
  if (datamart !== undefined) throw wrongUsage('--datamart does not apply to memory:, which has a single datamart')
  if (driver !== undefined) throw wrongUsage('--driver applies only to SQLite stores, not to memory:')
  return emptyStore()
}

const openPlain = async (options: StorePlace, access: Access): Promise<OpenStore> => {
  const address = options.store ?? defaultStore
  switch (address._tag) {
    case 'Memory':
      return openMemory(options)
    case 'Sqlite': {
      const { openSqlite } = await import('./sqlite-store.ts')
      return (await openSqlite(address.path, options, access)) ?? emptyStore()
    }
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

/** Returns a store that is made by its first commit; `undefined`: the store exists, or is not a file. */
const openMadeByCommit = async (options: StorePlace): Promise<OpenStore | undefined> => {
  const { store: address = defaultStore, driver } = options
  if (address._tag !== 'Sqlite') return undefined
  const { demandPlace, isAbsent, sqliteManifest } = await import('./sqlite-store.ts')
  if (!(await isAbsent(address.path))) return undefined
  await demandPlace(address.path, driver)
  if (options.keys !== undefined) await demandKeys(options.keys)
  return madeByCommit({
    manifest: sqliteManifest,
    isMade: () => isThere(address.path),
    make: () => openStore(options, 'create')
  })
}

/** Opens a store; the caller closes it. */
export const openStore = async (options: StorePlace, asked: Access): Promise<OpenStore> => {
  const later = asked === 'createByCommit' ? await openMadeByCommit(options) : undefined
  if (later !== undefined) return later
  const access = asked === 'createByCommit' ? 'create' : asked
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
  if (datamart === undefined || access === 'create' || access === 'createByCommit' || access === 'readOnlyOrEmpty')
    return
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
