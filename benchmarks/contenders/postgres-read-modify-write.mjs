/** (f) What most people write, on PostgreSQL: for each line, read, merge with a popular package, write; each its own commit. */
import { readFileSync } from 'node:fs'
import deepmerge from 'deepmerge'
import { run as runScript, table } from './postgres-script.mjs'
import { withSchema } from './postgres-server.mjs'

/** @type {import('./contender.mjs').Run} */
export const run = async (job) => {
  // What is not measured, such as filling the store, need not be slow.
  if (job.most === undefined) return runScript(job)
  return withSchema(job, async (pool, schema) => {
    await pool.query(table(schema))
    const lines = readFileSync(job.input, 'utf8').split('\n', job.most)
    for (const line of lines) {
      const { email_hash, user_profile } = JSON.parse(line)
      const { rows } = await pool.query({
        name: 'select',
        text: `select body from ${schema}.person where email_hash = $1`,
        values: [email_hash]
      })
      const body = rows.length === 0 ? user_profile : deepmerge(JSON.parse(rows[0].body), user_profile)
      await pool.query({
        name: 'write',
        text: `insert into ${schema}.person (email_hash, body) values ($1, $2)
          on conflict (email_hash) do update set body = excluded.body`,
        values: [email_hash, JSON.stringify(body)]
      })
    }
    return lines.length
  })
}
