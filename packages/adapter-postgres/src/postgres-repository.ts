/**
 * The port on PostgreSQL. A load is one statement, so it sees one moment; a commit is one call of a function, in a separate
 * transaction. A batch travels in arrays, and in texts of many lines.
 */
import { demandOptions, type OptionNames, type Repository, StoreFault } from '@userpoint/core/repository'
import { check } from './check.ts'
import { createCommit, createCommitWithin } from './commit.ts'
import { bounded, type Connections, withClient } from './connection.ts'
import { createReader, type Read } from './load.ts'
import { type Names, namesIn } from './migrations.ts'
import { attempt, attemptReading, lostConnection } from './postgres-error.ts'
import type { PostgresPool, PostgresQueryable } from './postgres-pool.ts'
import { purge } from './purge.ts'
import { hasTables, open } from './schema.ts'

/** The schema and the datamart of a repository. */
export interface PostgresWithinOptions {
  /** The schema of the tables. Default: `userpoint`. */
  readonly schema?: string
  /** The name of the datamart. The datamarts of a schema never see each other. Default: `default`. */
  readonly datamart?: string
}

export interface PostgresRepositoryOptions extends PostgresWithinOptions {
  /**
   * The longest wait for a connection of the pool, and for the server's answer to a statement, in milliseconds; after it the
   * connection is closed. It limits the wait for a silent network. Default: 60,000.
   */
  readonly answerTimeout?: number
  /** The longest wait of a commit for each lock of another transaction, in milliseconds. Default: 30,000. */
  readonly lockTimeout?: number
  /** The longest wait of a purge for other transactions, in milliseconds. Default: 30,000. */
  readonly purgeTimeout?: number
  /** The longest rewrite of one table by a purge, in milliseconds. Default: 3,600,000. */
  readonly rewriteTimeout?: number
}

type Settings = Required<PostgresRepositoryOptions>

const withinOptions: OptionNames<PostgresWithinOptions> = { schema: 'optional', datamart: 'optional' }
const repositoryOptions: OptionNames<PostgresRepositoryOptions> = {
  ...withinOptions,
  answerTimeout: 'optional',
  lockTimeout: 'optional',
  purgeTimeout: 'optional',
  rewriteTimeout: 'optional'
}

/**
 * Returns a repository on a pool of connections; creates its tables, or migrates them. The caller ends the pool: the repository
 * holds no other resource, and has no `close`.
 *
 * @throws {StoreFault} The server cannot be reached, the database's encoding is not UTF8 (`SERVER_ENCODING`), the pool has
 *   type parsers that change texts (`TYPE_PARSERS`), or the schema holds another program's tables.
 * @throws {RangeError} An option is out of range.
 */
export const createPostgresRepository = async (
  pool: PostgresPool,
  options: PostgresRepositoryOptions = {}
): Promise<Repository> => {
  demandOptions('createPostgresRepository', options, repositoryOptions)
  const settings = settle(options)
  const { datamart, answerTimeout, lockTimeout } = settings
  const names = namesIn(settings.schema)
  const connections: Connections = { pool, answerTimeout }
  await open(connections, { names, lockTimeout })
  const read: Read = (what, work) => attemptReading(what, () => withClient(connections, work, lostConnection))
  return {
    // A thousand lines, because each statement is planned anew, and each answer waits for the engine.
    manifest: { name: 'postgres', durable: true, concurrent: 'processes', overlapping: true, linesPerUnit: 1_000 },
    ...createReader(names, datamart, read),
    commit: createCommit(connections, names, { datamart, lockTimeout }),
    purge: () => attempt('purge', () => purge(connections, names, settings)),
    check: (claimsOf) => check({ names, datamart, read }, claimsOf)
  }
}

/**
 * Returns a repository whose loads and commits run on a connection of the caller, in a transaction that the caller begins, and
 * commits or rolls back. `createPostgresRepository` must have created the tables. A conflict is a `StoreFault` (`CONFLICT`) at
 * once, because only a new transaction can succeed. It cannot be purged: purge the pool's repository after the transaction.
 *
 * @throws {RangeError} An option is out of range.
 */
const within = (client: PostgresQueryable, options: PostgresWithinOptions = {}): Repository => {
  demandOptions('createPostgresRepository.within', options, withinOptions)
  const { schema, datamart, answerTimeout } = settle(options)
  const names = namesIn(schema)
  const own = bounded(client, answerTimeout)
  const read: Read = (what, work) => attempt(what, () => work(own))
  return {
    manifest: { name: 'postgres', durable: true, concurrent: false, purgedElsewhere: true, linesPerUnit: 1_000 },
    ...createReader(names, datamart, read),
    commit: createCommitWithin(own, names, datamart),
    purge: async () => {
      const reason = "not in your transaction: purge the pool's repository after it"
      throw new StoreFault(`postgres: purge failed (${reason})`, { applied: false, recovery: 'repair' })
    },
    check: (claimsOf) => check({ names, datamart, read }, claimsOf)
  }
}

createPostgresRepository.within = within

/**
 * Returns whether a repository was ever opened in that schema (default: `userpoint`), for callers that only read, and create no
 * tables.
 *
 * @throws {StoreFault} The server cannot be reached.
 * @throws {RangeError} The name cannot be one of a schema.
 */
export const hasPostgresTables = async (pool: PostgresPool, schema?: string): Promise<boolean> => {
  const { answerTimeout, ...settings } = settle(schema === undefined ? {} : { schema })
  const names: Names = namesIn(settings.schema)
  return hasTables({ pool, answerTimeout }, names)
}

const settle = (options: PostgresRepositoryOptions): Settings => {
  const settings = {
    schema: 'userpoint',
    datamart: 'default',
    answerTimeout: 60_000,
    lockTimeout: 30_000,
    purgeTimeout: 30_000,
    rewriteTimeout: 3_600_000,
    ...options
  }
  for (const name of ['answerTimeout', 'lockTimeout', 'purgeTimeout', 'rewriteTimeout'] as const) {
    const value = settings[name]
    // 0 would switch off a bound of the server's.
    const least = name === 'purgeTimeout' ? 0 : 1
    if (!Number.isInteger(value) || value < least || value > 0x7f_ff_ff_ff) {
      throw new RangeError(`${name} must be a whole number from ${least} to 2147483647, not ${value}`)
    }
  }
  if (settings.datamart.includes('\0')) throw new RangeError('datamart must hold no NUL')
  return settings
}
