/**
 * Servers are started and stopped over each other 50 times under load, on SQLite and on PostgreSQL. Every accepted upload must
 * end once, and none hang.
 *
 *     npm run rolling [-- --rounds N] [--seed N] [--only sqlite]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { v7 } from 'uuid'
import { only, option, say, seed } from '../arguments.ts'
import { chanceFrom } from '../faults/chance.ts'
import { findPostgres } from '../faults/postgres.ts'
import { runRolling } from './rolling.ts'

const rounds = Number(option('--rounds') ?? 50)

const run = async (name: string, store: string): Promise<boolean> => {
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-rolling-'))
  const startedAt = performance.now()
  say(`${name}: ${rounds} servers (seed ${seed})`)
  try {
    const address = store === 'sqlite' ? `sqlite:${join(folder, 'people.db')}` : store
    const report = await runRolling({ store: address, folder, rounds, chance: chanceFrom(seed), say })
    const { accepted, refused, kills, lines, longestEnd } = report
    say(
      `${name}: ${accepted} uploads accepted, each ended once; ${lines} lines, each applied once; ${kills} kills, ${refused} ` +
        `requests refused meanwhile; the last upload ended ${longestEnd} ms after the load (${Math.round((performance.now() - startedAt) / 1_000)} s)`
    )
    return true
  } catch (error) {
    say(`${name}: FAILED: ${error instanceof Error ? error.message : String(error)}`)
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const onPostgres = async (url: string): Promise<boolean> => {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  const database = `userpoint_rolling_${v7().replaceAll('-', '')}`
  await admin.query(`create database ${database} encoding 'UTF8' template template0`)
  try {
    const own = new URL(url)
    own.pathname = database
    return await run('PostgreSQL', own.href)
  } finally {
    await admin.query(`drop database ${database} with (force)`)
    await admin.end()
  }
}

const outcomes: boolean[] = []
if ('sqlite'.includes(only)) outcomes.push(await run('SQLite', 'sqlite'))
if ('postgres'.includes(only)) {
  const url = await findPostgres()
  if (url === undefined) say('SKIPPED: POSTGRESQL, because no server answers at DATABASE_URL or on 127.0.0.1:5432.')
  else outcomes.push(await onPostgres(url))
}
process.exitCode = outcomes.every((isRight) => isRight) ? 0 : 1
