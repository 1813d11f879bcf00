/**
 * The fault campaign: people, counts and verdict files must be those of one clean run, even if much breaks meanwhile.
 *
 *     npm run faults [-- --seed N] [--only TEXT]
 */
import { only, say, seed } from '../arguments.ts'
import { chanceFrom } from './chance.ts'
import { clockCampaign, inputCampaign } from './caller.ts'
import { diskCampaigns } from './disk.ts'
import { findPostgres, postgresCampaign } from './postgres.ts'
import { processCampaign } from './processes.ts'
import { runCampaign } from './run.ts'
import { type Row, tableOf } from './table.ts'

const fewest = 200

const main = async (): Promise<number> => {
  const url = await findPostgres()
  if (url === undefined)
    say('SKIPPED: ALL FAULTS OF POSTGRESQL, because no server answers at DATABASE_URL or on 127.0.0.1:5432.')
  const campaigns = [
    ...(url === undefined
      ? []
      : (['terminated', 'cut', 'half-closed', 'silent'] as const).map((kind) =>
          postgresCampaign(url, kind, kind === 'silent' ? 15 : 30)
        )),
    ...diskCampaigns(say),
    processCampaign,
    clockCampaign,
    inputCampaign
  ]
  const rows: Row[] = []
  for (const [index, campaign] of campaigns.filter(({ name }) => name.includes(only)).entries()) {
    say(`running: ${campaign.name}`)
    rows.push(await runCampaign(campaign, chanceFrom(seed + index), say))
  }
  say(`\n${tableOf(rows)}\n(seed ${seed})`)
  const faults = rows.reduce((total, row) => total + row.faults, 0)
  if (url !== undefined && only === '' && faults < fewest) {
    say(`too few faults: ${faults} instead of ${fewest}`)
    return 1
  }
  return rows.some(({ problem }) => problem !== undefined) ? 1 : 0
}

process.exitCode = await main()
