/** Whole files into MariaDB: the library beside a script that batches alike. */
import { openPool, prefix } from './contenders/mysql-server.mjs'
import { compareImports } from './imports.mjs'

/** @param {{ folder: string, lines: number, rounds: number, only: ReadonlyArray<string> }} options */
export const compareMysql = async (options) => {
  const only = options.only.length > 0 ? options.only : ['mysql', 'myscript']
  try {
    return await compareImports({ ...options, only, workloads: ['fresh', 'update'] })
  } finally {
    const pool = openPool()
    const [rows] = /** @type {[Array<Record<string, string>>, unknown]} */ (
      await pool.query('select schema_name as name from information_schema.schemata where schema_name like ?', [
        `${prefix}%`
      ])
    )
    for (const { name } of rows) await pool.query(`drop database ${name}`)
    await pool.end()
  }
}
