/** Reads drivers' errors: the SQLSTATE, the outcome of the batch, the recovery, and a sentence for an operator. */
import { type Recovery, StoreFault } from '@userpoint/core/repository'
import { NoAnswer } from './connection.ts'

/** Returns the SQLSTATE of an error that the server sent; `undefined` for an error of the driver or of the network. */
export const sqlState = (error: unknown): string | undefined => {
  // The system's own codes look alike (`EPIPE`), but only the server's errors have a severity.
  if (typeof error !== 'object' || error === null || !('code' in error && 'severity' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * The errors with which the server undoes a transaction because of another one, which may have been undone too: nothing is known
 * of the work but that it may be run again.
 */
const again: ReadonlySet<string | undefined> = new Set([
  '40001', // serialization_failure
  '40P01' // deadlock_detected
])

/** Returns whether the server has undone work that may be run again. */
export const isToRunAgain = (error: unknown): boolean => again.has(sqlState(error))

/**
 * Returns whether a `commit` that ended with this error may have landed. A server that answers with an error of the transaction
 * has undone it. Before a server goes away, or the network fails, the commit may have landed.
 */
export const mayHaveCommitted = (error: unknown): boolean => {
  const state = sqlState(error)
  // 08: connection exceptions; 57P: the server shuts down; 40003: statement_completion_unknown.
  return state === undefined || /^08|^57P|^40003$/.test(state)
}

/** Returns the reason why a connection cannot be used after a single statement, which leaves nothing to roll back. */
export const lostConnection = (_: unknown, error: unknown): Error | undefined =>
  mayHaveCommitted(error) && !(error instanceof StoreFault) ? new Error('the connection was lost') : undefined

const sentences: Readonly<Record<string, string>> = {
  '22P05': 'the database cannot keep a character of the text, because its encoding has none for it',
  '25006': 'the session, the role or the server is read-only',
  '25P02': 'your transaction has failed before: roll back',
  '28000': 'the server does not let this role in',
  '28P01': 'the password is wrong',
  '3D000': 'the database does not exist',
  '40001': 'another transaction was first',
  '40P01': 'a deadlock with another transaction',
  '42501': 'the role lacks a privilege',
  '53100': 'the disk is full',
  '53200': 'the server has not enough memory',
  '53300': 'the server has too many connections',
  '54000': 'a value is larger than the server takes',
  '55P03': 'another transaction held a lock for too long',
  '57014': 'the server cancelled it, because it took too long or an operator asked for that',
  '57P01': 'the server shuts down',
  '57P03': 'the server is starting or stopping',
  '58030': "the server's disk failed",
  XX001: 'a table is damaged',
  XX002: 'an index is damaged'
}

/** The recovery by SQLSTATE, or by its class, which is its first two characters (PO-17). */
const recoveries: Readonly<Record<string, Recovery>> = {
  '08': 'retry', // connection exceptions
  '0A': 'repair', // feature not supported
  '22': 'none', // data exceptions
  '23': 'none', // integrity constraints
  '25': 'repair', // invalid transaction state, read-only
  '28': 'repair', // invalid authorization
  '3D': 'repair', // no such database
  '3F': 'repair', // no such schema
  '40': 'retry', // transaction rollback
  '42': 'repair', // no such table or function, or no right
  '44': 'none', // with check option
  '53': 'retry', // insufficient resources
  '53100': 'repair', // disk full
  '54': 'none', // program limit exceeded
  '55': 'repair', // object not in prerequisite state
  '55P03': 'retry', // lock not available
  '57': 'retry', // operator intervention
  '58': 'repair', // system error
  P0: 'none', // raised by a trigger
  F0: 'repair', // configuration file
  XX001: 'repair',
  XX002: 'repair'
}

/** The system's codes that an operator must repair; all other network errors pass. */
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
  ETIMEDOUT: 'the host did not answer'
}

/** An error in words: its stable code, the recovery, and a sentence. */
interface Meaning {
  readonly code: string | undefined
  readonly recovery: Recovery | undefined
  readonly text: string
}

/** A code of the system, such as `ECONNREFUSED`. */
const systemCode = (cause: unknown): string | undefined => {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined
  return typeof cause.code === 'string' && /^E[A-Z_]+$/.test(cause.code) ? cause.code : undefined
}

const meaningOf = (cause: unknown): Meaning => {
  const state = sqlState(cause)
  if (state !== undefined) {
    const sentence = sentences[state]
    const recovery = recoveries[state] ?? recoveries[state.slice(0, 2)]
    return { code: state, recovery, text: `SQLSTATE ${state}${sentence === undefined ? '' : `: ${sentence}`}` }
  }
  if (cause instanceof NoAnswer) return { code: 'NO_ANSWER', recovery: 'retry', text: cause.message }
  // Texts that are too long for JavaScript never reach the driver.
  if (cause instanceof RangeError) return { code: 'RangeError', recovery: 'none', text: 'a text is too long' }
  // The driver has no code for an exhausted pool.
  if (cause instanceof Error && /client password must be/.test(cause.message)) {
    const text = 'the connection failed: the server asks for a password'
    return { code: 'NO_PASSWORD', recovery: 'repair', text }
  }
  const code = systemCode(cause)
  const recovery = code !== undefined && lasting.has(code) ? 'repair' : 'retry'
  const sentence = code === undefined ? undefined : systemSentences[code]
  const reason = sentence === undefined ? code : `${sentence} (${code})`
  return { code, recovery, text: `the connection failed${reason === undefined ? '' : `: ${reason}`}` }
}

/** Returns the fault for a driver's error. The driver's own text may hold personal data, so it is in `cause` only. */
export const postgresFault = (what: string, cause: unknown, applied: false | undefined): StoreFault => {
  const { code, recovery, text } = meaningOf(cause)
  // The content can be the reason only if nothing of it was written.
  const isTold = recovery !== undefined && (recovery !== 'none' || applied === false)
  return new StoreFault(`postgres: ${what} failed (${text})`, {
    cause,
    code,
    ...(applied === false && { applied }),
    ...(isTold && { recovery })
  })
}

/** Runs `work`, which writes nothing if it throws; a driver's error becomes a fault. */
export const attempt = async <A>(what: string, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (cause) {
    throw cause instanceof StoreFault ? cause : postgresFault(what, cause, false)
  }
}

/** The number of attempts of work that another transaction makes fail; this is rare. */
export const attempts = 20

/** Runs `read`, which is one statement, and repeats it if another transaction made it fail. */
export const attemptReading = async <A>(what: string, read: () => Promise<A>): Promise<A> =>
  attempt(what, async () => {
    for (let tried = 1; ; tried++) {
      try {
        return await read()
      } catch (cause) {
        if (!isToRunAgain(cause) || tried === attempts) throw cause
      }
    }
  })
