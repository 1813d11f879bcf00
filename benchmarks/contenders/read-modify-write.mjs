/** (c) What most people write: for each line, read, merge with a popular package, write; every write its own commit. */
import deepmerge from 'deepmerge'
import { forEachLine, openDatabase } from './contender.mjs'

const table = 'create table if not exists person (email_hash text primary key, body text not null)'

/** @type {import('./contender.mjs').Run} */
export const run = async ({ workload, input, store, most, preparing = false }) => {
  const database = openDatabase(store, !preparing)
  database.exec(table)
  const select = database.prepare('select body from person where email_hash = ?')
  const write = database.prepare('insert or replace into person (email_hash, body) values (?, ?)')
  const erase = database.prepare('delete from person where email_hash = ?')

  const upsert = (/** @type {string} */ line) => {
    const { email_hash, user_profile } = JSON.parse(line)
    const row = /** @type {{ body: string } | undefined} */ (select.get(email_hash))
    const body = row === undefined ? user_profile : deepmerge(JSON.parse(row.body), user_profile)
    write.run(email_hash, JSON.stringify(body))
  }
  const remove = (/** @type {string} */ line) => void erase.run(JSON.parse(line).hash)

  if (preparing) database.exec('begin')
  const count = await forEachLine(input, workload === 'erase' ? remove : upsert, most)
  if (preparing) database.exec('commit')
  database.close()
  return count
}
