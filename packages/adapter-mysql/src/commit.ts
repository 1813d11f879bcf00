/** Commits: a batch as the parameters of a few statements in one transaction, and what their answers mean. */
import { type CommitResult, StoreFault, type Write } from '@userpoint/core/repository'
import { affectedRows } from './answer.ts'
import { type Connections, withClient } from './connection.ts'
import { keyOf } from './load.ts'
import { claimKey, type Names } from './migrations.ts'
import { isStillGood, isTaken, isToRunAgain, mayHaveCommitted, mysqlFault, serverError } from './mysql-error.ts'
import type { MysqlQueryable } from './mysql-pool.ts'
import {
  claimAndKeyRows,
  claimRows,
  documentPieces,
  type DocumentRow,
  documentRows,
  keyAndVersionRows,
  parametersOf,
  type Piece,
  tooLarge
} from './pieces.ts'

/** Commits batches to one datamart. */
export type Commit = (writes: ReadonlyArray<Write>) => Promise<CommitResult>

const conflict: CommitResult = { _tag: 'Conflict' }
const committed: CommitResult = { _tag: 'Committed' }

/** A batch as the parameters of statements. */
interface Batch {
  readonly changed: ReadonlyArray<Piece<DocumentRow>>
  readonly added: ReadonlyArray<Piece<DocumentRow>>
  readonly removed: { readonly parameters: ReadonlyArray<string>; readonly count: number }
  readonly released: ReadonlyArray<string>
  readonly taken: ReadonlyArray<string>
}

/** In one order, so that two batches wait for each other instead of deadlocking. */
const byFirst = <Row extends readonly [string, ...unknown[]]>(rows: Row[]): Row[] =>
  rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

const batchOf = (writes: ReadonlyArray<Write>, { room, longest }: CommitOptions): Batch => {
  const changed: DocumentRow[] = []
  const added: DocumentRow[] = []
  const removed: Array<readonly [key: string, version: number]> = []
  const released: string[] = []
  const taken: Array<readonly [claim: string, key: string]> = []
  for (const { kind, id, expected, body, claim, release } of writes) {
    const key = keyOf(kind, id)
    released.push(...release)
    for (const each of claim) taken.push([each, key])
    if (body === undefined) removed.push([key, expected])
    else (expected === 0 ? added : changed).push([key, expected + 1, JSON.stringify(body)])
  }
  const pieces = (rows: DocumentRow[]): ReadonlyArray<Piece<DocumentRow>> => {
    const all = documentPieces(byFirst(rows), room)
    for (const piece of all) {
      if (piece._tag === 'Rows' || piece.list.length > 1) continue
      for (const [, , body] of piece.list) if (Buffer.byteLength(body) > longest) throw tooLarge(longest)
    }
    return all
  }
  return {
    changed: pieces(changed),
    added: pieces(added),
    removed: { parameters: parametersOf(byFirst(removed), room), count: removed.length },
    released: parametersOf(released.sort(), room),
    taken: parametersOf(byFirst(taken), room)
  }
}

/** A statement for many documents as one parameter, and the same for a list of so many. */
interface DocumentStatement {
  readonly rows: string
  readonly list: (count: number) => string
}

interface Statements {
  readonly change: DocumentStatement
  readonly add: DocumentStatement
  readonly remove: string
  readonly release: string
  readonly take: string
}

const documentStatement = (document: string, end = ''): DocumentStatement => {
  const into = `insert into ${document} (datamart_id, doc_key, version, body)`
  const lists = new Map<number, string>()
  return {
    rows: `${into} select ?, given_key, given_version, given_body from ${documentRows} as given${end}`,
    list: (count) => {
      const text = lists.get(count) ?? `${into} values ${Array(count).fill('(?, ?, ?, ?)').join()}${end}`
      lists.set(count, text)
      return text
    }
  }
}

const statementsOf = ({ document, claim }: Names): Statements => {
  // The version is compared under the row's lock. A row that is changed counts twice, one that is not counts once at most, and so
  // does one that is gone, which is inserted, and undone with the rest.
  const holds = `${document}.version = values(version) - 1`
  const orChange = ` on duplicate key update
    body = if(${holds}, values(body), ${document}.body),
    version = if(${holds}, values(version), ${document}.version)`
  return {
    change: documentStatement(document, orChange),
    add: documentStatement(document),
    // Without an alias, which the server would look for in the connection's own database.
    remove: `delete ${document} from ${keyAndVersionRows} as given
      straight_join ${document}
      on ${document}.datamart_id = ? and ${document}.doc_key = given_key and ${document}.version = given_version`,
    release: `delete ${claim} from ${claimRows} as given
      straight_join ${claim} on ${claim}.datamart_id = ? and ${claim}.claim = ${claimKey('given_claim')}`,
    take: `insert into ${claim} (datamart_id, claim, doc_key)
      select ?, ${claimKey('given_claim')}, given_key from ${claimAndKeyRows} as given`
  }
}

export interface CommitOptions {
  readonly names: Names
  readonly datamart: string
  /** The bytes that rows may have in one statement. */
  readonly room: number
  /** The bytes that a body may have. */
  readonly longest: number
}

/** Writes a batch in a transaction that is open; returns whether it holds. What does not hold is partly written. */
type WriteBatch = (client: MysqlQueryable, batch: Batch) => Promise<boolean>

