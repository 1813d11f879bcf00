/** (d) A popular key-value package on SQLite (unstorage, through db0 and better-sqlite3), with a merge package on top. */
import createConnector from 'db0/connectors/better-sqlite3'
import { createDatabase } from 'db0'
import deepmerge from 'deepmerge'
import { createStorage } from 'unstorage'
import createDriver from 'unstorage/drivers/db0'
import { forEachLine, pragmas } from './contender.mjs'

/** @type {import('./contender.mjs').Run} */
export const run = async ({ workload, input, store, most, preparing = false }) => {
  const database = createDatabase(createConnector({ path: store }))
  for (const each of pragmas(!preparing)) await database.exec(each)
  const storage = createStorage({ driver: createDriver({ database }) })

  const upsert = async (/** @type {string} */ line) => {
    const { email_hash, user_profile } = JSON.parse(line)
    const body = /** @type {object | null} */ (await storage.getItem(email_hash))
    await storage.setItem(email_hash, body === null ? user_profile : deepmerge(body, user_profile))
  }
  const remove = async (/** @type {string} */ line) => storage.removeItem(JSON.parse(line).hash)

  /** @type {Array<string>} */
  const lines = []
  const count = await forEachLine(input, (line) => lines.push(line), most)
  if (preparing) await database.exec('begin')
  const use = workload === 'erase' ? remove : upsert
  for (const line of lines) await use(line)
  if (preparing) await database.exec('commit')
  await storage.dispose()
  await database.dispose()
  return count
}
