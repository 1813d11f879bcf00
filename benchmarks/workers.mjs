/** One file into PostgreSQL by several workers, beside the same by one process, through the command line. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openPool } from './contenders/postgres-server.mjs'
import { median } from './figures.mjs'
import { workloadFile } from './workloads.mjs'

const program = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
const database = 'userpoint_bench_workers'

const address = () => {
  const url = new URL(process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres')
  url.pathname = database
  return url.href
}

/** The seconds that the program says it took, without its start and that of its workers. */
const importFile = (/** @type {string} */ file, /** @type {number} */ workers, /** @type {string} */ id) => {
  const more = workers === 0 ? [] : ['--workers', `${workers}`]
  const args = ['import', file, '--type', 'USER_PROFILE', '--store', address(), '--execution', id, '--json', ...more]
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout).seconds
}

/** @param {{ folder: string, lines: number, rounds: number }} options */
export const compareWorkers = async ({ folder, lines, rounds }) => {
  const pool = openPool()
  const crews = [0, 1, 2, 4]
  const files = { fresh: workloadFile(folder, 'fresh', lines), update: workloadFile(folder, 'update', lines) }
  /** @type {Map<string, Array<number>>} */
  const seconds = new Map()
  for (let round = 0; round < rounds; round++) {
    for (const workers of crews) {
      await pool.query(`drop database if exists ${database} with (force)`)
      await pool.query(`create database ${database}`)
      for (const workload of /** @type {const} */ (['fresh', 'update'])) {
        const key = `${workload} ${workers}`
        seconds.set(key, [...(seconds.get(key) ?? []), importFile(files[workload], workers, key.replace(' ', '-'))])
      }
    }
  }
  await pool.query(`drop database if exists ${database} with (force)`)
  await pool.end()
  const of = (/** @type {string} */ workload, /** @type {number} */ workers) =>
    median(seconds.get(`${workload} ${workers}`) ?? [])
  return ['fresh', 'update'].flatMap((workload) =>
    crews.map((workers) => ({
      workload,
      workers: workers === 0 ? 'none' : workers,
      'lines a second': Math.round(lines / of(workload, workers)),
      'times one process': of(workload, 0) / of(workload, workers)
    }))
  )
}
