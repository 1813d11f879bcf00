/** `userpoint purge`: removes the bytes of deleted data from a store's files. */
import { Command } from 'commander'
import { engineFailure, Failure } from '../failure.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { type StoreOptions, withEngine } from '../store.ts'

const purgeStore = async (flags: StoreOptions, stdout: Output): Promise<void> => {
  const purged = await withEngine(flags, 'existing', {}, (engine) => engine.purge())
  if (purged._tag === 'Left') throw new Failure(engineFailure(purged.left))
  await stdout.write("purged: the store's files hold no deleted data\n")
}

export const purgeCommand = (stdout: Output): Command => {
  const command = new Command('purge')
    .summary("remove the bytes of deleted data from a store's files")
    .description(
      'Removes the bytes of deleted data from the files of a store. Imports and sweeps that delete do this at their end; ' +
        'run it after one that failed or was killed.'
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
