/** A store in a directory of its own: several handles and processes on one file, its bytes, and nothing left afterwards. */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteRepository, type SqliteRepositoryOptions } from '@userpoint/adapter-sqlite'
import type { Repository } from '@userpoint/core/repository'
import type { Harness } from '@userpoint/conformance'
import type { Driver, OpenDatabase } from './drivers.ts'

export interface SqliteStore {
  readonly file: string
  /** Opens the database without a repository. */
  readonly database: () => OpenDatabase
  /** The same, with what closes it before the end. */
  readonly openDatabase: () => { readonly database: OpenDatabase; readonly close: () => void }
  /** Opens the database and a repository on it: the first handle, a peer, or a reopened one. */
  readonly open: (options?: SqliteRepositoryOptions) => Repository & { readonly close: () => void }
  /** Starts another process on the file, which runs that program with those further arguments. */
  readonly fork: (program: URL, ...args: ReadonlyArray<string>) => ChildProcess
  /** Gives the file a trigger that refuses bodies with this text. */
  readonly refuse: (text: string) => void
  /** Takes the write lock; returns a handle that waits for it for a short time, and a function that releases it. */
  readonly hinder: () => { readonly repository: Repository; readonly end: () => void }
  /** Every byte of the file, its log and its index. */
  readonly dump: () => Buffer
  /** Closes every handle that is still open. */
  readonly close: () => void
  /** Closes every handle that is still open, and removes the directory. */
  readonly remove: () => void
}

const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

export const createSqliteStore = (driver: Driver): SqliteStore => {
  const directory = mkdtempSync(join(tmpdir(), 'userpoint-sqlite-'))
  const file = join(directory, 'store.db')
  const databases = new Set<OpenDatabase>()

  const database = (): OpenDatabase => {
    const opened = driver.open(file)
    databases.add(opened)
    return opened
  }
  const close = (opened: OpenDatabase): void => {
    if (databases.delete(opened)) opened.close()
  }
  const closeAll = (): void => {
    for (const opened of databases) close(opened)
  }
  const openDatabase = () => {
    const opened = database()
    return { database: opened, close: () => close(opened) }
  }
  return {
    file,
    database,
    openDatabase,
    open: (options) => {
      const opened = openDatabase()
      return { ...createSqliteRepository(opened.database, options), close: opened.close }
    },
    fork: (program, ...args) =>
      fork(program, [driver.name, file, ...args], {
        execArgv: ['--conditions=userpoint-source', '--import', typescript]
      }),
    refuse: (text) => {
      const { database: opened, close: end } = openDatabase()
      for (const event of ['insert', 'update']) {
        opened.exec(
          `create trigger refuse_${event} before ${event} on document when instr(new.body, '${text}') > 0
           begin select raise(abort, 'refused'); end`
        )
      }
      end()
    },
    hinder: () => {
      const holder = openDatabase()
      holder.database.exec('begin immediate')
      const opened = openDatabase()
      // The lock is held by this very thread, so that waiting for it would be in vain.
      return {
        repository: { ...createSqliteRepository(opened.database, { busyTimeout: 20 }), close: opened.close },
        end: () => {
          holder.database.exec('rollback')
          holder.close()
        }
      }
    },
    dump: () => Buffer.concat(['', '-wal', '-shm', '-journal'].map((suffix) => bytes(file + suffix))),
    close: closeAll,
    remove: () => {
      closeAll()
      rmSync(directory, { recursive: true })
    }
  }
}

const bytes = (file: string): Buffer => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0))

/** Returns the harness of the conformance suite for a store on a driver. */
export const harnessOn = (driver: Driver): Harness => ({
  name: `sqlite on ${driver.name}`,
  open: () => {
    const store = createSqliteStore(driver)
    return {
      repository: store.open(),
      peer: () => store.open(),
      reopen: () => store.open(),
      fork: () => store.fork(new URL('store-process.ts', import.meta.url)),
      dump: () => [{ name: 'the file and its log', bytes: store.dump() }],
      refuse: store.refuse,
      hinder: store.hinder,
      dispose: store.remove
    }
  }
})