const createWriteBatch = ({ names, datamart }: CommitOptions): WriteBatch => {
  const { change, add, remove, release, take } = statementsOf(names)

  const writeDocuments = async (
    client: MysqlQueryable,
    pieces: ReadonlyArray<Piece<DocumentRow>>,
    { statement, weight }: { readonly statement: DocumentStatement; readonly weight: 1 | 2 }
  ): Promise<boolean> => {
    for (const piece of pieces) {
      const [text, values, count] =
        piece._tag === 'Rows'
          ? [statement.rows, [datamart, piece.json], piece.count]
          : [
              statement.list(piece.list.length),
              piece.list.flatMap(([key, version, body]) => [datamart, key, String(version), body]),
              piece.list.length
            ]
      if (affectedRows('commit', await client.execute(text, values)) !== weight * count) return false
    }
    return true
  }

  return async (client, { changed, added, removed, released, taken }) => {
    if (!(await writeDocuments(client, changed, { statement: change, weight: 2 }))) return false
    if (!(await writeDocuments(client, added, { statement: add, weight: 1 }))) return false
    let count = 0
    for (const rows of removed.parameters) {
      count += affectedRows('commit', await client.execute(remove, [rows, datamart]))
    }
    if (count !== removed.count) return false
    // What is given back is free before anything is taken.
    for (const rows of released) await client.execute(release, [rows, datamart])
    for (const rows of taken) await client.execute(take, [datamart, rows])
    return true
  }
}

/** Undoes a transaction; returns whether the connection is as good as before. */
export const rollback = async (client: MysqlQueryable, error: unknown): Promise<boolean> => {
  if (!(error instanceof StoreFault) && serverError(error) === undefined) return false
  try {
    await client.query('rollback')
    return isStillGood(client, error)
  } catch {
    return false
  }
}

/** The number of attempts to write a batch that the server undoes because of another transaction. */
const attempts = 20

/** Returns commits that are transactions of their own. */
export const createCommit = (connections: Connections, options: CommitOptions): Commit => {
  const writeBatch = createWriteBatch(options)
  const commitOnce = async (batch: Batch): Promise<CommitResult | 'Again'> => {
    let isSent = false
    const send = async (client: MysqlQueryable): Promise<CommitResult> => {
      // Under a stricter level more batches would wait for each other, and none would be safer.
      await client.query('set transaction isolation level read committed')
      await client.query('start transaction')
      if (!(await writeBatch(client, batch))) {
        await client.query('rollback')
        return conflict
      }
      isSent = true
      await client.query('commit')
      return committed
    }
    try {
      return await withClient(connections, send, rollback)
    } catch (cause) {
      if (cause instanceof StoreFault) throw cause
      // Until `commit` is sent, the server undoes all work of a lost connection.
      const isUndone = !isSent || !mayHaveCommitted(cause)
      if (!isSent && isTaken(cause)) return conflict
      if (isUndone && isToRunAgain(cause)) return 'Again'
      throw mysqlFault('commit', cause, isUndone ? false : undefined)
    }
  }
  return async (writes) => {
    const batch = batchOf(writes, options)
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const outcome = await commitOnce(batch)
      if (outcome !== 'Again') return outcome
    }
    throw new StoreFault('mysql: commit failed (other transactions were in the way at each attempt)', {
      applied: false,
      recovery: 'retry',
      code: '1213'
    })
  }
}

const again = 'roll back, and run it again'

const inTransaction = (reason: string, code: string | undefined, cause?: unknown): StoreFault =>
  new StoreFault(`mysql: commit failed in your transaction (${reason}: ${again})`, {
    applied: false,
    recovery: 'repair',
    code,
    cause
  })

/** A savepoint outlives its statement only in a transaction, so that giving it up shows whether there is one. */
const demandTransaction = async (client: MysqlQueryable): Promise<void> => {
  await client.query('savepoint userpoint')
  try {
    await client.query('release savepoint userpoint')
  } catch (cause) {
    if (serverError(cause) !== 1305) throw cause
    throw new StoreFault('mysql: commit failed (the connection is in no transaction: begin one first)', {
      applied: false,
      recovery: 'repair',
      code: 'NO_TRANSACTION',
      cause
    })
  }
}

/**
 * Returns commits in a transaction that the caller begins and ends. A conflict is a fault: the transaction may keep reading the
 * same state, so that only a new transaction can succeed. After any failure, nothing of the batch can be committed.
 */
export const createCommitWithin = (client: MysqlQueryable, options: CommitOptions): Commit => {
  const writeBatch = createWriteBatch(options)
  const write = async (batch: Batch): Promise<boolean> => {
    await demandTransaction(client)
    await client.query('savepoint userpoint')
    let holds: boolean
    try {
      holds = await writeBatch(client, batch)
    } catch (error) {
      // A statement that fails leaves those before it; after a deadlock there is nothing left to go back to.
      await client.query('rollback to savepoint userpoint').catch(() => undefined)
      if (!isTaken(error)) throw error
      return false
    }
    if (!holds) await client.query('rollback to savepoint userpoint')
    return holds
  }
  return async (writes) => {
    let holds: boolean
    try {
      holds = await write(batchOf(writes, options))
    } catch (cause) {
      const fault = cause instanceof StoreFault ? cause : mysqlFault('commit in your transaction', cause, false)
      throw fault.recovery === 'retry' ? inTransaction(`error ${fault.code}`, fault.code, cause) : fault
    }
    if (!holds) throw inTransaction('another writer was first', 'CONFLICT')
    return committed
  }
}
