/** `userpoint suppressions`: lists what is suppressed, and lifts suppressions. */
import { Command } from 'commander'
import { exitCode } from '../exit-code.ts'
import { Failure, unreadable, wrongUsage } from '../failure.ts'
import type { Io } from '../io.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { demandOne, type Selectors, selectorOptions } from '../selectors.ts'
import { policyOptions } from '../settings-options.ts'
import { demandKey, type StoreOptions, withReceipts } from '../store.ts'
import { performOne } from './erase.ts'

const list = (flags: StoreOptions, stdout: Output): Promise<void> =>
  withReceipts(flags, 'readOnly', async (receipts) => {
    try {
      for await (const { claim, since } of receipts.suppressions()) {
        if (!(await stdout.write(`${JSON.stringify({ claim, since_ts: since })}\n`))) return
      }
    } catch (error) {
      throw unreadable(error)
    }
  })

const lift = async (flags: Selectors & StoreOptions, io: Io, stdout: Output): Promise<void> => {
  demandOne(flags)
  await demandKey(flags)
  const verdict = await performOne(flags, io, (who) => {
    if (who._tag === 'UserPoint' || who._tag === 'DevicePoint' || who._tag === 'AnyOf')
      throw wrongUsage('only an account, an e-mail hash or a technical id can be suppressed')
    return { _tag: 'LiftSuppression', identifiers: [who] }
  })
  if (verdict._tag !== 'Applied') throw new Failure('this identifier is not suppressed', exitCode.notFound)
  await stdout.write('lifted: the identifier may come back\n')
}

const listCommand = (stdout: Output): Command => {
  const command = new Command('list')
    .summary('print the suppressions of a store')
    .description(
      'Prints the suppressions of a store as NDJSON: a keyed digest of the identifier, which does not tell it, and since when.'
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addHelpText('after', '\nExamples:\n  userpoint suppressions list --key-file people.key | wc -l')
    .action((flags: StoreOptions) => list(flags, stdout))
}

const liftCommand = (io: Io, stdout: Output): Command => {
  const command = new Command('lift')
    .summary('let a suppressed identifier come back')
    .description('Lifts the suppression of one identifier, so that it may come back, and leaves a receipt of that.')
  for (const option of [...selectorOptions(), ...storeOptions(), ...policyOptions()]) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `
Exit codes:
  0  lifted
  1  the store failed
  2  wrong usage
  4  the identifier is not suppressed

Examples:
  userpoint suppressions lift --email-hash 9f86d081 --key-file people.key`
    )
    .action((flags: Selectors & StoreOptions) => lift(flags, io, stdout))
}

export const suppressionsCommand = (io: Io, stdout: Output): Command =>
  new Command('suppressions')
    .summary('list what is suppressed, and lift suppressions')
    .description(
      'Lists the suppressed identifiers of a store, and lifts suppressions. It needs the key of the datamart.'
    )
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .addCommand(listCommand(stdout))
    .addCommand(liftCommand(io, stdout))
    .addHelpText(
      'after',
      `
Examples:
  userpoint suppressions list --key-file people.key
  userpoint suppressions lift --email-hash 9f86d081 --key-file people.key`
    )
