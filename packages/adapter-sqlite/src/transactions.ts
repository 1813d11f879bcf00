/** The transactions of the store: its own, or one of the caller. */
import type { CommitResult } from '@userpoint/core/repository'
import { StoreFault } from '@userpoint/core/repository'
import type { SqliteDatabase } from './sqlite-database.ts'
import { attempt, sqliteFault } from './sqlite-error.ts'

export interface Transactions {
  /** Runs `work` so that it sees one moment. */
  readonly read: <A>(work: () => A) => A
  /** Runs `work` and writes it whole, or not at all if it returns `false`. */
  readonly write: (work: () => boolean) => CommitResult
}

// Transactions begin and end through `exec`: libsql does not reset a prepared `begin` that failed.

/** Returns the store's own transactions: one for each call. */
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
 * Returns the transaction that the caller begins and ends on the same database. A batch is a savepoint in it. A conflict is a
 * fault: the transaction keeps reading the same state, so that only a new transaction can succeed.
 */
export const callersTransaction = (database: SqliteDatabase): Transactions => ({
  read: (work) => work(),
  write: (work) => {
    if (isIdle(database)) throw inTransaction('none is open: begin one before', 'NO_TRANSACTION')
    attempt('commit', () => database.exec('savepoint userpoint'))
    try {
      // Takes the write lock, which may fail after reads: libsql does not reset a prepared statement that failed.
      database.exec('delete from datamart where false')
      const isWritten = work()
      if (!isWritten) database.exec('rollback to userpoint')
      database.exec('release userpoint')
      if (isWritten) return { _tag: 'Committed' }
    } catch (cause) {
      const fault = sqliteFault('commit in your transaction', cause, undo(database) ? false : undefined)
      // Waiting does not help: the holder of the lock may wait for this transaction, or may have changed the data that it read.
      throw fault.recovery === 'retry'
        ? inTransaction('another handle has written since: roll back, and run it again', fault.code, cause)
        : fault
    }
    throw inTransaction('another writer was first: roll back, and run it again', 'CONFLICT')
  }
})

/** Rolls back a failed batch; `true`: nothing of it is left in the transaction. */
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
