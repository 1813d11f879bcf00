/** `userpoint purge`: removes the bytes of deleted data from a store's files. */
import { Command } from 'commander'
import { Failure } from '../failure.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { purgeText } from '../purging.ts'
import { type StoreOptions, withEngine } from '../store.ts'

const purgeStore = async (flags: StoreOptions, stdout: Output): Promise<void> => {
  // The operator wants it now, also after a killed process, and for data that was overwritten.
  const purged = await withEngine(flags, 'existing', (engine) => engine.purge({ when: 'always' }))
  if (purged._tag === 'Left' || purged.right._tag === 'AtWork') throw new Failure(purgeText(purged) ?? '')
  await stdout.write("purged: the store's files hold no deleted data\n")
}

export const purgeCommand = (stdout: Output): Command => {
  const command = new Command('purge')
    .summary("remove the bytes of deleted data from a store's files")
    .description(
      'Removes the bytes of deleted data from the files of a store. Commands that delete do this before they end; ' +
        'run it after one that could not, or was killed.'
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `
Exit codes:
  0  purged
  1  the store failed, or is in use
  2  wrong usage

Examples:
  userpoint purge --store sqlite:./people.db`
    )
    .action((flags: StoreOptions) => purgeStore(flags, stdout))
}
