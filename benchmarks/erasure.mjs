/**
 * Measures one erasure with its bytes gone, in a store of a given number of people: SQLite and PostgreSQL, plain and with keys. For each
 * it prints how long the purge took, how long this process could do nothing else, whether other sessions were kept out, and in how
 * many files the person can still be read, also in a copy of the store that was made before.
 */
import { closeSync, copyFileSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import { createFileKeys, withKeys } from '@userpoint/keys'
import Database from 'better-sqlite3'
import pg from 'pg'
import { newId } from './ids.mjs'
import { removeStore } from './store-files.mjs'
import { profileLine } from './workloads.mjs'

/** @typedef {import('@userpoint/core/repository').Repository} Repository */

const marker = 'the-marker-of-one-person'
const linesPerPiece = 1_000

/** Yields the lines of so many people; the one in the middle has the marker. */
async function* pieces(/** @type {number} */ people) {
  for (let from = 0; from < people; from += linesPerPiece) {
    let text = ''
    for (let person = from; person < Math.min(people, from + linesPerPiece); person++) {
      const line = profileLine(person, 0)
      const given = person === Math.floor(people / 2) ? { ...line.user_profile, marker } : line.user_profile
      text += `${JSON.stringify({ ...line, user_profile: given })}\n`
    }
    yield new TextEncoder().encode(text)
  }
}

const engineOn = (/** @type {Repository} */ repository) =>
  createEngine({ dialect: mediarithmics, repository, clock: Date.now, newId, purge: 'manual' })

/** Returns what `work` gives, its seconds, and the longest time in which nothing else ran in this process. */
const timed = async (/** @type {() => Promise<unknown>} */ work) => {
  let longest = 0
  let last = performance.now()
  const tick = () => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }
  const timer = setInterval(tick, 1)
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  tick()
  clearInterval(timer)
  return { seconds, longest }
}

const filesOf = (/** @type {string} */ store) =>
  ['', '-wal', '-shm'].map((end) => store + end).filter((file) => existsSync(file))

const pieceLength = 8 * 1024 * 1024

const holds = (/** @type {string} */ path, /** @type {string} */ text) => {
  const file = openSync(path, 'r')
  const bytes = Buffer.alloc(pieceLength + text.length)
  let found = false
  for (let at = 0, read = 1; read > 0 && !found; at += pieceLength) {
    read = readSync(file, bytes, 0, bytes.length, at)
    found = bytes.subarray(0, read).includes(text)
  }
  closeSync(file)
  return found
}

/** Erases the person with the marker, and purges. */
const eraseOne = async (/** @type {Repository} */ repository, /** @type {number} */ people) => {
  const engine = engineOn(repository)
  const hash = profileLine(Math.floor(people / 2), 0).email_hash
  const erased = await engine.execute([{ _tag: 'DeleteUserPoint', reference: { _tag: 'EmailHash', hash } }])
  if (erased._tag === 'Left' || erased.right[0]?._tag !== 'Applied') throw new Error('the person was not erased')
  return timed(async () => {
    const purged = await engine.purge()
    if (purged._tag === 'Left' || purged.right._tag !== 'Purged') throw new Error('the purge failed')
  })
}

const fill = async (/** @type {Repository} */ repository, /** @type {number} */ people) => {
  const outcome = await engineOn(repository).importDocument('USER_PROFILE', () => pieces(people))
  if (outcome._tag === 'Left') throw new Error(outcome.left.error._tag)
}

/** Returns whether the erased person can be found in a copy of the store, with the present keys if it has some. */
const isFound = async (/** @type {Repository} */ repository, /** @type {number} */ people) => {
  const hash = profileLine(Math.floor(people / 2), 0).email_hash
  const found = await engineOn(repository).find({ _tag: 'EmailHash', hash })
  if (found._tag === 'Left') throw new Error(found.left._tag)
  return found.right !== undefined
}

