/** `userpoint purge`: drops what deleted data left behind in a store's own files. */
import { Command } from 'commander'
import { engineFailure, Failure } from '../failure.ts'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { type StoreOptions, withEngine } from '../store.ts'

const purgeStore = async (flags: StoreOptions, stdout: Output): Promise<void> => {
  const purged = await withEngine(flags, 'existing', {}, (engine) => engine.purge()())
  if (purged._tag === 'Left') throw new Failure(engineFailure(purged.left))
  await stdout.write('nothing that was deleted is left in the files of the store\n')
}

export const purgeCommand = (stdout: Output): Command => {
  const command = new Command('purge')
    .summary("drop what deleted data left behind in a store's files")
    .description(
      'Drops the bytes that deleted data left behind in the files of a store. Imports and sweeps that delete do so at ' +
        'their end; this is for after one that could not, or that was killed.'
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
