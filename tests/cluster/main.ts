/**
 * The cluster: the conformance suite on three nodes, and imports while nodes are killed, cut off and frozen.
 *
 *     npm run cluster [-- --seed N] [--only TEXT]
 */
import { fileURLToPath } from 'node:url'
import { only, say, seed } from '../arguments.ts'
import { canStartCluster, startCluster } from '../../scripts/galera/cluster.mjs'
import { root, run } from '../../scripts/process.mjs'
import { chanceFrom } from '../faults/chance.ts'
import { runCampaign } from '../faults/run.ts'
import { type Campaign, type Row, tableOf } from '../faults/table.ts'
import { nodesCampaign } from './campaign.ts'
import { harms } from './harms.ts'

/** The tests that the nodes of `DATABASE_URL_GALERA` are for. */
const runSuite = async (urls: ReadonlyArray<string>): Promise<boolean> => {
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
  const file = 'packages/adapter-mysql/test/cluster.test.ts'
  const { code, text } = await run(process.execPath, [vitest, 'run', '--project', 'adapter-mysql', file], {
    cwd: root,
    env: { DATABASE_URL_GALERA: urls.join(), NO_COLOR: '1' },
    output: 'capture'
  })
  say(code === 0 ? `the suite: ${/^ *Tests *(.*)$/m.exec(text)?.[1]}` : text)
  return code === 0
}

const runCampaigns = async (campaigns: ReadonlyArray<Campaign>): Promise<boolean> => {
  const rows: Row[] = []
  for (const [index, campaign] of campaigns.entries()) {
    say(`running: ${campaign.name}`)
    const row = await runCampaign(campaign, chanceFrom(seed + index), say)
    rows.push(row)
    // The cluster may not be whole.
    if (row.problem !== undefined) break
  }
  if (rows.length > 0) say(`\n${tableOf(rows)}\n(seed ${seed})`)
  return rows.every(({ problem }) => problem === undefined)
}

const main = async (): Promise<number> => {
  if (!canStartCluster()) {
    say('NOT RUN: THE CLUSTER. mariadb-server, galera-4 and rsync are not all installed (CONTRIBUTING.md).')
    return 0
  }
  const cluster = await startCluster()
  try {
    const isConforming = !'the suite'.includes(only) || (await runSuite(cluster.urls))
    const campaigns = harms.map((harm) => nodesCampaign(cluster, harm, say)).filter(({ name }) => name.includes(only))
    const isSame = await runCampaigns(campaigns)
    return isConforming && isSame ? 0 : 1
  } finally {
    await cluster.close()
  }
}

process.exitCode = await main()
