/**
 * `npm run followers` with few kills; its 200 take some ten minutes. Part of the campaign.
 *
 * Slow: processes are killed and started again a dozen times.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'
import { seed, timeout, times } from '../../packages/core/test/laws/law.ts'

// It rejects with what a campaign that failed has printed.
const run = promisify(execFile)

it('[L-42] killed with SIGKILL, writers and followers leave a mirror that is the store, and no change counted twice', {
  timeout: 5 * timeout
}, async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const program = ['--conditions=userpoint-source', '--import', './scripts/typescript.mjs', 'tests/followers/main.ts']
  const kills = times(10)
  const { stdout } = await run(process.execPath, [...program, '--kills', `${kills}`, '--seed', `${Math.abs(seed)}`], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: inject('postgres') }
  })
  expect(stdout).toContain(`killed ${kills} times: the mirror was the store each time`)
})
