/** The program without its process: a command line in, an exit code out. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { exportCommand } from './commands/export.ts'
import { getCommand } from './commands/get.ts'
import { importCommand } from './commands/import.ts'
import { exitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import type { Io } from './io.ts'
import { createOutput, type Output } from './output.ts'

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { readonly version: string }).version
}

const widest = 100

/**
 * Runs the program.
 *
 * @param argv The arguments, without Node and the script.
 * @returns The exit code.
 */
export const run = async (argv: ReadonlyArray<string>, io: Io): Promise<number> => {
  const stdout = createOutput(io.stdout)
  const stderr = createOutput(io.stderr)
  const shown: Array<readonly [Output, string]> = []
  let code: number = exitCode.done

  const program = new Command('userpoint')
  const configure = (command: Command): Command =>
    command
      .exitOverride()
      .showHelpAfterError(`(userpoint ${command === program ? '' : `${command.name()} `}--help says more)`)
      .configureOutput({
        writeOut: (text) => shown.push([stdout, text]),
        writeErr: (text) => shown.push([stderr, text]),
        getOutHelpWidth: () => Math.min(io.stdout.columns ?? widest, widest),
        getErrHelpWidth: () => Math.min(io.stderr.columns ?? widest, widest)
      })
      .helpOption('-h, --help', 'show this help')

  const end = (ended: number): void => {
    code = ended
  }
  configure(program)
    .description('Keeps user points right: imports documents, exports people and looks them up.')
    .version(version(), '-V, --version', 'show the version')
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .addHelpText(
      'after',
      `
Examples:
  userpoint import people.ndjson --type USER_PROFILE
  userpoint get --account 1:person-107
  userpoint export > people.ndjson
  userpoint help import`
    )
  for (const command of [importCommand(io, stdout, end), exportCommand(stdout), getCommand(stdout)]) {
    program.addCommand(configure(command))
  }

  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) {
      for (const [output, text] of shown) await output.write(text)
      return error.exitCode === 0 ? exitCode.done : exitCode.usage
    }
    if (error instanceof Failure) {
      await stderr.write(`userpoint: ${error.message}\n`)
      return error.exitCode
    }
    // Its message may hold personal data, and its stack begins with the message.
    const name = error instanceof Error ? error.constructor.name : typeof error
    await stderr.write(`userpoint: ended by a mistake in userpoint itself (${name})\n`)
    return exitCode.failed
  }
}
