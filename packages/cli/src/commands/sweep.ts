/** `userpoint sweep`: removes user points that have no profile and no active segment. */
import type { SweepReport } from '@userpoint/core/maintenance'
import { Command } from 'commander'
import { exitCode } from '../exit-code.ts'
import { engineFailure, Failure } from '../failure.ts'
import type { Io } from '../io.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { thenPurge } from '../purging.ts'
import { countTable, grouped } from '../report-table.ts'
import { Stopped, stoppable } from '../stopping.ts'
import { type StoreOptions, withEngine } from '../store.ts'

interface SweepFlags extends StoreOptions {
  readonly dryRun?: true
  readonly json?: true
}

const reportJson = (report: SweepReport, dryRun: boolean): string =>
  JSON.stringify({
    seen: report.seen,
    removed: report.userPointsDeleted,
    device_points_removed: report.devicePointsDeleted,
    completed: report.completed,
    dry_run: dryRun
  })

const reportText = (report: SweepReport, dryRun: boolean): string =>
  countTable(`${dryRun ? 'dry run of a sweep' : 'sweep'}${report.completed ? '' : ', stopped before the end'}`, [
    ['user points examined', report.seen],
    [dryRun ? 'to be removed' : 'removed', report.userPointsDeleted],
    [`device points without ids ${dryRun ? 'to be removed' : 'removed'}`, report.devicePointsDeleted]
  ])

const sweepStore = (flags: SweepFlags, io: Io, stdout: Output): Promise<number> => {
  const { dryRun = false, json = false } = flags
  return withEngine(flags, dryRun ? 'readOnly' : 'existing', (engine) => {
    const work = async (stop: AbortController): Promise<number> => {
      const result = await engine.sweep({ signal: stop.signal, dryRun })
      if (result._tag === 'Left') throw new Failure(engineFailure(result.left))
      const report = result.right
      await stdout.write(`${json ? reportJson(report, dryRun) : reportText(report, dryRun)}\n`)
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
    .summary('remove user points without a profile or an active segment')
    .description(
      'Removes the user points of a store that have neither a profile nor an unexpired segment, with all their ' +
        'identifiers. Also removes device points without technical ids. Only a sweep or an explicit deletion removes them.'
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .option('--dry-run', 'only count what would be removed; opens the store read-only')
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
  userpoint sweep --dry-run
  userpoint sweep --store sqlite:./people.db --datamart 1000 --json`
    )
    .action(async (flags: SweepFlags) => {
      end(await sweepStore(flags, io, stdout))
    })
}
