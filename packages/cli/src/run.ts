/** Runs the program: takes a command line, returns an exit code. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { exitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import type { Io } from './io.ts'
import { createOutput, type Output } from './output.ts'
import { prepareSettingsOptions } from './settings-options.ts'

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { readonly version: string }).version
}

/** The streams of a run, and its end. */
interface Surroundings {
  readonly io: Io
  readonly stdout: Output
  /** Receives the exit code. */
  readonly end: (code: number) => void
}

type Maker = (surroundings: Surroundings) => Promise<Command>

/** The commands, in the order of the help. Each has a module of its own, since all together load for half a second. */
const makers: Readonly<Record<string, Maker>> = {
  import: async ({ io, stdout, end }) => (await import('./commands/import.ts')).importCommand(io, stdout, end),
  changes: async ({ io, stdout }) => (await import('./commands/changes.ts')).changesCommand(io, stdout),
  config: async ({ stdout }) => (await import('./commands/config.ts')).configCommand(stdout),
  executions: async ({ stdout }) => (await import('./commands/executions.ts')).executionsCommand(stdout),
  explain: async ({ io, stdout, end }) => (await import('./commands/explain.ts')).explainCommand(io, stdout, end),
  export: async ({ stdout }) => (await import('./commands/export.ts')).exportCommand(stdout),
  get: async ({ stdout }) => (await import('./commands/get.ts')).getCommand(stdout),
  access: async ({ stdout }) => (await import('./commands/access.ts')).accessCommand(stdout),
  restore: async ({ io, stdout, end }) => (await import('./commands/restore.ts')).restoreCommand(io, stdout, end),
  insider: async ({ io, stdout, end }) => (await import('./commands/insider.ts')).insiderCommand(io, stdout, end),
  erase: async ({ io, stdout }) => (await import('./commands/erase.ts')).eraseCommand(io, stdout),
  suppressions: async ({ io, stdout }) => (await import('./commands/suppressions.ts')).suppressionsCommand(io, stdout),
  receipts: async ({ io, stdout }) => (await import('./commands/receipts.ts')).receiptsCommand(io, stdout),
  sweep: async ({ io, stdout, end }) => (await import('./commands/sweep.ts')).sweepCommand(io, stdout, end),
  purge: async ({ stdout }) => (await import('./commands/purge.ts')).purgeCommand(stdout),
  check: async ({ stdout, end }) => (await import('./commands/check.ts')).checkCommand(stdout, end),
  serve: async ({ io, end }) => (await import('./commands/serve.ts')).serveCommand(io, end)
}

/** Returns what a command line needs: the command that it names, none for the version, all for other help and for mistakes. */
const makersFor = ([first = '', second = '']: ReadonlyArray<string>): ReadonlyArray<Maker> => {
  const name = first === 'help' ? second : first
  const named = Object.hasOwn(makers, name) ? makers[name] : undefined
  if (named !== undefined) return [named]
  return first === '-V' || first === '--version' ? [] : Object.values(makers)
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
  const surroundings = { io, stdout, end }
  const commands = await Promise.all(makersFor(argv).map((make) => make(surroundings)))
  for (const command of commands) program.addCommand(configure(command, command.name()))

  try {
    await prepareSettingsOptions(argv)
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
