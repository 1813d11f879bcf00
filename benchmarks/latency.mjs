/** Measures one command: `runOne` on SQLite and a hand-written read-modify-write transaction, in turns. */
import { join } from 'node:path'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import Database from 'better-sqlite3'
import deepmerge from 'deepmerge'
import { openDatabase } from './contenders/contender.mjs'
import { median, percentile } from './figures.mjs'
import { newId } from './ids.mjs'
import { removeStore } from './store-files.mjs'
import { profileLine } from './workloads.mjs'

const people = 10_000
const commands = 2_000

/** @returns {(line: ReturnType<typeof profileLine>) => void} */
const byHand = (/** @type {import('better-sqlite3').Database} */ database) => {
  database.exec('create table if not exists person (email_hash text primary key, body text not null)')
  const select = database.prepare('select body from person where email_hash = ?')
  const write = database.prepare('insert or replace into person (email_hash, body) values (?, ?)')
  return ({ email_hash, user_profile }) => {
    const row = /** @type {{ body: string } | undefined} */ (select.get(email_hash))
    const body = row === undefined ? user_profile : deepmerge(JSON.parse(row.body), user_profile)
    write.run(email_hash, JSON.stringify(body))
  }
}

const microseconds = (/** @type {number} */ startedAt) => (performance.now() - startedAt) * 1_000

/** Fills both stores, then gives each the same commands in turns. */
const measureRound = async (/** @type {string} */ folder) => {
  const files = ['one-library', 'one-by-hand'].map((name) => join(folder, name))
  const remove = () => {
    for (const file of files) removeStore(file)
  }
  remove()
  const own = new Database(files[0] ?? '')
  const engine = createEngine({
    dialect: mediarithmics,
    repository: createSqliteRepository(own),
    clock: Date.now,
    newId
  })
  const other = openDatabase(files[1] ?? '', true)
  const transact = byHand(other)
  const transaction = other.transaction(transact)

  const all = Array.from({ length: people }, (_, person) => JSON.stringify(profileLine(person, 0))).join('\n')
  await engine.importDocument('USER_PROFILE', new TextEncoder().encode(all))
  other.exec('begin')
  for (let person = 0; person < people; person++) transact(profileLine(person, 0))
  other.exec('commit')

  const [library, hand] = [/** @type {Array<number>} */ ([]), /** @type {Array<number>} */ ([])]
  for (let turn = 0; turn < commands; turn++) {
    const line = profileLine((turn * 7_919) % people, turn)
    let startedAt = performance.now()
    await engine.runOne('USER_PROFILE', line)
    library.push(microseconds(startedAt))
    startedAt = performance.now()
    transaction.immediate(line)
    hand.push(microseconds(startedAt))
  }
  own.close()
  other.close()
  remove()
  return { library, hand }
}

/** @param {{ folder: string, rounds: number }} options */
export const compareLatencies = async ({ folder, rounds }) => {
  await measureRound(folder)
  /** @type {Array<Awaited<ReturnType<typeof measureRound>>>} */
  const runs = []
  for (let round = 0; round < rounds; round++) runs.push(await measureRound(folder))
  return [
    { name: 'p50', part: 0.5 },
    { name: 'p99', part: 0.99 }
  ].map(({ name, part }) => ({
    'one command on SQLite': name,
    'runOne µs': median(runs.map(({ library }) => percentile(library, part))),
    'by hand µs': median(runs.map(({ hand }) => percentile(hand, part))),
    'runOne takes × as long': median(
      runs.map(({ library, hand }) => percentile(library, part) / percentile(hand, part))
    )
  }))
}
