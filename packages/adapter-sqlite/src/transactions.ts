/** The transactions in which the store's work is done: its own, or one of the caller's. */
import type { CommitResult } from '@userpoint/core/repository'
import { StoreFault } from '@userpoint/core/repository'
import type { SqliteDatabase } from './sqlite-database.ts'
import { attempt, sqliteFault } from './sqlite-error.ts'

export interface Transactions {
  /** Runs `work` so that it sees one moment. */
  readonly read: <A>(work: () => A) => A
  /** Runs `work` so that it is written whole, or not at all where it returns `false`. */
  readonly write: (work: () => boolean) => CommitResult
}

// Transactions begin and end through `exec`: libsql does not reset a prepared `begin` that had to give up.

/** Returns transactions of the store's own: each call is one. */
export const ownTransactions = (database: SqliteDatabase): Transactions => ({
  read: (work) => {
    database.exec('begin')
    try {
      return work()
    } finally {
      database.exec('commit')
    }
  },
  write: (work) => {
    attempt('commit', () => database.exec('begin immediate'))
    let committing = false
    try {
      if (!work()) {
        database.exec('rollback')
        return { _tag: 'Conflict' }
      }
      committing = true
      database.exec('commit')
      return { _tag: 'Committed' }
    } catch (cause) {
      throw sqliteFault('commit', cause, isUndone(database, committing) ? false : undefined)
    }
  }
})

/**
 * Ends a failed transaction. Returns whether it is certain that nothing was written: a failed `commit` leaves the transaction
 * open only if it wrote nothing; otherwise its last pages may or may not be in the log.
 */
const isUndone = (database: SqliteDatabase, committing: boolean): boolean => {
  try {
    database.exec('rollback')
    return true
  } catch {
    return !committing && isIdle(database)
  }
}

/** Returns whether no transaction is open, as after the errors on which SQLite rolls back by itself. */
const isIdle = (database: SqliteDatabase): boolean => {
  try {
    database.exec('begin')
    database.exec('rollback')
    return true
  } catch {
    return false
  }
}

const inTransaction = (reason: string, code: string | undefined, cause?: unknown): StoreFault =>
  new StoreFault(`sqlite: commit failed in your transaction (${reason})`, {
    applied: false,
    recovery: 'repair',
    code,
    cause
  })

/**
 * Returns the transaction that the caller has begun on the same database, and ends by itself. A batch is a savepoint in it. A
 * conflict is a fault: what the transaction reads stays as it is, so that only a new transaction can do better.
 */
export const callersTransaction = (database: SqliteDatabase): Transactions => ({
  read: (work) => work(),
  write: (work) => {
    if (isIdle(database)) throw inTransaction('none is open: begin one before', 'NO_TRANSACTION')
    attempt('commit', () => database.exec('savepoint userpoint'))
    try {
      // The write lock, by which a transaction that only read may fail: libsql does not reset a prepared statement that did.
      database.exec('delete from datamart where false')
      const isWritten = work()
      if (!isWritten) database.exec('rollback to userpoint')
      database.exec('release userpoint')
      if (isWritten) return { _tag: 'Committed' }
    } catch (cause) {
      const fault = sqliteFault('commit in your transaction', cause, undo(database) ? false : undefined)
      // Waiting does not help: whoever holds the lock may wait for this transaction, or have changed what it read.
      throw fault.recovery === 'retry'
        ? inTransaction('another handle has written since: roll back, and run it again', fault.code, cause)
        : fault
    }
    throw inTransaction('another writer was first: roll back, and run it again', 'CONFLICT')
  }
})

/** Undoes a batch that failed; `true`: nothing of it is left in the transaction. */
const undo = (database: SqliteDatabase): boolean => {
  try {
    database.exec('rollback to userpoint')
    database.exec('release userpoint')
    return true
  } catch {
    // After some errors SQLite undoes the whole transaction.
    return isIdle(database)
  }
}
