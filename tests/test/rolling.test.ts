/**
 * The campaign of tests/rolling with few servers; its 50 take minutes. Part of the campaign.
 *
 * Slow: it starts and ends processes over each other.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seed, timeout } from '../../packages/core/test/laws/law.ts'
import { chanceFrom } from '../faults/chance.ts'
import { runRolling } from '../rolling/rolling.ts'

it('[L-30] two servers over each other, kills included: every accepted upload ends once, none hangs', {
  timeout: 10 * timeout
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-rolling-'))
  try {
    const store = `sqlite:${join(folder, 'people.db')}`
    const report = await runRolling({ store, folder, rounds: 4, chance: chanceFrom(seed), say: () => undefined })
    expect(report.accepted).toBeGreaterThan(0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
