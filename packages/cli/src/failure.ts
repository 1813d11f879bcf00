/** Failures that a person is told about in one line: no stack trace, and nothing that could be personal data. */
import type { EngineError } from '@userpoint/core'
import { StoreFault } from '@userpoint/core/repository'
import { exitCode } from './exit-code.ts'

/** Ends the program with a code and a line on stderr. */
export class Failure extends Error {
  readonly exitCode: number

  constructor(message: string, code: number = exitCode.failed) {
    super(message)
    this.exitCode = code
  }
}

/** A command line that commander could not know to be wrong. */
export const wrongUsage = (message: string): Failure => new Failure(message, exitCode.usage)

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'nobody answers there',
  ECONNRESET: 'the connection was cut',
  EEXIST: 'it is there already',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
  ENOTFOUND: 'there is no such host',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is not a folder',
  EROFS: 'the disk is read-only',
  SQLITE_CANTOPEN: 'is it a file, in a folder that is there and may be written to?',
  SQLITE_NOTADB: 'it is no SQLite database',
  SQLITE_READONLY: 'it would have to be written to first'
}

// The primary result codes, which node:sqlite gives as numbers, that opening a file can end in.
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

/** Whether an error says that there is no such file. */
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'

/** What may be said of an error: a store's own sentence or a system's code, never the text of an unknown error. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof StoreFault) {
    const reason = reasons[codeOf(error.cause) ?? '']
    return reason === undefined ? error.message : `${error.message}: ${reason}`
  }
  const code = codeOf(error)
  if (code === undefined) return error instanceof Error ? error.constructor.name : 'unknown error'
  return code in reasons ? `${reasons[code]} (${code})` : code
}

/** What the engine could not do; how much is done by then is for the caller to say. */
export const engineFailure = (error: EngineError): string => {
  switch (error._tag) {
    case 'Contention':
      return `other writers kept changing the same user points (${error.attempts} attempts)`
    case 'StoreFailed':
    case 'Indeterminate':
      return `the store failed: ${reasonOf(error.cause)}`
    case 'PurgeFailed':
      return `what was deleted may still be in the store's files: ${reasonOf(error.cause)}`
  }
}

/** A name from outside, safe to print: control characters could move a terminal's cursor or start a new line. */
export const printable = (name: string): string =>
  name.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)
