/**
 * The cost of the feed to an import: processor time with it on and off, in turns in one process.
 *
 * Usage: node --expose-gc benchmarks/feed.mjs [memory|sqlite] [lines] [turns]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import Database from 'better-sqlite3'
import { newId } from './ids.mjs'

const [store = 'memory', lines = '40000', turns = '7'] = process.argv.slice(2)

/** @param {number} round */
const document = (round) =>
  new TextEncoder().encode(
    Array.from({ length: Number(lines) }, (_, n) =>
      JSON.stringify({
        operation: 'UPSERT',
        user_account_id: `person-${n}`,
        force_replace: false,
        user_profile: { first_name: `Ada ${n}`, city: `city ${(n + round) % 97}`, visits: n + round, tags: ['a', 'b'] }
      })
    ).join('\n')
  )

const documents = { fresh: document(0), update: document(1) }

const opened = () => {
  if (store === 'memory') return { repository: createMemoryRepository(), close: () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-feed-'))
  const database = new Database(join(folder, 'people.db'))
  return {
    repository: createSqliteRepository(database),
    close: () => {
      database.close()
      rmSync(folder, { recursive: true })
    }
  }
}

/** @param {'on' | 'off'} feed @returns {Promise<Record<string, number>>} The milliseconds of processor time of each document. */
const run = async (feed) => {
  const { repository, close } = opened()
  const engine = createEngine({ dialect: mediarithmics, repository, clock: Date.now, newId, purge: 'manual', feed })
  /** @type {Record<string, number>} */
  const took = {}
  for (const [name, bytes] of Object.entries(documents)) {
    globalThis.gc?.()
    const before = process.cpuUsage()
    const outcome = await engine.importDocument('USER_PROFILE', bytes)
    const { user, system } = process.cpuUsage(before)
    if (outcome._tag === 'Left' || outcome.right.applied !== Number(lines)) throw new Error('the import failed')
    took[name] = (user + system) / 1_000
  }
  close()
  return took
}

/** @param {ReadonlyArray<number>} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** @type {Record<'on' | 'off', Array<Record<string, number>>>} */
const results = { on: [], off: [] }
await run('on')
await run('off')
for (let turn = 0; turn < Number(turns); turn++)
  for (const feed of /** @type {const} */ (turn % 2 === 0 ? ['on', 'off'] : ['off', 'on']))
    results[feed].push(await run(feed))
for (const name of Object.keys(documents)) {
  const [on, off] = [results.on, results.off].map((all) => median(all.map((took) => took[name] ?? 0)))
  process.stdout.write(
    `${store} ${name}: ${on?.toFixed(0)} ms on, ${off?.toFixed(0)} ms off, ${((on ?? 0) / (off ?? 1)).toFixed(3)}\n`
  )
}
