/** How a schema comes to have its tables, and the function that writes to them. */
import { StoreFault } from '@userpoint/core/repository'
import { migrations, type Names } from './migrations.ts'
import type { PostgresClient, PostgresPool } from './postgres-pool.ts'
import { attempt, sqlState } from './postgres-error.ts'

/** How often a schema is looked at again, while others are giving it its tables. */
const attempts = 20

/** What several sessions that make the same schema at once give each other. */
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
 * Brings the schema to this version's tables, all or nothing; refuses one that is newer, or that is not ours. Where the
 * tables are there already, nothing but reading them is asked of the role.
 */
const migrate = async (pool: PostgresPool, names: Names): Promise<void> => {
  for (let tried = 1; (await versionOf(pool, names)) !== migrations.length; tried++) {
    try {
      await bringUp(pool, names)
    } catch (error) {
      if (!races.has(sqlState(error)) || tried === attempts) throw isTaken(error) ? notOurs() : error
    }
  }
}

const isTaken = (error: unknown): boolean => ['42P07', '42723'].includes(sqlState(error) ?? '')

const notOurs = (): StoreFault =>
  new StoreFault("postgres: the schema holds another program's tables", { applied: false })

/** How many migrations the schema has had; 0: it has no tables of ours. */
const versionOf = async (pool: PostgresPool, names: Names): Promise<number> => {
  const version = await readVersion(pool, names)
  if (version > migrations.length) {
    throw new StoreFault(
      `postgres: the schema is of version ${version}, and this adapter knows none after ${migrations.length}`,
      { applied: false }
    )
  }
  return version
}

const readVersion = async (pool: PostgresPool, { migration }: Names): Promise<number> => {
  try {
    const { rows } = await pool.query(`select coalesce(max(version), 0) as version from ${migration}`)
    return Number((rows[0] as { readonly version: number | string }).version)
  } catch (error) {
    const state = sqlState(error)
    // invalid_schema_name, undefined_table
    if (state === '3F000' || state === '42P01') return 0
    if (state === '42703') throw notOurs()
    throw error
  }
}

const bringUp = async (pool: PostgresPool, names: Names): Promise<void> =>
  withClient(pool, async (client) => {
    await client.query('begin')
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
  })

/**
 * What `use` gives, with a connection of its own. Where it throws, what it began is undone; a connection on which that
 * fails too is closed.
 */
export const withClient = async <A>(
  pool: PostgresPool,
  use: (client: PostgresClient) => Promise<A>,
  undo: (client: PostgresClient, error: unknown) => Promise<Error | undefined> | Error | undefined = rollback
): Promise<A> => {
  const client = await pool.connect()
  // A connection that is lost says so once more, beside the statement that fails; nobody listening would end the process.
  const ignore = (): void => undefined
  client.on('error', ignore)
  let broken: Error | undefined
  try {
    return await use(client)
  } catch (error) {
    broken = await undo(client, error)
    throw error
  } finally {
    client.off('error', ignore)
    client.release(broken)
  }
}

/** Why the connection is of no more use; `undefined`: it is as good as before. */
const rollback = async (client: PostgresClient): Promise<Error | undefined> => {
  try {
    await client.query('rollback')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error('rollback failed')
  }
}

/** Whether the schema was given its tables, and all that belongs to them; makes nothing. */
export const hasTables = (pool: PostgresPool, names: Names): Promise<boolean> =>
  attempt('open', async () => (await readVersion(pool, names)) > 0)

/** Runs the migrations as part of opening a store. */
export const open = (pool: PostgresPool, names: Names): Promise<void> => attempt('open', () => migrate(pool, names))
