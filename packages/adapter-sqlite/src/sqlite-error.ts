/**
 * What a driver's error tells. The drivers agree on SQLite's result codes, not on where they put them: `code` is
 * `SQLITE_BUSY` or `SQLITE_BUSY_SNAPSHOT` in better-sqlite3 and libsql; `errcode` is 5 or 517 in `node:sqlite`.
 */
import { StoreFault } from '@userpoint/core/repository'

const names: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  9: 'SQLITE_INTERRUPT',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB'
}

/** SQLite's primary result code by name; `undefined` for an error that is not SQLite's. */
export const resultCode = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown }
  if (typeof errcode === 'number') return names[errcode & 0xff] ?? `SQLITE_${errcode & 0xff}`
  if (typeof code === 'string') return /^SQLITE_[A-Z]+/.exec(code)?.[0]
  return undefined
}

/** The fault for a driver's error. The driver's own text may hold personal data, so it is in `cause` only. */
export const sqliteFault = (what: string, cause: unknown, applied: false | undefined): StoreFault => {
  const code = resultCode(cause) ?? 'not an error of SQLite'
  const hint = code === 'SQLITE_BUSY' ? ': another handle was busy for too long' : ''
  return new StoreFault(`sqlite: ${what} failed (${code}${hint})`, { cause, ...(applied === false && { applied }) })
}

/** What `work` gives. A driver's error in it becomes a fault; nothing of a batch was written. */
export const attempt = <A>(what: string, work: () => A): A => {
  try {
    return work()
  } catch (cause) {
    throw cause instanceof StoreFault ? cause : sqliteFault(what, cause, false)
  }
}
