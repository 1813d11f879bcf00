/**
 * (g) A script for this one job on MariaDB, which batches as the library does: it reads a thousand lines, asks for their people in
 * one statement, merges, and writes them in another. One table, found by e-mail hash alone; no validation, no verdicts.
 */
import { forEachLine } from './contender.mjs'
import { withDatabase } from './mysql-server.mjs'
import { mergeInto } from './script.mjs'

/** @typedef {import('./script.mjs').Plain} Plain */

const linesPerBatch = 1_000

const table = (/** @type {string} */ database) => `
  create table if not exists ${database}.person (
    email_hash varbinary(255) primary key,
    body longtext character set utf8mb4 collate utf8mb4_bin not null
  )`

/** @type {import('./contender.mjs').Run} */
export const run = (job) =>
  withDatabase(job, async (pool, database) => {
    await pool.query(table(database))

    const apply = async (/** @type {ReadonlyArray<string>} */ lines) => {
      const parsed = lines.map((line) => JSON.parse(line))
      const hashes = [...new Set(parsed.map(({ email_hash }) => email_hash))]
      const [rows] = /** @type {[Array<{ email_hash: Buffer, body: string }>, unknown]} */ (
        await pool.query(`select email_hash, body from ${database}.person where email_hash in (?)`, [hashes])
      )
      /** @type {Map<string, Plain>} */
      const people = new Map(rows.map(({ email_hash, body }) => [email_hash.toString(), JSON.parse(body)]))
      for (const { email_hash, user_profile } of parsed) {
        const known = people.get(email_hash)
        people.set(email_hash, known === undefined ? user_profile : mergeInto(known, user_profile))
      }
      // As the library writes them, which is faster than a list of values.
      const values = JSON.stringify(Array.from(people, ([hash, body]) => [hash, JSON.stringify(body)]))
      await pool.execute(
        `insert into ${database}.person (email_hash, body)
         select hash, given from json_table(?, '$[*]' columns (
           hash varchar(255) character set utf8mb4 path '$[0]', given longtext character set utf8mb4 path '$[1]')) as rows_
         on duplicate key update body = values(body)`,
        [values]
      )
    }

    // Read first, since reading calls back without waiting; the file is small enough.
    /** @type {Array<string>} */
    const lines = []
    const count = await forEachLine(job.input, (line) => void lines.push(line), job.most)
    for (let from = 0; from < count; from += linesPerBatch) await apply(lines.slice(from, from + linesPerBatch))
    return count
  })
