/**
 * One contender's run on one workload, in a process of its own, so that no other has warmed or filled it:
 * `node run-contender.mjs '{"contender":…}'` prints `{"lines":…,"seconds":…,"cpu":…,"peak":…}`: seconds of the clock and of all threads, and bytes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { contenders } from './contenders/index.mjs'
import { startsFull, workloadFile } from './workloads.mjs'

/**
 * @typedef {object} Order
 * @property {import('./contenders/index.mjs').ContenderName} contender
 * @property {import('./workloads.mjs').Workload} workload
 * @property {number} lines
 * @property {number} people How many people are in the store where the workload starts with a full one.
 * @property {string} folder
 * @property {string} store
 * @property {number} warmUp How many lines are applied to another store first.
 * @property {boolean} [preparing] Makes the store that the workload starts with, and measures nothing.
 */
const {
  contender,
  workload,
  lines,
  people,
  folder,
  store,
  warmUp,
  preparing = false
} = /** @type {Order} */ (JSON.parse(process.argv[2] ?? '{}'))
const { keeps, load } = contenders[contender]
const run = await load()
const fileOf = (/** @type {import('./workloads.mjs').Workload} */ of, /** @type {number} */ count) =>
  workloadFile(folder, of, count)

const warm = async () => {
  const scratch = mkdtempSync(join(folder, 'warm-'))
  const job = { store: join(scratch, 'store'), preparing: false }
  if (startsFull(workload)) await run({ ...job, workload: 'fresh', input: fileOf('fresh', warmUp) })
  await run({ ...job, workload, input: fileOf(workload, warmUp) })
  rmSync(scratch, { recursive: true })
}

if (warmUp > 0) await warm()
if (preparing) {
  await run({ workload: 'fresh', input: fileOf('fresh', people), store, preparing })
} else {
  if (startsFull(workload) && !keeps) await run({ workload: 'fresh', input: fileOf('fresh', people), store })
  const input = fileOf(workload, people)
  const [startedAt, usedBefore] = [performance.now(), process.cpuUsage()]
  const count = await run({ workload, input, store, most: lines })
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(usedBefore)
  const peak = process.resourceUsage().maxRSS * 1024
  process.stdout.write(JSON.stringify({ lines: count, seconds, cpu: (user + system) / 1e6, peak }))
}
