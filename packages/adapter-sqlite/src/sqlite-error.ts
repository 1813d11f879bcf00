/**
 * Reads drivers' errors. The drivers agree on SQLite's result codes, not on where they put them: `code` is `SQLITE_BUSY` or
 * `SQLITE_BUSY_SNAPSHOT` in better-sqlite3 and bun:sqlite, and `UNKNOWN_SQLITE_ERROR_1544` in libsql where it has no name for
 * it; `errcode` is 5 or 517 in `node:sqlite`.
 */
import { type Recovery, StoreFault } from '@userpoint/core/repository'

/** The meaning of a result code to an operator: its name, the recovery (PO-17), and a sentence. */
interface Meaning {
  readonly name: string
  readonly recovery?: Recovery
  readonly sentence?: string
}

const meanings: Readonly<Record<number, Meaning>> = {
  1: { name: 'SQLITE_ERROR' },
  3: { name: 'SQLITE_PERM', recovery: 'repair' },
  5: { name: 'SQLITE_BUSY', recovery: 'retry', sentence: 'another handle was busy for too long' },
  6: { name: 'SQLITE_LOCKED', recovery: 'retry', sentence: 'the connection is busy with another statement' },
  7: { name: 'SQLITE_NOMEM', recovery: 'retry', sentence: 'there is not enough memory' },
  8: { name: 'SQLITE_READONLY', recovery: 'repair', sentence: 'the connection, the file or its folder is read-only' },
  9: { name: 'SQLITE_INTERRUPT', recovery: 'retry' },
  10: { name: 'SQLITE_IOERR', recovery: 'repair', sentence: 'the disk or the file system failed' },
  11: { name: 'SQLITE_CORRUPT', recovery: 'repair', sentence: 'the file is damaged: restore it from a backup' },
  13: { name: 'SQLITE_FULL', recovery: 'repair', sentence: 'the disk is full (ENOSPC)' },
  14: {
    name: 'SQLITE_CANTOPEN',
    recovery: 'repair',
    sentence: 'the file or its log cannot be opened: look at the path, the rights, and the limit of open files (EMFILE)'
  },
  15: { name: 'SQLITE_PROTOCOL', recovery: 'retry' },
  17: { name: 'SQLITE_SCHEMA', recovery: 'retry' },
  18: { name: 'SQLITE_TOOBIG', recovery: 'none', sentence: 'a body is larger than SQLite takes' },
  19: { name: 'SQLITE_CONSTRAINT', recovery: 'none', sentence: 'a constraint or a trigger of the file refuses it' },
  20: { name: 'SQLITE_MISMATCH', recovery: 'none' },
  22: { name: 'SQLITE_NOLFS', recovery: 'repair' },
  23: { name: 'SQLITE_AUTH', recovery: 'repair' },
  26: { name: 'SQLITE_NOTADB', recovery: 'repair', sentence: 'the file is no SQLite database' }
}

/** SQLite's own sentences, which identify errors without a result code, such as some of @photostructure/sqlite. */
const bySentence: ReadonlyMap<string, number> = new Map([
  ['database is locked', 5],
  ['out of memory', 7],
  ['attempt to write a readonly database', 8],
  ['disk I/O error', 10],
  ['database disk image is malformed', 11],
  ['database or disk is full', 13],
  ['unable to open database file', 14],
  ['string or blob too big', 18],
  ['file is not a database', 26]
])

const byName: ReadonlyMap<string, Meaning> = new Map(
  Object.values(meanings).map((meaning) => [meaning.name, meaning] as const)
)

/** The primary code is the low byte of an extended one. */
const meaningOf = (code: number): Meaning => meanings[code & 0xff] ?? { name: `SQLITE_${code & 0xff}` }

const meaningIn = (error: unknown): Meaning | undefined => {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, errcode, message } = error as Readonly<Partial<Record<'code' | 'errcode' | 'message', unknown>>>
  if (typeof errcode === 'number') return meaningOf(errcode)
  const known = code === 'ERR_SQLITE_ERROR' && typeof message === 'string' ? bySentence.get(message) : undefined
  if (known !== undefined) return meaningOf(known)
  if (typeof code !== 'string') return undefined
  const unnamed = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(code)?.[1]
  if (unnamed !== undefined) return meaningOf(Number(unnamed))
  const name = /^SQLITE_[A-Z]+/.exec(code)?.[0]
  return name === undefined ? undefined : (byName.get(name) ?? { name })
}

/** Returns the name of SQLite's primary result code; `undefined` for an error that is not SQLite's. */
export const resultCode = (error: unknown): string | undefined => meaningIn(error)?.name

/** Texts that are too long for JavaScript, or for a driver, never reach SQLite. */
const tooLong: Meaning = { name: 'RangeError', recovery: 'none', sentence: 'a text is too long' }

/** The fault for a driver's error. The driver's own text may hold personal data, so it is in `cause` only. */
export const sqliteFault = (what: string, cause: unknown, applied: false | undefined): StoreFault => {
  const meaning = meaningIn(cause) ?? (cause instanceof RangeError ? tooLong : undefined)
  const { name = 'not an error of SQLite', recovery, sentence } = meaning ?? {}
  // The content can be the reason only if nothing of it was written.
  const isTold = recovery !== undefined && (recovery !== 'none' || applied === false)
  return new StoreFault(`sqlite: ${what} failed (${name}${sentence === undefined ? '' : `: ${sentence}`})`, {
    cause,
    code: meaning?.name,
    ...(applied === false && { applied }),
    ...(isTold && { recovery })
  })
}

/** Runs `work`, which writes nothing if it throws; a driver's error becomes a fault. */
export const attempt = <A>(what: string, work: () => A): A => {
  try {
    return work()
  } catch (cause) {
    throw cause instanceof StoreFault ? cause : sqliteFault(what, cause, false)
  }
}
