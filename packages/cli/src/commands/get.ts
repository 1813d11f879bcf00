/** `userpoint get`: prints one user point, found by an identifier or by its id. */
import { encodeUserPoint } from '@userpoint/core/mediarithmics'
import { Command } from 'commander'
import { storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { demandOne, selectOne, selectorOptions, type Selectors } from '../selectors.ts'
import { policyOptions } from '../settings-options.ts'
import { type StoreOptions, withEngine } from '../store.ts'

const get = async (options: Selectors & StoreOptions, stdout: Output): Promise<void> => {
  demandOne(options)
  const found = await withEngine(options, 'existing', (engine) => selectOne(options, engine))
  await stdout.write(`${JSON.stringify(encodeUserPoint(found), null, 2)}\n`)
}

export const getCommand = (stdout: Output): Command => {
  const command = new Command('get')
    .summary('print one user point as JSON')
    .description(
      'Prints the user point that has the given identifier, as indented JSON. Exits with code 4 if no user point has it.'
    )
    .addHelpText(
      'after',
      `
If an account id itself begins with digits and a colon, put its compartment before it:
0:12:abc is the account 12:abc in compartment 0; 12:abc is the account abc in compartment 12.

Examples:
  userpoint get --account person-107
  userpoint get --account 1:person-107 --store sqlite:./people.db
  userpoint get --user-agent vec:396591176325`
    )
    .action((options: Selectors & StoreOptions) => get(options, stdout))
  for (const option of [...selectorOptions(), ...storeOptions(), ...policyOptions()]) command.addOption(option)
  return command
}
