/** Imports whole files into a store: the library, lower bounds, typical hand-written code, and a similar package. */
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { keysOf } from './contenders/contender.mjs'
import { contenders } from './contenders/index.mjs'
import { median } from './figures.mjs'
import { runScript } from './process.mjs'
import { removeStore } from './store-files.mjs'
import { startsFull, workloadFile } from './workloads.mjs'

/**
 * @typedef {import('./contenders/index.mjs').ContenderName} ContenderName
 * @typedef {import('./workloads.mjs').Workload} Workload
 * @typedef {{ lines: number, seconds: number, cpu: number, peak: number }} Measured
 */

/** A slow contender gets this part of the lines; its speed does not depend on their number. */
const partForSlow = 1 / 40

const names = /** @type {ReadonlyArray<ContenderName>} */ (Object.keys(contenders))

/**
 * Returns a full store, which is created once.
 *
 * @param {string} folder
 * @param {ContenderName} contender
 * @param {number} people
 */
export const fullStore = async (folder, contender, people) => {
  const store = join(folder, `full-${contender}-${people}`)
  if (!existsSync(store)) {
    const order = { contender, workload: 'fresh', lines: people, people, folder, store, warmUp: 0, preparing: true }
    await runScript('run-contender.mjs', order)
  }
  return store
}

/**
 * Runs one contender.
 *
 * @param {string} folder
 * @param {ContenderName} contender
 * @param {Workload} workload
 * @param {number} people
 * @param {boolean} [isWarmedUp] Whether it works for a while before it is measured; `true` unless given.
 * @returns {Promise<Measured>}
 */
export const measure = async (folder, contender, workload, people, isWarmedUp = true) => {
  const { isSlow, keeps } = contenders[contender]
  const lines = isSlow ? Math.ceil(people * partForSlow) : people
  const store = join(folder, 'store')
  if (startsFull(workload) && keeps) {
    const full = await fullStore(folder, contender, people)
    copyFileSync(full, store)
    if (existsSync(keysOf(full))) copyFileSync(keysOf(full), keysOf(store))
  }
  const warmUp = !isWarmedUp ? 0 : isSlow ? 500 : Math.min(20_000, people)
  const order = { contender, workload, lines, people, folder, store, warmUp }
  const measured = await runScript('run-contender.mjs', order)
  removeStore(store)
  return /** @type {Measured} */ (measured)
}

/**
 * Runs all contenders on these workloads, in turns.
 *
 * @param {{ folder: string, lines: number, rounds: number, workloads: ReadonlyArray<Workload>, only: ReadonlyArray<string> }} options
 */
export const compareImports = async ({ folder, lines, rounds, workloads, only }) => {
  const taking = names.filter((name) => (only.length === 0 ? !contenders[name].onServer : only.includes(name)))
  const results = []
  for (const workload of workloads) {
    workloadFile(folder, workload, lines)
    const runs = /** @type {Record<string, Array<Measured>>} */ (Object.fromEntries(taking.map((name) => [name, []])))
    for (let round = 0; round < rounds; round++) {
      for (const name of taking) runs[name]?.push(await measure(folder, name, workload, lines))
    }
    /** The speed ratio by the clock or in processor time; the median over the rounds. */
    const ratio = (
      /** @type {ContenderName} */ ours,
      /** @type {ContenderName} */ theirs,
      /** @type {'seconds' | 'cpu'} */ unit
    ) =>
      median(
        (runs[ours] ?? []).flatMap((own, i) => {
          const other = runs[theirs]?.[i]
          return other === undefined ? [] : [(own.lines / own[unit]) * (other[unit] / other.lines)]
        })
      )
    const middle = (/** @type {ContenderName} */ name, /** @type {(run: Measured) => number} */ of) =>
      median((runs[name] ?? []).map(of))
    for (const name of taking) {
      const measured = {
        workload,
        contender: contenders[name].title,
        'lines/s': middle(name, (run) => run.lines / run.seconds),
        'cpu µs/line': middle(name, (run) => (run.cpu * 1e6) / run.lines),
        'peak MB': middle(name, (run) => run.peak / 1e6)
      }
      const ours = (contenders[name].beside ?? []).filter((own) => taking.includes(own))
      if (ours.length === 0) results.push(measured)
      for (const own of ours) {
        results.push({
          ...measured,
          compared: contenders[own].title,
          'is × as fast': ratio(own, name, 'seconds'),
          'in cpu time': ratio(own, name, 'cpu')
        })
      }
    }
  }
  return results
}
