/** Measures the cost of the feed to an import: processor time with it on and off, in turns in one process. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import Database from 'better-sqlite3'
import { median } from './figures.mjs'
import { newId } from './ids.mjs'

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

/** @type {Record<string, (folder: string) => { repository: Repository, close: () => void }>} */
const stores = {
  memory: () => ({ repository: createMemoryRepository(), close: () => undefined }),
  sqlite: (folder) => {
    const store = join(folder, 'followed')
    const remove = () => {
      for (const end of ['', '-wal', '-shm']) rmSync(store + end, { force: true })
    }
    remove()
    const database = new Database(store)
    return {
      repository: createSqliteRepository(database),
      close: () => {
        database.close()
        remove()
      }
    }
  }
}

/** Returns the microseconds of processor time for a line of each document. */
const measureOne = async (
  /** @type {ReturnType<(typeof stores)[string]>} */ { repository, close },
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
    const outcome = await engine.importDocument('USER_PROFILE', bytes)
    const { user, system } = process.cpuUsage(before)
    if (outcome._tag === 'Left' || outcome.right.applied !== lines) throw new Error('the import failed')
    took[name] = (user + system) / lines
  }
  close()
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
    if (only.length > 0 && !only.includes(store)) continue
    /** @type {Record<Feed, Array<Record<string, number>>>} */
    const results = { on: [], off: [] }
    for (let round = -1; round < rounds; round++) {
      for (const feed of orders[Math.abs(round % 2)] ?? []) {
        const took = await measureOne(open(folder), feed, documents, lines)
        if (round >= 0) results[feed].push(took)
      }
    }
    for (const name of Object.keys(documents)) {
      const [on, off] = [results.on, results.off].map((all) => median(all.map((took) => took[name] ?? Number.NaN)))
      rows.push({
        document: name,
        store,
        'cpu µs/line, feed on': on ?? Number.NaN,
        'cpu µs/line, feed off': off ?? Number.NaN,
        'on / off': (on ?? Number.NaN) / (off ?? Number.NaN)
      })
    }
  }
  return rows
}
