/**
 * scripts/kill-import.mjs with few kills; its 200 take minutes. Part of the campaign.
 *
 * Slow: each test kills and restarts the program a dozen times.
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { expect, inject, it } from 'vitest'
import { seed, timeout, times } from '../../packages/core/test/laws/law.ts'

// It rejects with the standard error of a script that failed. The runner would lose a result while this process is blocked.
const run = promisify(execFile)

const killing = async (kills: number, ...more: ReadonlyArray<string>): Promise<void> => {
  const script = fileURLToPath(new URL('../../scripts/kill-import.mjs', import.meta.url))
  const { stdout } = await run(
    process.execPath,
    [script, '--kills', `${kills}`, '--lines', `${times(3_000)}`, '--seed', `${Math.abs(seed)}`, ...more],
    { maxBuffer: 1 << 26 }
  )
  expect(stdout).toContain(`killed ${kills} times`)
  expect(stdout).toContain('the same as one clean run')
}

it(
  '[L-30, L-31] killed with SIGKILL at random moments and resumed, imports end as they do in one run',
  { timeout: 5 * timeout },
  () => killing(times(12))
)

it('[L-30, L-31] killed with SIGKILL and resumed on PostgreSQL, imports end as they do in one run', {
  timeout: 5 * timeout
}, async () => {
  const server = new pg.Client({ connectionString: inject('postgres') })
  await server.connect()
  const database = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  await server.query(`create database ${database}`)
  try {
    const url = new URL(inject('postgres'))
    url.pathname = database
    await killing(times(6), '--store', url.href)
  } finally {
    await server.query(`drop database ${database} with (force)`)
    await server.end()
  }
})
