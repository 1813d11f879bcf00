/** Measures the time to resume an execution, compared with its whole run and with one reading of the file. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine, parseExecutionId } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import Database from 'better-sqlite3'
import { forEachLine, pieceSize } from './contenders/contender.mjs'
import { median } from './figures.mjs'
import { newId } from './ids.mjs'
import { removeStore } from './store-files.mjs'
import { workloadFile } from './workloads.mjs'

const sha256 = () => {
  const hash = createHash('sha256')
  return {
    update: (/** @type {Uint8Array} */ bytes) => void hash.update(bytes),
    digest: () => hash.digest('hex')
  }
}

const secondsSince = (/** @type {number} */ startedAt) => (performance.now() - startedAt) / 1_000

/**
 * @param {string} folder
 * @param {string} input
 * @param {number} lines How many there are; it is stopped after nine tenths of them.
 */
const measureRound = async (folder, input, lines) => {
  const store = join(folder, 'resumed')
  removeStore(store)
  const database = new Database(store)
  const engine = createEngine({
    dialect: mediarithmics,
    repository: createSqliteRepository(database),
    clock: Date.now,
    newId
  })
  const id = parseExecutionId('benchmark')
  if (id === undefined) throw new Error('no execution id')
  const stopping = new AbortController()

  /** Runs it until it stops; gives the seconds until it first got on, and those until it ended. */
  const run = async (/** @type {number} */ stopAt) => {
    const startedAt = performance.now()
    let firstAt = 0
    let before = -1
    const outcome = await engine.runExecution(
      id,
      'USER_PROFILE',
      () => createReadStream(input, { highWaterMark: pieceSize }),
      {
        createHash: sha256,
        ...(stopAt < lines && { signal: stopping.signal }),
        onProgress: ({ counts }) => {
          if (before === -1) before = counts.lines
          else if (firstAt === 0 && counts.lines > before) firstAt = secondsSince(startedAt)
          if (counts.lines >= stopAt) stopping.abort()
        }
      }
    )
    if (outcome._tag === 'Left') throw new Error(outcome.left.error._tag)
    return { first: firstAt, all: secondsSince(startedAt) }
  }

  const begun = await run(Math.floor(lines * 0.9))
  const resumed = await run(lines)
  const startedAt = performance.now()
  await forEachLine(input, () => undefined)
  const reading = secondsSince(startedAt)
  database.close()
  removeStore(store)
  return { begun: begun.all, resumed: resumed.first, reading }
}

/** @param {{ folder: string, lines: number, rounds: number }} options */
export const measureResuming = async ({ folder, lines, rounds }) => {
  const input = workloadFile(folder, 'fresh', lines)
  /** @type {Array<Awaited<ReturnType<typeof measureRound>>>} */
  const runs = []
  for (let round = 0; round < rounds; round++) runs.push(await measureRound(folder, input, lines))
  return [
    {
      'resuming after nine tenths': `${lines} lines`,
      'until it gets on, s': median(runs.map(({ resumed }) => resumed)),
      'part of the time it had run': median(runs.map(({ begun, resumed }) => resumed / begun)),
      'times one reading of the file': median(runs.map(({ resumed, reading }) => resumed / reading))
    }
  ]
}
