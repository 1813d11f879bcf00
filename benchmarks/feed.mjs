/**
 * Measures the cost of the feed to an import: processor time with it on and off, in turns in one process. The ratio is the
 * median of those within a round. On PostgreSQL the time of the server processes of its connections is added, so the server must
 * be on this machine; that of the writer of its log is not.
 */
import { join } from 'node:path'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import Database from 'better-sqlite3'
import { openPool, prefix } from './contenders/postgres-server.mjs'
import { median } from './figures.mjs'
import { newId } from './ids.mjs'
import { processorSeconds } from './process.mjs'
import { removeStore } from './store-files.mjs'

/** @typedef {'on' | 'off'} Feed */
/** @typedef {import('@userpoint/core/repository').Repository} Repository */
/** @typedef {Record<string, Uint8Array>} Documents */

const document = (/** @type {number} */ lines, /** @type {number} */ round) =>
  new TextEncoder().encode(
    Array.from({ length: lines }, (_, n) =>
      JSON.stringify({
        operation: 'UPSERT',
        user_account_id: `person-${n}`,
        force_replace: false,
        user_profile: { first_name: `Ada ${n}`, city: `city ${(n + round) % 97}`, visits: n + round, tags: ['a', 'b'] }
      })
    ).join('\n')
  )

/** @typedef {{ repository: Repository, close: () => void | Promise<void>, used?: () => number }} Open */

let schemas = 0

/** @type {Record<string, (folder: string) => Open | Promise<Open>>} */
const stores = {
  memory: () => ({ repository: createMemoryRepository(), close: () => undefined }),
  postgres: async () => {
    const schema = `${prefix}feed_${process.pid}_${schemas++}`
    const pool = openPool()
    // The library uses both connections.
    const clients = await Promise.all([pool.connect(), pool.connect()])
    const answers = await Promise.all(clients.map((client) => client.query('select pg_backend_pid() as pid')))
    for (const client of clients) client.release()
    const pids = answers.map(({ rows }) => Number(rows[0].pid))
    return {
      repository: await createPostgresRepository(pool, { schema }),
      used: () => 1e6 * pids.reduce((seconds, pid) => seconds + processorSeconds(pid), 0),
      close: async () => {
        await pool.query(`drop schema ${schema} cascade`)
        await pool.end()
      }
    }
  },
  sqlite: (folder) => {
    const store = join(folder, 'followed')
    removeStore(store)
    const database = new Database(store)
    return {
      repository: createSqliteRepository(database),
      close: () => {
        database.close()
        removeStore(store)
      }
    }
  }
}

/** Returns the microseconds of processor time for a line of each document. */
const measureOne = async (
  /** @type {Open} */ { repository, close, used = () => 0 },
  /** @type {Feed} */ feed,
  /** @type {Documents} */ documents,
  /** @type {number} */ lines
) => {
  const engine = createEngine({ dialect: mediarithmics, repository, clock: Date.now, newId, purge: 'manual', feed })
  /** @type {Record<string, number>} */
  const took = {}
  for (const [name, bytes] of Object.entries(documents)) {
    globalThis.gc?.()
    const before = process.cpuUsage()
    const usedBefore = used()
    const outcome = await engine.importDocument('USER_PROFILE', bytes)
    const { user, system } = process.cpuUsage(before)
    if (outcome._tag === 'Left' || outcome.right.applied !== lines) throw new Error('the import failed')
    took[name] = (user + system + used() - usedBefore) / lines
  }
  await close()
  return took
}

/** @type {ReadonlyArray<ReadonlyArray<Feed>>} */
const orders = [
  ['on', 'off'],
  ['off', 'on']
]

/** @param {{ folder: string, lines: number, rounds: number, only: ReadonlyArray<string> }} options */
export const compareFeed = async ({ folder, lines, rounds, only }) => {
  const documents = { fresh: document(lines, 0), update: document(lines, 1) }
  const rows = []
  for (const [store, open] of Object.entries(stores)) {
    // PostgreSQL only if it is asked for: it needs a server.
    if (only.length > 0 ? !only.includes(store) : store === 'postgres') continue
    /** @type {Record<Feed, Array<Record<string, number>>>} */
    const results = { on: [], off: [] }
    for (let round = -1; round < rounds; round++) {
      for (const feed of orders[Math.abs(round % 2)] ?? []) {
        const took = await measureOne(await open(folder), feed, documents, lines)
        if (round >= 0) results[feed].push(took)
      }
    }
    for (const name of Object.keys(documents)) {
      const [on, off] = [results.on, results.off].map((all) => median(all.map((took) => took[name] ?? Number.NaN)))
      const ratios = results.on.map(
        (took, round) => (took[name] ?? Number.NaN) / (results.off[round]?.[name] ?? Number.NaN)
      )
      rows.push({
        document: name,
        store,
        'cpu µs/line, feed on': on ?? Number.NaN,
        'cpu µs/line, feed off': off ?? Number.NaN,
        'on / off': median(ratios) ?? Number.NaN
      })
    }
  }
  return rows
}
