/** What a driver's error tells: which SQLSTATE it has, and with it what became of the batch. */
import { StoreFault } from '@userpoint/core/repository'

/** The SQLSTATE of an error that the server gave; `undefined` for one of the driver or of the network. */
export const sqlState = (error: unknown): string | undefined => {
  // The system's own codes look alike (`EPIPE`), but only the server's errors have a severity.
  if (typeof error !== 'object' || error === null || !('code' in error && 'severity' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What another transaction may cause, where trying again is right. */
const conflicts: ReadonlySet<string | undefined> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03' // lock_not_available
])

/** Holds for an error that another transaction caused: the work was undone, and may be done again. */
export const isConflict = (error: unknown): boolean => conflicts.has(sqlState(error))

/**
 * Holds where a `commit` that ended with this error may have been carried out. A server that answers with an error of the
 * transaction has undone it; one that goes away, or the network, may have had the last word unheard.
 */
export const mayHaveCommitted = (error: unknown): boolean => {
  const state = sqlState(error)
  // 08: connection exceptions; 57P: the server shuts down; 40003: statement_completion_unknown.
  return state === undefined || /^08|^57P|^40003$/.test(state)
}

const hints: Readonly<Record<string, string>> = {
  '28000': ': the server does not let this role in',
  '28P01': ': the password is wrong',
  '3D000': ': there is no such database',
  '42501': ': the role lacks a privilege',
  '53100': ': the disk is full',
  '53300': ': the server has too many connections',
  '57014': ': the server cancelled it, for it took too long or somebody asked for that',
  '57P01': ': the server shuts down',
  '57P03': ': the server is starting or stopping'
}

/** The driver finds out itself that it has none to give, and has no code for that. */
const asksForPassword = (cause: unknown): string =>
  cause instanceof Error && /client password must be/.test(cause.message) ? ': the server asks for a password' : ''

/** The fault for a driver's error. The driver's own text may hold personal data, so it is in `cause` only. */
export const postgresFault = (what: string, cause: unknown, applied: false | undefined): StoreFault => {
  const state = sqlState(cause)
  const code =
    state === undefined ? `the connection failed${asksForPassword(cause)}` : `SQLSTATE ${state}${hints[state] ?? ''}`
  return new StoreFault(`postgres: ${what} failed (${code})`, { cause, ...(applied === false && { applied }) })
}

/** What `work` gives. A driver's error in it becomes a fault; nothing of a batch was written. */
export const attempt = async <A>(what: string, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (cause) {
    throw cause instanceof StoreFault ? cause : postgresFault(what, cause, false)
  }
}

/** How often something is read, where another transaction is in the way; that is rare, and only of strict isolation. */
const readings = 20

/** What `read` gives. It is one statement, so that it is run again where another transaction made it fail. */
export const attemptReading = async <A>(what: string, read: () => Promise<A>): Promise<A> =>
  attempt(what, async () => {
    for (let tried = 1; ; tried++) {
      try {
        return await read()
      } catch (cause) {
        if (!isConflict(cause) || tried === readings) throw cause
      }
    }
  })
