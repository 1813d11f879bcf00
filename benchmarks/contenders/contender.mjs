/**
 * Functions that contenders share: reading the lines of a file, and opening an SQLite file.
 *
 * @typedef {import('../workloads.mjs').Workload} Workload
 * @typedef {object} Job
 * @property {Workload} workload
 * @property {string} input The file with the lines.
 * @property {string} store The path or name of the store.
 * @property {number} [most] How many lines to apply at most.
 * @property {boolean} [preparing] `true`: the run is not measured, so its commits need not be durable.
 *
 * @typedef {(job: Job) => Promise<number>} Run Applies the lines; gives their number.
 */
import { createReadStream } from 'node:fs'
import Database from 'better-sqlite3'

/** The key file of a store that has one. */
export const keysOf = (/** @type {string} */ store) => `${store}.keys`

export const pieceSize = 256 * 1024

/** Calls back with each line's text; the fastest way we know that reads a file of any size. */
export const forEachLine = async (
  /** @type {string} */ path,
  /** @type {(line: string) => void} */ use,
  /** @type {number} */ most = Number.POSITIVE_INFINITY
) => {
  let count = 0
  let rest = ''
  const decoder = new TextDecoder()
  for await (const piece of createReadStream(path, { highWaterMark: pieceSize })) {
    const text = rest + decoder.decode(piece, { stream: true })
    let from = 0
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      use(text.slice(from, to))
      from = to + 1
      if (++count === most) return count
    }
    rest = text.slice(from)
  }
  return count
}

/** The adapter's default settings, so that all contenders have equally durable commits and the same cache. */
export const pragmas = (/** @type {boolean} */ durable) => [
  'pragma journal_mode = wal',
  `pragma synchronous = ${durable ? 'full' : 'off'}`,
  'pragma cache_size = -32768',
  'pragma wal_autocheckpoint = 20000'
]

/** @returns {import('better-sqlite3').Database} */
export const openDatabase = (/** @type {string} */ path, /** @type {boolean} */ durable) => {
  const database = new Database(path)
  for (const each of pragmas(durable)) database.exec(each)
  return database
}
