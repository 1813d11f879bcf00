/**
 * (b) A script that was written for this one job: reads, parses, merges, and knows that people are found by their e-mail
 * hash alone. The table layout that was fastest, prepared statements, chunked transactions; no validation, no verdicts.
 */
import { forEachLine, openDatabase } from './contender.mjs'

/** @typedef {{ [key: string]: unknown }} Plain */

const isPlain = (/** @type {unknown} */ value) => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Merges in place: objects key by key, arrays one behind the other, anything else overrides.
 *
 * @param {Plain} target
 * @param {Plain} source
 */
export const mergeInto = (target, source) => {
  for (const key in source) {
    const [own, given] = [target[key], source[key]]
    if (isPlain(own) && isPlain(given)) mergeInto(/** @type {Plain} */ (own), /** @type {Plain} */ (given))
    else if (Array.isArray(own) && Array.isArray(given)) own.push(...given)
    else target[key] = given
  }
  return target
}

const table = `create table if not exists person (
  person integer primary key,
  email_hash text not null unique,
  body text not null
)`

/** The best of 1,000, 5,000, 10,000 and 20,000. */
const linesPerTransaction = 10_000

/** @type {import('./contender.mjs').Run} */
export const run = async ({ workload, input, store, most, preparing = false }) => {
  const database = openDatabase(store, !preparing)
  database.exec(table)
  const select = database.prepare('select person, body from person where email_hash = ?')
  const insert = database.prepare('insert into person (email_hash, body) values (?, ?)')
  const update = database.prepare('update person set body = ? where person = ?')
  const erase = database.prepare('delete from person where email_hash = ?')

  const upsert = (/** @type {string} */ line) => {
    const { email_hash, user_profile } = JSON.parse(line)
    const row = /** @type {{ person: number, body: string } | undefined} */ (select.get(email_hash))
    if (row === undefined) insert.run(email_hash, JSON.stringify(user_profile))
    else update.run(JSON.stringify(mergeInto(JSON.parse(row.body), user_profile)), row.person)
  }
  const remove = (/** @type {string} */ line) => void erase.run(JSON.parse(line).hash)
  const use = workload === 'erase' ? remove : upsert

  let open = 0
  const count = await forEachLine(
    input,
    (line) => {
      if (open === 0) database.exec('begin immediate')
      use(line)
      open++
      if (open < linesPerTransaction) return
      database.exec('commit')
      open = 0
    },
    most
  )
  if (open > 0) database.exec('commit')
  database.close()
  return count
}
