/**
 * (e) A script for this one job on PostgreSQL, which batches as the library does: it reads a thousand lines, asks for their
 * people in one statement, merges, and writes them in another. One table, found by e-mail hash alone; no validation, no verdicts.
 */
import { forEachLine } from './contender.mjs'
import { withSchema } from './postgres-server.mjs'
import { mergeInto } from './script.mjs'

/** @typedef {import('./script.mjs').Plain} Plain */

const linesPerBatch = 1_000

export const table = (/** @type {string} */ schema) => `
  create schema if not exists ${schema};
  create table if not exists ${schema}.person (email_hash text collate "C" primary key, body text not null)`

/** @type {import('./contender.mjs').Run} */
export const run = (job) =>
  withSchema(job, async (pool, schema) => {
    await pool.query(table(schema))

    const apply = async (/** @type {ReadonlyArray<string>} */ lines) => {
      const parsed = lines.map((line) => JSON.parse(line))
      const hashes = [...new Set(parsed.map(({ email_hash }) => email_hash))]
      const { rows } = await pool.query(`select email_hash, body from ${schema}.person where email_hash = any($1)`, [
        hashes
      ])
      /** @type {Map<string, Plain>} */
      const people = new Map(rows.map(({ email_hash, body }) => [email_hash, JSON.parse(body)]))
      for (const { email_hash, user_profile } of parsed) {
        const known = people.get(email_hash)
        people.set(email_hash, known === undefined ? user_profile : mergeInto(known, user_profile))
      }
      await pool.query(
        `insert into ${schema}.person (email_hash, body) select * from unnest($1::text[], $2::text[])
         on conflict (email_hash) do update set body = excluded.body`,
        [[...people.keys()], Array.from(people.values(), (body) => JSON.stringify(body))]
      )
    }

    // Read first, since reading calls back without waiting; the file is small enough.
    /** @type {Array<string>} */
    const lines = []
    const count = await forEachLine(job.input, (line) => void lines.push(line), job.most)
    for (let from = 0; from < count; from += linesPerBatch) await apply(lines.slice(from, from + linesPerBatch))
    return count
  })
