/** The script that anybody can run, with few kills: 200 of them take minutes. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { multiplier, seed } from '../../packages/core/test/laws/law.ts'

const kills = 12 * multiplier

it('[L-30, L-31] killed with SIGKILL at random moments and resumed, imports end as they do in one run', {
  timeout: 300_000 * multiplier
}, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      fileURLToPath(new URL('../../scripts/kill-import.mjs', import.meta.url)),
      '--kills',
      `${kills}`,
      '--lines',
      `${3_000 * multiplier}`,
      '--seed',
      `${Math.abs(seed)}`
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 }
  )
  expect(status, stderr).toBe(0)
  expect(stdout).toContain(`killed ${kills} times`)
  expect(stdout).toContain('the same as one clean run')
})
