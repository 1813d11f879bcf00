/** `userpoint executions`: lists the executions of a store. */
import type { Execution, ExecutionStatus } from '@userpoint/core'
import { Command } from 'commander'
import { Failure, unreadable } from '../failure.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { jobRejectionFields } from '../report-line.ts'
import { grouped } from '../report-table.ts'
import { type StoreOptions, withEngine } from '../store.ts'

interface ExecutionsFlags extends StoreOptions {
  readonly json?: true
}

const statuses: Readonly<Record<ExecutionStatus, string>> = {
  Running: 'running',
  Completed: 'completed',
  Stopped: 'stopped',
  Failed: 'failed',
  JobRejected: 'job_rejected'
}

const executionLine = (execution: Execution): string => {
  const { counts, input, jobRejection, position } = execution
  return JSON.stringify({
    id: execution.id,
    type: execution.type,
    status: statuses[execution.status],
    lines: counts.lines,
    applied: counts.applied,
    no_op: counts.noOp,
    rejected: counts.rejected,
    job_rejected: jobRejection === undefined ? null : jobRejectionFields(jobRejection),
    last_line: counts.lastLine,
    offset: position.offset,
    size: input.length,
    digest: input.digest,
    settings: execution.settings,
    verdicts_size: execution.verdictsLength ?? null,
    started_ts: execution.startedAt,
    modified_ts: execution.modifiedAt
  })
}

const shownTime = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 19).concat('Z')

const percentage = ({ position: { offset }, input: { length } }: Execution): string =>
  `${length === 0 ? 100 : Math.floor((offset / length) * 100)}%`

const tableOf = async (executions: ReadonlyArray<Execution>): Promise<string> => {
  const { default: Table } = await import('cli-table3')
  const table = new Table({
    head: [
      'execution',
      'type',
      'status',
      'read',
      'lines',
      'applied',
      'no-op',
      'rejected',
      'settings',
      'started',
      'last commit'
    ],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'right', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true }
  })
  for (const execution of executions) {
    const { applied, lines, noOp, rejected } = execution.counts
    table.push([
      execution.id,
      execution.type,
      statuses[execution.status].replace('_', ' '),
      percentage(execution),
      ...[lines, applied, noOp, rejected].map(grouped),
      // As many digits as tell settings apart at a glance.
      execution.settings.slice(0, 12),
      shownTime(execution.startedAt),
      shownTime(execution.modifiedAt)
    ])
  }
  return `${table.toString()}\n`
}

const listExecutions = (flags: ExecutionsFlags, stdout: Output): Promise<void> =>
  withEngine(flags, 'readOnly', async (engine) => {
    const listed: Execution[] = []
    try {
      for await (const execution of engine.executions()) {
        if (!flags.json) listed.push(execution)
        else if (!(await stdout.write(`${executionLine(execution)}\n`))) return
      }
    } catch (error) {
      throw error instanceof Failure ? error : unreadable(error)
    }
    if (!flags.json) await stdout.write(listed.length === 0 ? 'no executions\n' : await tableOf(listed))
  })

export const executionsCommand = (stdout: Output): Command => {
  const command = new Command('executions')
    .summary('list the executions of a store')
    .description(
      'Lists the executions that `import --execution` has started in a store, by id: status, progress and line counts. ' +
        'The process of a running execution may have crashed; run the same import again to continue it.'
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .option('--json', 'print one line of JSON for each execution')
    .addHelpText(
      'after',
      `
Exit codes:
  0  listed
  1  the store or an output failed
  2  wrong usage

Examples:
  userpoint executions
  userpoint executions --store sqlite:./people.db --json`
    )
    .action((flags: ExecutionsFlags) => listExecutions(flags, stdout))
}
