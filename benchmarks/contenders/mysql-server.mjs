/** The server that contenders on MariaDB share, with a database for each store. */
import { createHash } from 'node:crypto'
import mysql from 'mysql2/promise'

/** Databases of these names are dropped when the measurements are over. */
export const prefix = 'userpoint_bench_'

/** Connections, of which a script takes one and the library two at a time: to DATABASE_URL_MYSQL, or to a server on the loopback that asks for no password. */
export const openPool = () =>
  mysql.createPool({ uri: process.env.DATABASE_URL_MYSQL ?? 'mysql://root@127.0.0.1:3306/', connectionLimit: 2 })

const databaseOf = (/** @type {string} */ store) =>
  prefix + createHash('sha256').update(store).digest('hex').slice(0, 16)

/**
 * Runs `use` on the database of a job's store, which is empty if the workload starts without people.
 *
 * @param {import('./contender.mjs').Job} job
 * @param {(pool: mysql.Pool, database: string) => Promise<number>} use
 */
export const withDatabase = async ({ workload, store }, use) => {
  const pool = openPool()
  const database = databaseOf(store)
  if (workload === 'fresh') await pool.query(`drop database if exists ${database}`)
  await pool.query(`create database if not exists ${database}`)
  const count = await use(pool, database)
  await pool.end()
  return count
}
