/** `userpoint config`: checks and prints the settings of a datamart. */
import { completeSettings, printSettings, settingsDigest } from '@userpoint/settings'
import { Command } from 'commander'
import { Failure, printable } from '../failure.ts'
import { configOption } from '../options.ts'
import type { Output } from '../output.ts'
import { settingsFile } from '../given-settings.ts'
import { settingsOf } from '../settings.ts'
import type { SettingsFlags } from '../settings-flags.ts'
import { maxRejectedOption, policyOptions } from '../settings-options.ts'

const checkAll = async (paths: ReadonlyArray<string>, stdout: Output): Promise<void> => {
  const faults: Failure[] = []
  for (const path of paths) {
    try {
      const settings = completeSettings(await settingsFile(path))
      await stdout.write(`${printable(path)}: valid; digest ${settingsDigest(settings)}\n`)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      faults.push(error)
    }
  }
  const [first, ...others] = faults
  if (first === undefined) return
  const code = Math.min(...faults.map((fault) => fault.exitCode))
  throw new Failure([first, ...others].map(({ message }) => message).join('\nuserpoint: '), code)
}

const exitCodes = `
Exit codes:
  0  the settings are valid
  1  a file or an output failed
  2  wrong usage, or wrong settings`

const checkCommand = (stdout: Output): Command =>
  new Command('check')
    .summary('say what is wrong with files of settings')
    .description(
      'Checks files of settings. Each wrong setting is named by its path, with what was expected and a stable code. Says ' +
        'the digest of valid settings, which executions record.'
    )
    .argument('<FILE...>', 'the settings, as JSON')
    .addHelpText('after', `${exitCodes}\n\nExamples:\n  userpoint config check userpoint.json`)
    .action((paths: ReadonlyArray<string>) => checkAll(paths, stdout))

const printCommand = (stdout: Output): Command => {
  const command = new Command('print')
    .summary('print settings with every default')
    .description(
      'Prints the settings that a command with the same options has, as JSON: every default is shown, and *** in the place ' +
        'of each token.'
    )
  for (const option of [configOption(), ...policyOptions(), maxRejectedOption()]) command.addOption(option)
  return command
    .addHelpText(
      'after',
      `${exitCodes}

Examples:
  userpoint config print
  userpoint config print --config userpoint.json --arrays union`
    )
    .action(async (flags: SettingsFlags) => {
      await stdout.write(`${printSettings(await settingsOf(flags))}\n`)
    })
}

export const configCommand = (stdout: Output): Command =>
  new Command('config')
    .summary('check and print the settings of a datamart')
    .description('Checks and prints the settings of a datamart, which all commands read with --config.')
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .addCommand(checkCommand(stdout))
    .addCommand(printCommand(stdout))
