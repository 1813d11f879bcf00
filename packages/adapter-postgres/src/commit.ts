/** Commits: a batch as the parameters of one call of the function, and what its answer means. */
import { type CommitResult, StoreFault, type Write } from '@userpoint/core/repository'
import { parsedOtherwise } from './answer.ts'
import { withClient, type Connections } from './connection.ts'
import { asLines, keyOf } from './load.ts'
import type { Names } from './migrations.ts'
import { attempts, isToRunAgain, lostConnection, mayHaveCommitted, postgresFault } from './postgres-error.ts'
import type { PostgresQueryable, PostgresResult, PostgresValue } from './postgres-pool.ts'

/** Commits batches to one datamart. */
export type Commit = (writes: ReadonlyArray<Write>) => Promise<CommitResult>

// The setting ends with the statement, which is a separate transaction. The function waits for locks of other transactions only
// after the setting: the tables are locked as its own statements are planned.
const committing = ({ writeBatch }: Names): string => `
    select case when ${writeBatch}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) then 'committed' else 'conflict' end as outcome
    from (select set_config('lock_timeout', $12, true) as lock_timeout offset 0) as bound
    where bound.lock_timeout is not null`

/** The same in a transaction of the caller, whose settings do not change. */
const committingWithin = ({ writeBatch }: Names): string => `
    select case when ${writeBatch}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) then 'committed' else 'conflict' end as outcome`

/** A batch as the parameters of statements. */
interface Batch {
  readonly changed: { readonly keys: string[]; readonly expected: number[]; readonly bodies: string[] }
  readonly added: { readonly keys: string[]; readonly bodies: string[] }
  readonly removed: { readonly keys: string[]; readonly expected: number[] }
  readonly taken: { readonly claims: string[]; readonly keys: string[] }
  readonly released: string[]
}

const batchOf = (writes: ReadonlyArray<Write>): Batch => {
  const batch: Batch = {
    changed: { keys: [], expected: [], bodies: [] },
    added: { keys: [], bodies: [] },
    removed: { keys: [], expected: [] },
    taken: { claims: [], keys: [] },
    released: []
  }
  for (const { kind, id, expected, body, claim, release } of writes) {
    const key = keyOf(kind, id)
    for (const each of release) batch.released.push(each)
    for (const each of claim) {
      batch.taken.claims.push(each)
      batch.taken.keys.push(key)
    }
    if (body === undefined) {
      batch.removed.keys.push(key)
      batch.removed.expected.push(expected)
    } else if (expected === 0) {
      batch.added.keys.push(key)
      batch.added.bodies.push(JSON.stringify(body))
    } else {
      batch.changed.keys.push(key)
      batch.changed.expected.push(expected)
      batch.changed.bodies.push(JSON.stringify(body))
    }
  }
  return batch
}

/** The parameters of the function. */
const valuesOf = (datamart: string, writes: ReadonlyArray<Write>): PostgresValue[] => {
  const { changed, added, removed, released, taken } = batchOf(writes)
  return [
    datamart,
    asLines(changed.keys),
    asLines(changed.expected),
    asLines(changed.bodies),
    asLines(added.keys),
    asLines(added.bodies),
    asLines(removed.keys),
    asLines(removed.expected),
    released,
    taken.claims,
    asLines(taken.keys)
  ]
}

const conflict: CommitResult = { _tag: 'Conflict' }

/** Reads the outcome of a batch from the answer of the statement. */
const outcomeOf = ({ rows }: PostgresResult): CommitResult => {
  const [row] = rows
  const outcome: unknown = row === undefined ? undefined : Reflect.get(row, 'outcome')
  if (outcome === 'committed') return { _tag: 'Committed' }
  if (outcome === 'conflict') return conflict
  throw parsedOtherwise('commit')
}

export interface CommitOptions {
  readonly datamart: string
  /** The longest wait for a lock of another transaction, in milliseconds. */
  readonly lockTimeout: number
}

/** Returns commits that are separate transactions. */
export const createCommit = (
  connections: Connections,
  names: Names,
  { datamart, lockTimeout }: CommitOptions
): Commit => {
  const statement = committing(names)
  return async (writes) => {
    let isSent = false
    try {
      const values = [...valuesOf(datamart, writes), String(lockTimeout)]
      const send = (client: PostgresQueryable) => {
        isSent = true
        return client.query(statement, values)
      }
      for (let tried = 1; ; tried++) {
        isSent = false
        try {
          return outcomeOf(await withClient(connections, send, lostConnection))
        } catch (cause) {
          if (!isToRunAgain(cause) || tried === attempts) throw cause
        }
      }
    } catch (cause) {
      if (cause instanceof StoreFault) throw cause
      throw postgresFault('commit', cause, !isSent || !mayHaveCommitted(cause) ? false : undefined)
    }
  }
}

const again = 'roll back, and run it again'

/**
 * Returns commits in a transaction that the caller begins and ends. A conflict is a fault: the transaction may keep reading the
 * same state, so that only a new transaction can succeed. After any failure, nothing of the batch can be committed.
 */
export const createCommitWithin = (client: PostgresQueryable, names: Names, datamart: string): Commit => {
  const statement = committingWithin(names)
  const inTransaction = (reason: string, code: string | undefined, cause?: unknown): StoreFault =>
    new StoreFault(`postgres: commit failed in your transaction (${reason}: ${again})`, {
      applied: false,
      recovery: 'repair',
      code,
      cause
    })
  return async (writes) => {
    let outcome: CommitResult
    try {
      outcome = outcomeOf(await client.query(statement, valuesOf(datamart, writes)))
    } catch (cause) {
      const fault = cause instanceof StoreFault ? cause : postgresFault('commit in your transaction', cause, false)
      throw fault.recovery === 'retry' ? inTransaction(`SQLSTATE ${fault.code}`, fault.code, cause) : fault
    }
    if (outcome._tag === 'Conflict') throw inTransaction('another writer was first', 'CONFLICT')
    return outcome
  }
}
