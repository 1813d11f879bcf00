/** `userpoint sweep`: removes what is too old, and user points that have no profile and no active segment. */
import type { Engine } from '@userpoint/core'
import type { SweepOptions, SweepReport } from '@userpoint/core/maintenance'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { Command } from 'commander'
import { exitCode } from '../exit-code.ts'
import { changeFields } from '../explained-line.ts'
import { explainedChangeText } from '../explained-text.ts'
import { engineFailure, Failure, reasonOf } from '../failure.ts'
import type { Io } from '../io.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { thenPurge } from '../purging.ts'
import { countTable, grouped } from '../report-table.ts'
import { Stopped, stoppable } from '../stopping.ts'
import { type StoreOptions, withEngine } from '../store.ts'

interface SweepFlags extends StoreOptions {
  readonly dryRun?: true
  readonly explain?: true
  readonly json?: true
}

interface Report extends SweepReport {
  /** The number of entries of the feed that were dropped. */
  readonly entriesDropped: number
}

const reportJson = (report: Report, dryRun: boolean): string =>
  JSON.stringify({
    seen: report.seen,
    removed: report.userPointsDeleted,
    device_points_removed: report.devicePointsDeleted,
    ...(report.forgotten !== undefined && { forgotten: report.forgotten }),
    ...(report.entriesDropped > 0 && { feed_entries_dropped: report.entriesDropped }),
    completed: report.completed,
    dry_run: dryRun
  })

const forgottenRows = (
  { forgotten }: SweepReport,
  dryRun: boolean
): ReadonlyArray<readonly [name: string, count: number]> =>
  forgotten === undefined
    ? []
    : [
        [dryRun ? 'too old, to be removed: people' : 'too old, removed: people', forgotten.people],
        ['  profiles', forgotten.profiles],
        ['  properties', forgotten.properties],
        ['  memberships', forgotten.memberships]
      ]

const reportText = (report: Report, dryRun: boolean): Promise<string> =>
  countTable(`${dryRun ? 'dry run of a sweep' : 'sweep'}${report.completed ? '' : ', stopped before the end'}`, [
    ['user points examined', report.seen],
    [dryRun ? 'to be removed' : 'removed', report.userPointsDeleted],
    [`device points without ids ${dryRun ? 'to be removed' : 'removed'}`, report.devicePointsDeleted],
    ...forgottenRows(report, dryRun),
    ...(report.entriesDropped > 0 ? [['entries of the feed dropped', report.entriesDropped] as const] : [])
  ])

/** Prints each change of a dry run, as `userpoint explain` prints those of a document. */
const explaining = (json: boolean, stdout: Output): Pick<SweepOptions, 'onExplained'> => ({
  onExplained: async (changes) => {
    const lines = changes.map((change) =>
      json ? `${JSON.stringify(changeFields(change))}\n` : explainedChangeText(change)
    )
    if (lines.length > 0) await stdout.write(lines.join(''))
  }
})

/** Drops what the feed need not tell any more. Returns the number of entries. */
const dropEntries = async (engine: Pick<Engine<DocumentType>, 'forgetChanges'>): Promise<number> => {
  const dropped = await engine.forgetChanges()
  if (dropped._tag === 'Left') throw new Failure(`the store failed: ${reasonOf(dropped.left.cause)}`)
  return dropped.right.entries
}

const sweepStore = (flags: SweepFlags, io: Io, stdout: Output): Promise<number> => {
  const { explain = false, json = false } = flags
  const dryRun = explain || flags.dryRun === true
  return withEngine(flags, dryRun ? 'readOnly' : 'existing', (engine) => {
    const work = async (stop: AbortController): Promise<number> => {
      const result = await engine.sweep({
        signal: stop.signal,
        dryRun,
        ...(explain && explaining(json, stdout))
      })
      if (result._tag === 'Left') throw new Failure(engineFailure(result.left))
      const report = { ...result.right, entriesDropped: dryRun ? 0 : await dropEntries(engine) }
      await stdout.write(`${json ? reportJson(report, dryRun) : await reportText(report, dryRun)}\n`)
      if (report.completed || !(stop.signal.reason instanceof Stopped)) return exitCode.done
      const { signal, exitCode: code } = stop.signal.reason
      throw new Failure(`stopped by ${signal}; ${grouped(report.seen)} user points examined`, code)
    }
    return dryRun ? stoppable(io, work) : thenPurge(engine, io, work)
  })
}

/** @param end Receives the exit code. */
export const sweepCommand = (io: Io, stdout: Output, end: (code: number) => void): Command => {
  const command = new Command('sweep')
    .summary('remove what is too old, and user points without a profile or an active segment')
    .description(
      'Removes what the `retention` of the settings says is too old. Then removes the user points of a store that have neither a ' +
        'profile nor an unexpired segment, with all their identifiers, and device points without technical ids. Only a sweep or ' +
        'an explicit deletion removes them. Entries of the feed that every consumer has, or that are too old, are dropped.'
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .option('--dry-run', 'only count what would be removed; opens the store read-only')
    .option('--explain', 'as --dry-run, and print each change that a sweep would make')
    .option('--json', 'print the counts as one line of JSON')
    .addHelpText(
      'after',
      `
Exit codes:
  0  ran to the end
  1  the store or an output failed
  2  wrong usage

After SIGINT, SIGTERM or SIGHUP the sweep finishes the current batch. The exit code is
then 128 plus the signal's number.

Examples:
  userpoint sweep --config userpoint.json --explain
  userpoint sweep --store sqlite:./people.db --datamart 1000 --json`
    )
    .action(async (flags: SweepFlags) => {
      end(await sweepStore(flags, io, stdout))
    })
}
