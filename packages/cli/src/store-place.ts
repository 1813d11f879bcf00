/** The address of a store on a command line: `sqlite:PATH`, `postgres://…`, `mysql://…` or `memory:`. */
import { stat } from 'node:fs/promises'
import type { Repository } from '@userpoint/core/repository'
import type { DriverName } from './sqlite-driver.ts'

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

/**
 * The access that a command needs. `create`: read and write; create a missing store. `createByCommit`: as `create`, but the
 * first commit creates a missing file. `existing`: read and write an existing store. `readOnly`: read an existing store and
 * change no byte of it. `readOnlyOrEmpty`: as `readOnly`, but treat a missing file as an empty store. A server's database
 * without tables counts as an existing, empty store.
 */
export type Access = 'create' | 'createByCommit' | 'existing' | 'readOnly' | 'readOnlyOrEmpty'

/** A store that its user closes. */
export interface OpenStore {
  readonly repository: Repository
  readonly close: () => void | Promise<void>
}

/** Returns whether there is something at a path. */
export const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false
  )
