/** Purges before the program ends: a deletion owes one, and no later process can be relied on. */
import type { Engine } from '@userpoint/core'
import type { PurgeOutcome } from '@userpoint/core/maintenance'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { reasonOf } from './failure.ts'
import type { Io } from './io.ts'
import { grouped } from './report-table.ts'
import { stoppable } from './stopping.ts'

const batches = (count: number): string => `${grouped(count)} ${count === 1 ? 'batch' : 'batches'}`

/** Returns the sentence about a purge; `undefined`: there was nothing to do. */
export const purgeText = (outcome: PurgeOutcome): string | undefined => {
  if (outcome._tag === 'Left') {
    const reason = reasonOf(outcome.left.cause)
    return `deleted data may remain in the store's files: ${reason}; the purge is still owed: run userpoint purge`
  }
  const report = outcome.right
  switch (report._tag) {
    case 'NothingOwed':
      return undefined
    case 'AtWork': {
      const until = new Date(report.until).toISOString()
      return `another process purges the store, until ${until} at the latest; if it was killed, run userpoint purge`
    }
    case 'Purged':
      return `purged: the store's files hold no deleted data (${batches(report.paid)} with deletions)`
  }
}

/**
 * Runs `work`, and then the purge that deletions owe, also after a failure. What became of it is a line on stderr, and never
 * changes the exit code: what is deleted is deleted. The first stop signal aborts the controller; no signal ends the purge.
 */
export const thenPurge = <A>(
  engine: Engine<DocumentType>,
  io: Io,
  work: (stop: AbortController) => Promise<A>
): Promise<A> =>
  stoppable(io, async (stop) => {
    try {
      return await work(stop)
    } finally {
      const text = purgeText(await engine.purge())
      if (text !== undefined) io.stderr.write(`userpoint: ${text}\n`)
    }
  })
