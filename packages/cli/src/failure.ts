/** Failures, printed as one line without a stack trace or personal data. */
import type { EngineError } from '@userpoint/core'
import { StoreFault } from '@userpoint/core/repository'
import { exitCode } from './exit-code.ts'

/** Ends the program with a code and a line on stderr. */
export class Failure extends Error {
  readonly exitCode: number

  constructor(message: string, code: number = exitCode.failed, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = code
  }
}

/** Returns the failure for a wrong command line that commander accepts. */
export const wrongUsage = (message: string): Failure => new Failure(message, exitCode.usage)

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'connection refused; is the server running?',
  EADDRINUSE: 'the address is already in use',
  ECONNRESET: 'the connection was cut',
  EEXIST: 'it already exists',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be larger than this user may make it',
  EISDIR: 'it is a folder',
  ENOENT: 'no such file or folder',
  ENOTFOUND: 'unknown host',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is not a folder',
  EROFS: 'the disk is read-only',
  Z_BUF_ERROR: 'it ends in the middle of gzip',
  Z_DATA_ERROR: 'it is damaged gzip',
  SQLITE_CANTOPEN: 'check that it is a file and that its folder exists and is writable',
  SQLITE_NOTADB: 'it is not an SQLite database',
  SQLITE_READONLY: 'it must be opened for writing first'
}

/** The reasons why a key does not fit the store, with what helps on the command line. */
const keyReasons: Readonly<Record<string, string>> = {
  KEYED_CLAIMS: 'the claims of this store are keyed: give its key with --key-file, or erasure.keyFile in the settings',
  PLAIN_CLAIMS:
    'the store had people before it had a key: restore an export of it into a new store, or set erasure.claims to "plain"'
}

// node:sqlite reports result codes as numbers; these are the ones that opening a file can produce.
const openingCodes: Readonly<Record<number, string>> = {
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB'
}

const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown }
  if (typeof errcode === 'number') return openingCodes[errcode & 0xff] ?? `SQLITE_${errcode & 0xff}`
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : undefined
}

/** Returns `true` if the error says that the file does not exist. */
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'

/** Returns `true` if an error says that the file of a store is damaged. */
export const isDamaged = (error: unknown): boolean => {
  const fault = error instanceof Failure ? error.cause : error
  return fault instanceof StoreFault && fault.code === 'SQLITE_CORRUPT'
}

/** Returns the printable reason of an error: a store's message or a system code, never the text of an unknown error. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof StoreFault) return keyReasons[error.code ?? ''] ?? error.message
  const code = codeOf(error)
  if (code === undefined) return error instanceof Error ? error.constructor.name : 'unknown error'
  return code in reasons ? `${reasons[code]} (${code})` : code
}

/** Returns the message for an engine error; the caller adds how far the work got. */
export const engineFailure = (error: EngineError): string => {
  switch (error._tag) {
    case 'Contention':
      return `other writers kept changing the same user points (${error.attempts} attempts)`
    case 'StoreFailed':
    case 'Indeterminate':
      return `the store failed: ${reasonOf(error.cause)}`
  }
}

/** Escapes the control characters of a name, which could move a terminal's cursor or start a new line. */
export const printable = (name: string): string =>
  name.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)

/** Returns the address of a server without user and password. */
export const withoutSecrets = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`

/** Returns the failure of a command whose store gave an error while it was read. */
export const unreadable = (cause: unknown): Failure =>
  new Failure(`the store cannot be read: ${reasonOf(cause)}`, exitCode.failed, { cause })