const onSqlite = async (/** @type {string} */ folder, /** @type {number} */ people, /** @type {boolean} */ hasKeys) => {
  const store = join(folder, hasKeys ? 'encrypted.db' : 'plain.db')
  const copy = `${store}.copy`
  const keys = hasKeys ? createFileKeys(`${store}.keys`) : undefined
  const over = (/** @type {Database.Database} */ database) => {
    const repository = createSqliteRepository(database)
    return keys === undefined ? repository : withKeys(repository, keys)
  }
  const database = new Database(store)
  const repository = over(database)
  await fill(repository, people)
  database.exec('pragma wal_checkpoint(truncate)')
  copyFileSync(store, copy)
  const bytes = statSync(store).size
  const { seconds, longest } = await eraseOne(repository, people)
  const copied = new Database(copy)
  const row = {
    store: hasKeys ? 'SQLite with keys' : 'SQLite, VACUUM',
    people,
    'size MB': bytes / 1e6,
    'purge ms': seconds * 1_000,
    'blocked ms': longest,
    'exclusive lock': 'of writers, all the time',
    'files with the person': filesOf(store).filter((file) => holds(file, marker)).length,
    'readable in the copy': String(holds(copy, marker) || (await isFound(over(copied), people)))
  }
  if (hasKeys) row['exclusive lock'] = 'none'
  copied.close()
  database.close()
  keys?.close()
  for (const file of [store, copy]) removeStore(file)
  return row
}

const exclusive = `
  select count(*)::integer as count from pg_locks join pg_class on relation = pg_class.oid
  where relnamespace = $1::regnamespace and mode in ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock')`

const relations = `
  select pg_relation_filepath(oid) as path, pg_relation_size(oid)::float8 as size from pg_class
  where relnamespace = $1::regnamespace and relkind in ('r', 'i')`

/** Searches the files of the tables on the server, in pieces. */
const serverHolds = async (/** @type {pg.Pool} */ pool, /** @type {string} */ schema, /** @type {string} */ text) => {
  await pool.query('checkpoint')
  let files = 0
  for (const { path, size } of (await pool.query(relations, [schema])).rows) {
    for (let at = 0; at < size; at += pieceLength) {
      const asked = [path, at, pieceLength + text.length, Buffer.from(text)]
      const { rows } = await pool.query(
        'select position($4::bytea in pg_read_binary_file($1, $2, $3)) > 0 as found',
        asked
      )
      if (!rows[0].found) continue
      files++
      break
    }
  }
  return files
}

const onPostgres = async (
  /** @type {string} */ folder,
  /** @type {number} */ people,
  /** @type {boolean} */ hasKeys
) => {
  const pool = new pg.Pool({
    connectionString: process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  })
  const schema = `userpoint_erasure_${process.pid}_${hasKeys ? 'keys' : 'plain'}`
  const keyFile = join(folder, 'postgres.keys')
  const keys = hasKeys ? createFileKeys(keyFile) : undefined
  try {
    const inner = await createPostgresRepository(pool, { schema })
    const repository = keys === undefined ? inner : withKeys(inner, keys)
    await fill(repository, people)
    const { rows } = await pool.query(relations, [schema])
    let sampled = 0
    let locked = 0
    let isOver = false
    const watching = (async () => {
      const watcher = await pool.connect()
      while (!isOver) {
        sampled++
        if ((await watcher.query(exclusive, [schema])).rows[0].count > 0) locked++
      }
      watcher.release()
    })()
    const { seconds, longest } = await eraseOne(repository, people)
    isOver = true
    await watching
    return {
      store: hasKeys ? 'PostgreSQL with keys' : 'PostgreSQL, VACUUM FULL',
      people,
      'size MB': rows.reduce((sum, { size }) => sum + size, 0) / 1e6,
      'purge ms': seconds * 1_000,
      'blocked ms': longest,
      'exclusive lock': `in ${locked} of ${sampled} samples`,
      'files with the person': await serverHolds(pool, schema, marker),
      'readable in the copy': 'not tried'
    }
  } finally {
    await pool.query(`drop schema if exists ${schema} cascade`)
    await pool.end()
    keys?.close()
    rmSync(keyFile, { force: true })
  }
}

/**
 * @param {{ folder: string, lines: number, only: ReadonlyArray<string> }} options `lines`: the number of people; `only`: `sqlite` or
 *   `postgres`.
 */
export const measureErasure = async ({ folder, lines, only }) => {
  const rows = []
  for (const hasKeys of [true, false]) {
    if (only.length === 0 || only.includes('sqlite')) rows.push(await onSqlite(folder, lines, hasKeys))
    if (only.includes('postgres')) rows.push(await onPostgres(folder, lines, hasKeys))
  }
  return rows
}
