/** Whole commands: `userpoint import` beside script (b) as a program, in turns; the start of each program counts too. */
import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './figures.mjs'
import { fullStore } from './imports.mjs'
import { peakBytes } from './process.mjs'
import { removeStore } from './store-files.mjs'
import { documentType, startsFull, workloadFile } from './workloads.mjs'

/** @typedef {import('./workloads.mjs').Workload} Workload */
/** @typedef {{ seconds: number, peak: number }} Measured */

const pathOf = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

/** Milliseconds between two readings of the memory of a program: the system forgets it when the program ends. */
const between = 20

/**
 * Runs a program to its end.
 *
 * @param {ReadonlyArray<string>} args
 * @returns {Promise<Measured>}
 */
const runProgram = (args) =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    let peak = 0
    const timer = setInterval(() => {
      peak = Math.max(peak, peakBytes(child.pid ?? 0))
    }, between)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(timer)
      if (code === 0) resolve({ seconds: (performance.now() - startedAt) / 1000, peak })
      else reject(new Error(`${args[0]} ended with ${code}`))
    })
  })

/** @type {Record<'sqlite' | 'script', (order: { workload: Workload, input: string, folder: string, store: string, lines: number }) => ReadonlyArray<string>>} */
const programs = {
  sqlite: ({ workload, input, store }) => {
    const command = [pathOf('../packages/cli/dist/main.js'), 'import', '--type', documentType(workload)]
    return [...command, '--store', `sqlite:${store}`, input]
  },
  script: ({ workload, folder, store, lines }) => {
    const order = { contender: 'script', workload, lines, people: lines, folder, store, warmUp: 0 }
    return [pathOf('run-contender.mjs'), JSON.stringify(order)]
  }
}

/** @param {{ folder: string, lines: number, rounds: number }} options */
export const compareCommands = async ({ folder, lines, rounds }) => {
  const rows = []
  for (const workload of /** @type {const} */ (['fresh', 'update', 'skewed'])) {
    const input = workloadFile(folder, workload, lines)
    const runs = { sqlite: /** @type {Measured[]} */ ([]), script: /** @type {Measured[]} */ ([]) }
    for (let round = 0; round < rounds; round++) {
      for (const name of /** @type {const} */ (['sqlite', 'script'])) {
        const store = join(folder, 'store')
        if (startsFull(workload)) copyFileSync(await fullStore(folder, name, lines), store)
        runs[name].push(await runProgram(programs[name]({ workload, input, folder, store, lines })))
        removeStore(store)
      }
    }
    rows.push({
      workload,
      'µs a line': (median(runs.sqlite.map(({ seconds }) => seconds)) * 1e6) / lines,
      'of (b)': (median(runs.script.map(({ seconds }) => seconds)) * 1e6) / lines,
      'is × as fast': median(runs.sqlite.map(({ seconds }, i) => (runs.script[i]?.seconds ?? Number.NaN) / seconds)),
      'peak MB': Math.max(...runs.sqlite.map(({ peak }) => peak)) / 1e6
    })
  }
  return rows
}
