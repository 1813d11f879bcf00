/** Runs a campaign in a folder of its own, and says how it went. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Chance, within } from './chance.ts'
import type { Campaign, Row } from './table.ts'

/** The longest that a kind may take, in milliseconds: some take half a minute where other programs leave them little time. */
const longest = 600_000

export const runCampaign = async (
  { name, run }: Campaign,
  chance: Chance,
  say: (text: string) => void
): Promise<Row> => {
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-faults-'))
  const startedAt = performance.now()
  let faults = 0
  let problem: string | undefined
  const onFault = (count = 1): void => {
    faults += count
  }
  try {
    await within(longest, run({ chance, folder, onFault }))
    if (faults === 0) problem = 'no fault happened'
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  } finally {
    // A campaign that is too slow may still use it.
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      say(`${folder} could not be removed`)
    }
  }
  const seconds = (performance.now() - startedAt) / 1_000
  return { name, faults, seconds, ...(problem !== undefined && { problem }) }
}
