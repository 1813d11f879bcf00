/** Reads drivers' errors: the server's number, what became of the batch, what can help, and a sentence for an operator. */
import { type Recovery, StoreFault } from '@userpoint/core/repository'
import { NoAnswer } from './connection.ts'

/** Returns the number of an error that the server sent; `undefined` for an error of the driver or of the network. */
export const serverError = (error: unknown): number | undefined => {
  // The system's own errors have a number too, but only the server's have an SQLSTATE.
  if (typeof error !== 'object' || error === null || !('errno' in error && 'sqlState' in error)) return undefined
  return typeof error.errno === 'number' && typeof error.sqlState === 'string' ? error.errno : undefined
}

/** Returns whether a document or a claim is there already. */
export const isTaken = (error: unknown): boolean => serverError(error) === 1062 // ER_DUP_ENTRY

/**
 * Errors after which the server has undone a transaction because of another one, which may have been undone too: nothing is known of
 * the batch but that it may be written again.
 */
const again: ReadonlySet<number | undefined> = new Set([
  1020, // ER_CHECKREAD: a row has changed since the transaction's snapshot
  1213 // ER_LOCK_DEADLOCK; of a Galera cluster also a failed certification
])

/** Returns whether the server has undone a transaction that may be run again. */
export const isToRunAgain = (error: unknown): boolean => again.has(serverError(error))

/** Returns whether another transaction was in the way of a read. */
const isInTheWay = (error: unknown): boolean => [1020, 1213, 1412].includes(serverError(error) ?? 0)

/** The answers to `commit` after which the transaction is undone for certain. */
const undone: ReadonlySet<number | undefined> = new Set([
  1020,
  1047, // a node of a cluster that takes no statements
  1213,
  1290, // the server has become read-only
  1792,
  1836
])

/** Returns whether a `commit` that ended with this error may have been carried out. */
export const mayHaveCommitted = (error: unknown): boolean => !undone.has(serverError(error))

/** Errors with which the server ends the connection too. */
const ending: ReadonlySet<number> = new Set([1053, 1152, 1153, 1159, 1161, 1927, 2006, 2013])

/** Returns whether the connection is as good as before, after a statement that was alone. */
export const isStillGood = (_: unknown, error: unknown): boolean => {
  if (error instanceof StoreFault) return true
  const number = serverError(error)
  return number !== undefined && !ending.has(number)
}

const sentences: Readonly<Record<number, string>> = {
  1020: 'another transaction was first',
  1021: 'the disk is full',
  1040: 'the server has too many connections',
  1044: 'the user lacks a privilege',
  1045: 'the server does not let this user in',
  1047: 'the node is not part of its cluster',
  1049: 'the database does not exist',
  1053: 'the server shuts down',
  1062: 'a key is there already',
  1114: 'a table is full',
  1142: 'the user lacks a privilege',
  1146: 'the table does not exist',
  1153: "the statement is larger than the server's max_allowed_packet",
  1205: 'another transaction held a lock for too long',
  1213: 'it and another transaction waited for each other',
  1290: 'the server is read-only',
  1317: 'an operator cancelled it',
  1366: 'the database cannot keep a character of the text',
  1406: 'a value is longer than its column',
  1412: 'the table was rewritten meanwhile',
  1461: 'the server has too many prepared statements: raise its max_prepared_stmt_count',
  1568: 'a connection of the pool was left in a transaction',
  1665: 'the binary log has the format STATEMENT: use MIXED or ROW',
  1698: 'the server does not let this user in',
  1792: 'the transaction is read-only',
  1836: 'the server is read-only',
  1927: 'an operator closed the connection',
  1969: 'the server cancelled it, because it took too long',
  3024: 'the server cancelled it, because it took too long',
  3819: 'a constraint refuses the content',
  4025: 'a constraint refuses the content'
}

