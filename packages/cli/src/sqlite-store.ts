/** Opens an SQLite file as a store. Loaded only if a command needs it. */
import { access as accessible, constants, open as openFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import type { Manifest, Repository } from '@userpoint/core/repository'
import { exitCode } from './exit-code.ts'
import { Failure, isMissing, printable, reasonOf } from './failure.ts'
import { type DriverName, loadDriver, type OpenDatabase, openImmutable } from './sqlite-driver.ts'
import { type Access, isThere, type StorePlace } from './store-place.ts'

/** A repository on the file; `close` closes it. */
interface OpenSqlite {
  readonly repository: Repository
  readonly close: () => void
}

/** Returns `true` if the file has content. An empty file has no tables yet, so it cannot be opened for reading. */
const hasContent = async (path: string, access: Access): Promise<boolean> => {
  try {
    return (await stat(path)).size > 0
  } catch (error) {
    if (access === 'readOnlyOrEmpty' && isMissing(error)) return false
    throw new Failure(`the store ${printable(path)} cannot be read: ${reasonOf(error)}`)
  }
}

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

const failureOf = (path: string, error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure(`the store ${printable(path)} cannot be opened: ${reasonOf(error)}`, exitCode.failed, {
        cause: error
      })

/** The manifest of every handle on a file. */
export const sqliteManifest: Manifest = { name: 'sqlite', durable: true, concurrent: 'processes' }

/** Returns whether nothing is at a path. */
export const isAbsent = (path: string): Promise<boolean> => stat(path).then(() => false, isMissing)

/** @throws {Failure} A file that is absent cannot be made here. */
export const demandPlace = async (path: string, driver: DriverName | undefined): Promise<void> => {
  await loadDriver(driver)
  try {
    await accessible(dirname(resolve(path)), constants.W_OK)
  } catch (error) {
    throw failureOf(path, error)
  }
}

/** Opens a file; returns `undefined` if it is only to be read and has no content. */
export const openSqlite = async (
  path: string,
  { datamart, driver }: StorePlace,
  access: Access
): Promise<OpenSqlite | undefined> => {
  const readOnly = access === 'readOnly' || access === 'readOnlyOrEmpty'
  if (access !== 'create' && !(await hasContent(path, access)) && readOnly) return undefined
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
    throw failureOf(path, error)
  }
}
