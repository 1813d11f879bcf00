/** Faults of the caller: a clock that is set back, an input that changes between two readings. */
import { DatabaseSync } from '@photostructure/sqlite'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import type { ExecutionReport } from '@userpoint/core'
import type { Chance } from './chance.ts'
import { appends, cleanRun, demandSame, engineOver, erasures, resultOf, runOnce, runToEnd } from './story.ts'
import type { Campaign } from './table.ts'

export const clockCampaign: Campaign = {
  name: 'the clock is set back',
  run: async ({ chance, folder, onFault }) => {
    const documents = [appends(600, 30, chance), erasures(4), appends(300, 30, chance, 1_000)]
    const clean = await cleanRun(documents, folder)
    const database = new DatabaseSync(`${folder}/clock.db`)
    const repository = createSqliteRepository(database)
    let now = Date.now()
    let looks = 0
    const clock = (): number => {
      now += 1
      if (++looks % 25 === 0) {
        now -= chance.below(10 * 86_400_000)
        onFault()
      }
      return now
    }
    const files = documents.map((_, n) => `${folder}/clock-${n}.ndjson`)
    const reports: ExecutionReport[] = []
    for (const [n, document] of documents.entries()) {
      const run = { id: `document-${n}`, document, verdicts: files[n] ?? '' }
      reports.push(await runToEnd(async () => engineOver(repository, clock), run))
      // The turn of an engine whose clock was ahead must not keep the others from purging.
      const purged = await engineOver(repository, clock).purge()
      if (purged._tag === 'Left' || purged.right._tag === 'AtWork')
        throw new Error('a purge waits for a clock that was ahead')
    }
    demandSame(await resultOf(engineOver(repository), reports, files), clean, 'clock')
    database.close()
  }
}

/** Returns other bytes, of the same length or not. */
const changedBy = (bytes: Uint8Array, chance: Chance): Uint8Array => {
  const place = chance.below(bytes.length)
  switch (chance.below(4)) {
    case 0:
      return bytes.map((byte, at) => (at === place && byte >= 0x30 && byte < 0x39 ? byte + 1 : byte))
    case 1:
      return bytes.subarray(0, place)
    case 2: {
      const line = bytes.indexOf(0x0a, place) + 1
      return Uint8Array.from([...bytes.subarray(line), ...bytes.subarray(0, line)])
    }
    default:
      return Uint8Array.from([...bytes, ...bytes.subarray(0, bytes.indexOf(0x0a) + 1)])
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

function* inPieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export const inputCampaign: Campaign = {
  name: 'the input changes between two readings',
  run: async ({ chance, folder, onFault }) => {
    for (let round = 1; round <= 12; round++) {
      const document = appends(120, 20, chance)
      const clean = await cleanRun([document], folder)
      const database = new DatabaseSync(':memory:')
      const repository = createSqliteRepository(database)
      const run = { id: 'changing', document, verdicts: `${folder}/input-${round}.ndjson` }
      for (let change = 0; change < 5; change++) {
        const other = changedBy(document.bytes, chance)
        if (isSame(other, document.bytes)) continue
        let readings = 0
        const size = 1 + chance.below(4_000)
        const ended = await runOnce(engineOver(repository), {
          ...run,
          input: () => inPieces(++readings === 1 ? document.bytes : other, size)
        })
        const isTold =
          'error' in ended && (ended.error._tag === 'InputFailed' || ended.error._tag === 'ExecutionRefused')
        if (!isTold) throw new Error('an input that changed was not said to have changed')
        onFault()
      }
      const report = await runToEnd(async () => engineOver(repository), run)
      demandSame(await resultOf(engineOver(repository), [report], [run.verdicts]), clean, 'input')
      database.close()
    }
  }
}