/** The recovery by the server's number (PO-17). */
const recoveries: Readonly<Record<number, Recovery>> = {
  1020: 'retry',
  1040: 'retry',
  1047: 'retry',
  1053: 'retry',
  1159: 'retry',
  1161: 'retry',
  1203: 'retry', // max_user_connections
  1205: 'retry',
  1206: 'retry', // the lock table is full
  1213: 'retry',
  1317: 'retry',
  1412: 'retry',
  1568: 'retry',
  1799: 'retry', // too many changes while a table was rewritten
  1927: 'retry',
  1969: 'retry',
  3024: 'retry',
  1048: 'none', // a column cannot be null
  1062: 'none',
  1118: 'none', // a row is too large
  1153: 'none',
  1264: 'none', // out of range
  1366: 'none',
  1406: 'none',
  1452: 'none', // a foreign key
  1644: 'none', // a trigger's signal
  3819: 'none',
  4025: 'none'
}

/** The system's own codes for which an operator must act; all others of a network pass. */
const lasting: ReadonlySet<string> = new Set(['ENOTFOUND', 'EACCES', 'ENOENT', 'EMFILE', 'ENFILE'])

const systemSentences: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'the host cannot be reached',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the system has too many open files',
  ENOENT: 'no such socket',
  ENOTFOUND: 'no such host',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'the host did not answer',
  PROTOCOL_CONNECTION_LOST: 'the connection was cut'
}

/** An error in words: its stable code, what can help, and a sentence. */
interface Meaning {
  readonly code: string | undefined
  readonly recovery: Recovery | undefined
  readonly text: string
}

const codeOf = (cause: unknown): string | undefined => {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined
  return typeof cause.code === 'string' && /^[A-Z_]+$/.test(cause.code) ? cause.code : undefined
}

const meaningOf = (cause: unknown): Meaning => {
  const number = serverError(cause)
  if (number !== undefined) {
    const sentence = sentences[number]
    // Of an error that is not known only this is: the server refused what was asked.
    const recovery = recoveries[number] ?? 'repair'
    return { code: String(number), recovery, text: `error ${number}${sentence === undefined ? '' : `: ${sentence}`}` }
  }
  if (cause instanceof NoAnswer) return { code: 'NO_ANSWER', recovery: 'retry', text: cause.message }
  // Texts that are too long for JavaScript never reach the driver.
  if (cause instanceof RangeError) return { code: 'RangeError', recovery: 'none', text: 'a text is too long' }
  if (cause instanceof SyntaxError) {
    return {
      code: 'BODY',
      recovery: 'repair',
      text: 'a body is not JSON: something other than this adapter has changed it'
    }
  }
  const code = codeOf(cause)
  const recovery = code !== undefined && lasting.has(code) ? 'repair' : 'retry'
  const sentence = code === undefined ? undefined : systemSentences[code]
  const reason = sentence === undefined ? code : `${sentence} (${code})`
  return { code, recovery, text: `the connection failed${reason === undefined ? '' : `: ${reason}`}` }
}

/** Returns the fault for a driver's error. The driver's own text may hold personal data, so it is in `cause` only. */
export const mysqlFault = (what: string, cause: unknown, applied: false | undefined): StoreFault => {
  const { code, recovery, text } = meaningOf(cause)
  // The content can be blamed only where nothing of it was written.
  const isTold = recovery !== undefined && (recovery !== 'none' || applied === false)
  return new StoreFault(`mysql: ${what} failed (${text})`, {
    cause,
    code,
    ...(applied === false && { applied }),
    ...(isTold && { recovery })
  })
}

/** Runs `work`, which writes nothing where it throws; a driver's error becomes a fault. */
export const attempt = async <A>(what: string, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (cause) {
    throw cause instanceof StoreFault ? cause : mysqlFault(what, cause, false)
  }
}

/** The number of attempts of a read that another transaction, or the rewrite of a table, makes fail; this is rare. */
const readings = 20

/** Runs `read`, which changes nothing; again where another transaction made it fail. */
export const attemptReading = async <A>(what: string, read: () => Promise<A>): Promise<A> =>
  attempt(what, async () => {
    for (let tried = 1; ; tried++) {
      try {
        return await read()
      } catch (cause) {
        if (!isInTheWay(cause) || tried === readings) throw cause
      }
    }
  })
