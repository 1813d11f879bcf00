/** `userpoint access`: prints everything about one person, for the person. */
import { accessFileOf, accessPageOf } from '@userpoint/core/user-point'
import { Command, Option } from 'commander'
import { oneOf, once, storeOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { demandOne, selectOne, selectorOptions, type Selectors } from '../selectors.ts'
import { policyOptions } from '../settings-options.ts'
import { type StoreOptions, withEngine } from '../store.ts'

interface AccessFlags extends Selectors, StoreOptions {
  readonly as?: 'json' | 'html'
}

const access = async (flags: AccessFlags, stdout: Output): Promise<void> => {
  demandOne(flags)
  const found = await withEngine(flags, 'existing', (engine) => selectOne(flags, engine))
  const file = accessFileOf(found, Date.now())
  await stdout.write(flags.as === 'html' ? accessPageOf(file) : `${JSON.stringify(file, null, 2)}\n`)
}

export const accessCommand = (stdout: Output): Command => {
  const command = new Command('access')
    .summary('print everything about one person, for the person')
    .description(
      'Prints everything that is kept about one person, with the times of identifiers and merges: as JSON of a fixed shape, or ' +
        'as a page to read. Exits with code 4 if no user point has the identifier.'
    )
    .addOption(
      new Option('--as <FORM>', 'json, or html: a page without scripts (default: json)').argParser(
        once(oneOf(['json', 'html'] as const))
      )
    )
    .addHelpText(
      'after',
      `
Examples:
  userpoint access --account person-107 > person-107.json
  userpoint access --email-hash 9f86d081 --as html > person.html`
    )
    .action((flags: AccessFlags) => access(flags, stdout))
  for (const option of [...selectorOptions(), ...storeOptions(), ...policyOptions()]) command.addOption(option)
  return command
}
