/**
 * Measures and prints tables, and the same as JSON: `npm run bench -- [name…] [--lines N] [--rounds N] [--folder PATH]
 * [--only CONTENDER,…] [--sizes N,…] [--seconds N]`. The files are made in FOLDER, and stay there if it was given.
 *
 * The machine may be noisy: ratios of variants that ran in turns mean more than figures.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareCommands } from './command-line.mjs'
import { compareDecoders } from './decoding.mjs'
import { measureErasure } from './erasure.mjs'
import { compareFeed } from './feed.mjs'
import { table } from './figures.mjs'
import { measureGrowth } from './growth.mjs'
import { measureHttp } from './http.mjs'
import { compareImports } from './imports.mjs'
import { compareLatencies } from './latency.mjs'
import { measureMemory } from './memory.mjs'
import { compareMerges } from './merging.mjs'
import { compareMysql } from './mysql.mjs'
import { comparePostgres } from './postgres.mjs'
import { measureResuming } from './resuming.mjs'
import { workloads } from './workloads.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lines: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    sizes: { type: 'string', default: '100000,1000000,5000000' },
    only: { type: 'string', default: '' }
  }
})
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'userpoint-bench-'))
mkdirSync(folder, { recursive: true })
const options = {
  folder,
  lines: Number(values.lines),
  rounds: Number(values.rounds),
  only: values.only.split(',').filter((each) => each !== '')
}

/** @type {Record<string, () => Promise<ReadonlyArray<Record<string, string | number>>>>} */
const benchmarks = {
  ...Object.fromEntries(
    workloads.map((workload) => [workload, () => compareImports({ ...options, workloads: [workload] })])
  ),
  commands: () => compareCommands(options),
  mysql: () => compareMysql(options),
  postgres: () => comparePostgres(options),
  latency: () => compareLatencies(options),
  http: () => measureHttp({ ...options, seconds: Number(values.seconds) }),
  memory: () => measureMemory({ folder, sizes: values.sizes.split(',').map(Number) }),
  erasure: () => measureErasure(options),
  feed: () => compareFeed(options),
  growth: () => measureGrowth(options),
  resuming: () => measureResuming(options),
  merging: async () => compareMerges(options),
  decoding: async () => compareDecoders(options)
}

/** Those that need nothing but this machine. */
const usual = Object.keys(benchmarks).filter((name) => name !== 'postgres' && name !== 'mysql' && name !== 'erasure')

const results = /** @type {Record<string, unknown>} */ ({})
for (const name of positionals.length > 0 ? positionals : usual) {
  const run = benchmarks[name]
  if (run === undefined) throw new Error(`no benchmark ${name}; there are ${Object.keys(benchmarks).join(', ')}`)
  const rows = await run()
  results[name] = rows
  process.stdout.write(`${name}\n${table(rows)}\n\n`)
}
process.stdout.write(`${JSON.stringify({ node: process.version, ...options, results })}\n`)
if (values.folder === undefined) rmSync(folder, { recursive: true })
