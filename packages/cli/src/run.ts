/** Runs the program: takes a command line, returns an exit code. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { accessCommand } from './commands/access.ts'
import { changesCommand } from './commands/changes.ts'
import { checkCommand } from './commands/check.ts'
import { configCommand } from './commands/config.ts'
import { eraseCommand } from './commands/erase.ts'
import { executionsCommand } from './commands/executions.ts'
import { explainCommand } from './commands/explain.ts'
import { exportCommand } from './commands/export.ts'
import { getCommand } from './commands/get.ts'
import { importCommand } from './commands/import.ts'
import { insiderCommand } from './commands/insider.ts'
import { purgeCommand } from './commands/purge.ts'
import { receiptsCommand } from './commands/receipts.ts'
import { restoreCommand } from './commands/restore.ts'
import { serveCommand } from './commands/serve.ts'
import { suppressionsCommand } from './commands/suppressions.ts'
import { sweepCommand } from './commands/sweep.ts'
import { exitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import type { Io } from './io.ts'
import { createOutput, type Output } from './output.ts'

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { readonly version: string }).version
}

const widest = 100

/** Removes what is quoted between two texts: from the first opening quote to the last closing one. */
const withoutQuoted = (text: string, before: string, after: string): string => {
  const start = text.indexOf(`${before} '`)
  const end = text.lastIndexOf(`'${after}`)
  const from = start + before.length
  return start === -1 || end < from + 2 ? text : text.slice(0, from) + text.slice(end + 1)
}

/** Removes the wrong argument from commander's message, since it may be personal data. */
const withoutValues = (text: string): string =>
  withoutQuoted(withoutQuoted(text, 'argument', ' is invalid'), 'unknown command', '')

/** Writes a last message; returns `false` if the stream is broken. */
const say = async (output: Output, text: string): Promise<boolean> => {
  try {
    await output.write(text)
    return true
  } catch {
    return false
  }
}

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
  /** @param names The names of the command and of its parents. */
  const configure = (command: Command, ...names: ReadonlyArray<string>): Command => {
    for (const inner of command.commands) configure(inner, ...names, inner.name())
    return command
      .exitOverride()
      .showHelpAfterError(`(run ${['userpoint', ...names, '--help'].join(' ')} for help)`)
      .configureOutput({
        writeOut: (text) => shown.push([stdout, text]),
        writeErr: (text) => shown.push([stderr, text]),
        outputError: (text, write) => write(withoutValues(text)),
        getOutHelpWidth: () => Math.min(io.stdout.columns ?? widest, widest),
        getErrHelpWidth: () => Math.min(io.stderr.columns ?? widest, widest)
      })
      .helpOption('-h, --help', 'show this help')
  }

  const end = (ended: number): void => {
    code = ended
  }
  configure(program)
    .description('Imports documents into a store of user points, previews their changes, and looks people up.')
    .version(version(), '-V, --version', 'show the version')
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .addHelpText(
      'after',
      `
Examples:
  userpoint import people.ndjson --type USER_PROFILE
  userpoint explain erase.ndjson --type USER_POINTS_DELETION
  userpoint get --account 1:person-107
  userpoint export > people.ndjson
  userpoint help import`
    )
  const commands = [
    importCommand(io, stdout, end),
    changesCommand(io, stdout),
    configCommand(stdout),
    executionsCommand(stdout),
    explainCommand(io, stdout, end),
    exportCommand(stdout),
    getCommand(stdout),
    accessCommand(stdout),
    restoreCommand(io, stdout, end),
    insiderCommand(io, stdout, end),
    eraseCommand(io, stdout),
    suppressionsCommand(io, stdout),
    receiptsCommand(io, stdout),
    sweepCommand(io, stdout, end),
    purgeCommand(stdout),
    checkCommand(stdout, end),
    serveCommand(io, end)
  ]
  for (const command of commands) program.addCommand(configure(command, command.name()))

  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) {
      let said = true
      for (const [output, text] of shown) said = (await say(output, text)) && said
      if (error.exitCode !== 0) return exitCode.usage
      return said ? exitCode.done : exitCode.failed
    }
    if (error instanceof Failure) {
      await say(stderr, `userpoint: ${error.message}\n`)
      return error.exitCode
    }
    // The message may hold personal data, and the stack starts with the message.
    const name = error instanceof Error ? error.constructor.name : typeof error
    await say(stderr, `userpoint: internal error in userpoint (${name}); please report it\n`)
    return exitCode.failed
  }
}
