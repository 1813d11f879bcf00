/** Whole files into PostgreSQL: the library beside a script that batches alike, one statement a line, and SQLite. */
import { openPool, prefix } from './contenders/postgres-server.mjs'
import { compareImports } from './imports.mjs'

/** @param {{ folder: string, lines: number, rounds: number, only: ReadonlyArray<string> }} options */
export const comparePostgres = async (options) => {
  const only = options.only.length > 0 ? options.only : ['postgres', 'pgscript', 'pgrmw', 'sqlite']
  try {
    return await compareImports({ ...options, only, workloads: ['fresh', 'update'] })
  } finally {
    const pool = openPool()
    const { rows } = await pool.query('select nspname from pg_namespace where starts_with(nspname, $1)', [prefix])
    for (const { nspname } of rows) await pool.query(`drop schema ${nspname} cascade`)
    await pool.end()
  }
}
