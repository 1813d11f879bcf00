/** A store with keys in a directory of its own: several handles and processes on one file and one key file. */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { createSqliteRepository, type SqliteRepositoryOptions } from '@userpoint/adapter-sqlite'
import type { Repository } from '@userpoint/core/repository'
import { createFileKeys, type KeysOptions, withKeys } from '@userpoint/keys'

export interface SqliteStoreWithKeys {
  readonly file: string
  readonly keyFile: string
  readonly open: (options?: SqliteRepositoryOptions) => Repository
  readonly fork: () => ChildProcess
  readonly hinder: () => { readonly repository: Repository; readonly end: () => void }
  /** Every byte of the store's file, its log and its index. */
  readonly dump: () => Buffer
  readonly remove: () => void
}

const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

/** Opens a handle, which closes what it opened. */
export const openWithKeys = (
  file: string,
  keyFile: string,
  { renew = 'erasing', ...options }: SqliteRepositoryOptions & KeysOptions = {}
): Repository => {
  const database = new DatabaseSync(file)
  const keys = createFileKeys(keyFile)
  let isOpen = true
  return {
    ...withKeys(createSqliteRepository(database, options), keys, { renew }),
    close: () => {
      if (!isOpen) return
      isOpen = false
      database.close()
      keys.close()
    }
  }
}

const bytes = (file: string): Buffer => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0))

export const createStore = (own: KeysOptions = {}): SqliteStoreWithKeys => {
  const directory = mkdtempSync(join(tmpdir(), 'userpoint-keys-'))
  const file = join(directory, 'store.db')
  const keyFile = join(directory, 'store.keys')
  const opened: Repository[] = []
  const open = (options: SqliteRepositoryOptions = {}): Repository => {
    const repository = openWithKeys(file, keyFile, { ...options, ...own })
    opened.push(repository)
    return repository
  }
  return {
    file,
    keyFile,
    open,
    fork: () =>
      fork(new URL('sqlite-process.ts', import.meta.url), [file, keyFile, own.renew ?? 'erasing'], {
        execArgv: ['--conditions=userpoint-source', '--import', typescript]
      }),
    hinder: () => {
      const holder = new DatabaseSync(file)
      holder.exec('begin immediate')
      // The lock is held by this very thread, so that waiting for it would be in vain.
      const repository = open({ busyTimeout: 20 })
      return {
        repository,
        end: () => {
          holder.exec('rollback')
          holder.close()
        }
      }
    },
    dump: () => Buffer.concat(['', '-wal', '-shm', '-journal'].map((suffix) => bytes(file + suffix))),
    remove: () => {
      for (const each of opened) void each.close?.()
      rmSync(directory, { recursive: true })
    }
  }
}
