/** The server that contenders on PostgreSQL share, with a schema for each store. */
import { createHash } from 'node:crypto'
import pg from 'pg'

/** Schemas of these names are dropped when the measurements are over. */
export const prefix = 'userpoint_bench_'

/** Connections, of which a script takes one and the library two at a time: to DATABASE_URL, or to a server on the loopback that asks for no password. */
export const openPool = () =>
  new pg.Pool({ connectionString: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres', max: 2 })

const schemaOf = (/** @type {string} */ store) => prefix + createHash('sha256').update(store).digest('hex').slice(0, 16)

/**
 * Runs `use` on the schema of a job's store, which is empty if the workload starts without people.
 *
 * @param {import('./contender.mjs').Job} job
 * @param {(pool: pg.Pool, schema: string) => Promise<number>} use
 */
export const withSchema = async ({ workload, store }, use) => {
  const pool = openPool()
  const schema = schemaOf(store)
  if (workload === 'fresh') await pool.query(`drop schema if exists ${schema} cascade`)
  const count = await use(pool, schema)
  await pool.end()
  return count
}
