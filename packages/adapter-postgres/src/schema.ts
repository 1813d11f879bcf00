/** Opens a schema: checks the server and the pool, and creates the tables and the function that writes to them. */
import { StoreFault } from '@userpoint/core/repository'
import { parsedOtherwise, textRows } from './answer.ts'
import { type Connections, NoAnswer, withClient } from './connection.ts'
import { migrations, type Names } from './migrations.ts'
import { attempt, lostConnection, sqlState } from './postgres-error.ts'
import type { PostgresQueryable } from './postgres-pool.ts'

/** The options of opening a schema. */
export interface OpenOptions {
  readonly names: Names
  /** The longest wait for a lock of another transaction, in milliseconds. */
  readonly lockTimeout: number
}

/** A text that every type parser changes. */
const probe = 'é€😀 "\\\n\t{1,NULL}\' 007'

/** Refuses a database that cannot keep every text, and a pool that changes texts. */
const demandTexts = async (client: PostgresQueryable): Promise<void> => {
  const [row] = textRows('open', await client.query(`select current_setting('server_encoding')::text as encoding`), [
    'encoding'
  ])
  if (row?.encoding.toUpperCase() !== 'UTF8') {
    throw new StoreFault(
      `postgres: open failed (the database's encoding is ${row?.encoding}, which has not every character: use one of encoding UTF8)`,
      { applied: false, recovery: 'repair', code: 'SERVER_ENCODING' }
    )
  }
  const [echo] = textRows('open', await client.query('select $1::text as text', [probe]), ['text'])
  if (echo?.text !== probe) throw parsedOtherwise('open', false)
}

/** The number of attempts while other sessions create the tables. */
const attempts = 20

/** The errors of several sessions that create one schema at the same time. */
const races: ReadonlySet<string | undefined> = new Set([
  '23505', // unique_violation, in a catalog
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '42P06', // duplicate_schema
  '42P07', // duplicate_table
  '42723', // duplicate_function
  'XX000' // "tuple concurrently updated"
])

/**
 * Migrates the schema to this version's tables, all or nothing; refuses a newer schema, or one of another program. If the tables
 * exist, the role only needs to read them.
 */
const migrate = async (connections: Connections, options: OpenOptions): Promise<void> => {
  const version = (): Promise<number> =>
    withClient(connections, (client) => versionOf(client, options.names), lostConnection)
  for (let tried = 1; (await version()) !== migrations.length; tried++) {
    try {
      await withClient(connections, (client) => bringUp(client, options), rollback)
    } catch (error) {
      if (!races.has(sqlState(error)) || tried === attempts) throw isTaken(error) ? notOurs() : error
    }
  }
}

const isTaken = (error: unknown): boolean => ['42P07', '42723'].includes(sqlState(error) ?? '')

const notOurs = (): StoreFault =>
  new StoreFault("postgres: the schema holds another program's tables", { applied: false, recovery: 'repair' })

/** Returns the number of migrations of the schema; 0: it has none of our tables. */
const versionOf = async (client: PostgresQueryable, names: Names): Promise<number> => {
  const version = await readVersion(client, names)
  if (version > migrations.length) {
    throw new StoreFault(
      `postgres: the schema is of version ${version}, and this adapter knows none after ${migrations.length}`,
      { applied: false, recovery: 'repair' }
    )
  }
  return version
}

const readVersion = async (client: PostgresQueryable, { migration }: Names): Promise<number> => {
  try {
    const answer = await client.query(`select coalesce(max(version), 0)::text as version from ${migration}`)
    return Number(textRows('open', answer, ['version'])[0]?.version)
  } catch (error) {
    const state = sqlState(error)
    // invalid_schema_name, undefined_table
    if (state === '3F000' || state === '42P01') return 0
    if (state === '42703') throw notOurs()
    throw error
  }
}

/** Runs the missing migrations. No session waits for this transaction longer than a lock or an answer takes. */
const bringUp = async (client: PostgresQueryable, { names, lockTimeout }: OpenOptions): Promise<void> => {
  await client.query('begin')
  for (const setting of ['lock_timeout', 'idle_in_transaction_session_timeout']) {
    await client.query('select set_config($1, $2, true)', [setting, String(lockTimeout)])
  }
  await client.query(`create schema if not exists ${names.schema}`)
  await client.query(`create table if not exists ${names.migration} (version integer primary key)`)
  for (const [index, statementsOf] of migrations.entries()) {
    const { rows } = await client.query(
      `insert into ${names.migration} (version) values ($1) on conflict do nothing returning version`,
      [index + 1]
    )
    if (rows.length > 0) for (const statement of statementsOf(names)) await client.query(statement)
  }
  await client.query('commit')
}

/** Ends a failed transaction; returns the reason why the connection cannot be used, if there is one. */
const rollback = async (client: PostgresQueryable, error: unknown): Promise<Error | undefined> => {
  if (error instanceof NoAnswer) return error
  try {
    await client.query('rollback')
    return undefined
  } catch (failure) {
    return failure instanceof Error ? failure : new Error('rollback failed')
  }
}

/** Returns whether the schema has its tables and the function; creates nothing. */
export const hasTables = (connections: Connections, names: Names): Promise<boolean> =>
  attempt(
    'open',
    async () => (await withClient(connections, (client) => readVersion(client, names), lostConnection)) > 0
  )

/** Checks the server and the pool, and runs the migrations. */
export const open = (connections: Connections, options: OpenOptions): Promise<void> =>
  attempt('open', async () => {
    await withClient(connections, demandTexts, lostConnection)
    await migrate(connections, options)
  })
