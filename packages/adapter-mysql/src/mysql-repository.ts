/**
 * The port on MariaDB and MySQL. A load is one statement, so it sees one moment; a commit is one transaction of a few statements,
 * however many documents it has. All that a batch needs travels as JSON arrays, which the server turns into rows.
 */
import { demandOptions, type OptionNames, type Repository, StoreFault } from '@userpoint/core/repository'
import { check } from './check.ts'
import { createCommit, createCommitWithin, rollback } from './commit.ts'
import { bounded, type Connections, withClient } from './connection.ts'
import { createReader, type Read, type ReaderOptions } from './load.ts'
import { type Names, namesIn } from './migrations.ts'
import { attempt, attemptReading } from './mysql-error.ts'
import type { MysqlPool, MysqlQueryable } from './mysql-pool.ts'
import { roomIn } from './pieces.ts'
import { purge } from './purge.ts'
import { hasTables, open } from './schema.ts'

/** The database and the datamart of a repository. */
export interface MysqlWithinOptions {
  /** The database of the tables, which may be another one than the pool's. Default: `userpoint`. */
  readonly database?: string
  /** The name of the datamart, of at most 255 bytes. The datamarts of a database never see each other. Default: `default`. */
  readonly datamart?: string
}

export interface MysqlRepositoryOptions extends MysqlWithinOptions {
  /**
   * The longest wait for a connection of the pool, and for the server's answer to a statement, in milliseconds; after it the
   * connection is closed. Locks are waited for as long as the server's `innodb_lock_wait_timeout` says. Default: 60,000.
   */
  readonly answerTimeout?: number
  /** The longest wait of a purge for other transactions, in milliseconds. Default: 30,000. */
  readonly purgeTimeout?: number
  /** The longest rewrite of one table by a purge, in milliseconds. Default: 3,600,000. */
  readonly rewriteTimeout?: number
}

type Settings = Required<MysqlRepositoryOptions>

const withinOptions: OptionNames<MysqlWithinOptions> = { database: 'optional', datamart: 'optional' }
const repositoryOptions: OptionNames<MysqlRepositoryOptions> = {
  ...withinOptions,
  answerTimeout: 'optional',
  purgeTimeout: 'optional',
  rewriteTimeout: 'optional'
}

const name = 'mysql'

/** Runs reads at one moment, which a transaction of their own keeps. */
const inSnapshot: ReaderOptions['inSnapshot'] = async (client, read) => {
  await client.query('set transaction isolation level repeatable read')
  await client.query('start transaction with consistent snapshot, read only')
  const answer = await read()
  await client.query('commit')
  return answer
}

/**
 * Returns a repository on a pool of connections; makes its tables, or brings them up to date. The caller ends the pool: the
 * repository holds nothing else, and has no `close`.
 *
 * @throws {StoreFault} The server cannot be reached, or it or the pool is set up so that data could be lost: the `code` says how.
 * @throws {RangeError} An option is out of range.
 */
export const createMysqlRepository = async (
  pool: MysqlPool,
  options: MysqlRepositoryOptions = {}
): Promise<Repository> => {
  demandOptions('createMysqlRepository', options, repositoryOptions)
  const settings = settle(options)
  const { datamart, answerTimeout } = settings
  const names = namesIn(settings.database)
  const connections: Connections = { pool, answerTimeout }
  const { maxAllowedPacket, isDurable } = await open(connections, names)
  const room = roomIn(maxAllowedPacket)
  const read: Read = (what, work) => attemptReading(what, () => withClient(connections, work, rollback))
  return {
    // A thousand lines, since each answer waits for the engine.
    manifest: { name, durable: isDurable, concurrent: 'processes', overlapping: true, linesPerUnit: 1_000 },
    ...createReader({ names, datamart, room, read, inSnapshot }),
    commit: createCommit(connections, { names, datamart, room, longest: room }),
    purge: () => attempt('purge', () => purge(connections, names, settings)),
    check: (claimsOf) => check({ names, datamart, room, read }, claimsOf)
  }
}

/** The longest statement that the caller's connection sends, where the server was not asked: what every server takes. */
const cautiousPacket = 1_048_576

/**
 * Returns a repository whose loads and commits run on a connection of the caller's, in the transaction that the caller has
 * begun there, and commits or rolls back. `createMysqlRepository` has made the tables before. A conflict is a `StoreFault`
 * (`CONFLICT`) at once, since only a new transaction can do better. It cannot be purged: purge the pool's repository after the
 * transaction.
 *
 * @throws {RangeError} An option is out of range.
 */
const within = (client: MysqlQueryable, options: MysqlWithinOptions = {}): Repository => {
  demandOptions('createMysqlRepository.within', options, withinOptions)
  const { database, datamart, answerTimeout } = settle(options)
  const names: Names = namesIn(database)
  const own = bounded(client, answerTimeout)
  const room = roomIn(cautiousPacket)
  const read: Read = (what, work) => attempt(what, () => work(own))
  return {
    manifest: { name, durable: true, concurrent: false, purgedElsewhere: true, linesPerUnit: 1_000 },
    ...createReader({ names, datamart, room, read, inSnapshot: (_client, work) => work() }),
    // The server was not asked how much it takes, and says itself what is too much.
    commit: createCommitWithin(own, { names, datamart, room, longest: Number.POSITIVE_INFINITY }),
    purge: async () => {
      const reason = "not in your transaction: purge the pool's repository after it"
      throw new StoreFault(`mysql: purge failed (${reason})`, { applied: false, recovery: 'repair' })
    },
    check: (claimsOf) => check({ names, datamart, room, read }, claimsOf)
  }
}

createMysqlRepository.within = within

/**
 * Returns whether a repository was ever opened in that database (default: `userpoint`), for callers that only read, and make no
 * tables.
 *
 * @throws {StoreFault} The server cannot be reached.
 * @throws {RangeError} The name cannot be one of a database.
 */
export const hasMysqlTables = async (pool: MysqlPool, database?: string): Promise<boolean> => {
  const { answerTimeout, ...settings } = settle(database === undefined ? {} : { database })
  return hasTables({ pool, answerTimeout }, namesIn(settings.database))
}

const settle = (options: MysqlRepositoryOptions): Settings => {
  const settings = {
    database: 'userpoint',
    datamart: 'default',
    answerTimeout: 60_000,
    purgeTimeout: 30_000,
    rewriteTimeout: 3_600_000,
    ...options
  }
  for (const option of ['answerTimeout', 'purgeTimeout', 'rewriteTimeout'] as const) {
    const value = settings[option]
    const least = option === 'purgeTimeout' ? 0 : 1
    if (!Number.isInteger(value) || value < least || value > 0x7f_ff_ff_ff) {
      throw new RangeError(`${option} must be a whole number from ${least} to 2147483647, not ${value}`)
    }
  }
  if (Buffer.byteLength(settings.datamart) > 255) throw new RangeError('datamart must have 255 bytes at most')
  return settings
}
