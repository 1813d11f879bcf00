/** `userpoint import`: applies documents to a store, with a verdict for each line and a report for each document. */
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { createHash } from 'node:crypto'
import { type Engine, type ExecutionId, parseExecutionId } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type DocumentFlags, type Procedure, takeDocuments, workOnInputs } from '../documents.ts'
import { printable, wrongUsage } from '../failure.ts'
import { withInputs } from '../input.ts'
import type { Io } from '../io.ts'
import { anyText, once } from '../options.ts'
import type { Output } from '../output.ts'
import { thenPurge } from '../purging.ts'
import { settingsOf } from '../settings.ts'
import { withEngine } from '../store.ts'
import { defaultStore } from '../store-place.ts'
import {
  type ContinuedVerdictFile,
  continueVerdictFile,
  createVerdictFile,
  demandVerdictFile,
  type VerdictFile
} from '../verdict-file.ts'

interface ImportFlags extends DocumentFlags {
  readonly verdicts?: string
  readonly execution?: ExecutionId
  readonly acceptSettings?: true
}

const importing = (
  engine: Engine<DocumentType>,
  { type }: ImportFlags,
  verdictFile: VerdictFile | undefined
): Procedure => ({
  run: ({ read, options, file, onLines }) =>
    engine.importDocument(type, read, {
      ...options,
      onVerdicts: (verdicts) => onLines(verdicts.length, async () => verdictFile?.add(verdicts, file))
    }),
  done: 'committed',
  refusal: 'rejected as a whole, no line is applied',
  undone: 'not imported',
  heading: (title) => title,
  showsProgress: true
})

const sha256 = () => {
  const hash = createHash('sha256')
  return { update: (bytes: Uint8Array) => hash.update(bytes), digest: () => hash.digest('hex') }
}

const executing = (
  engine: Engine<DocumentType>,
  { type, acceptSettings }: ImportFlags,
  id: ExecutionId,
  verdictFile: ContinuedVerdictFile | undefined
): Procedure => ({
  run: ({ read, options, onLines }) => {
    let counted: number | undefined
    return engine.runExecution(id, type, read, {
      ...options,
      createHash: sha256,
      ...(acceptSettings && { otherSettings: 'accept' as const }),
      ...(verdictFile !== undefined && { verdictSink: verdictFile.sink }),
      onProgress: async ({ counts: { lines } }) => {
        // Do not count lines of earlier runs as progress.
        const more = counted === undefined ? 0 : lines - counted
        counted = lines
        await onLines(more, () => Promise.resolve())
      }
    })
  },
  done: 'committed',
  refusal: 'rejected as a whole, no line is applied',
  undone: 'not imported',
  refusesEmptyStream: true,
  remedy: 'run the same command again to continue',
  heading: (title) => `${title} (execution ${id})`,
  showsProgress: true
})

/** Returns the path of a file, which may not exist, with links in its folder resolved. */
const placeOf = async (path: string): Promise<string> =>
  join(await realpath(dirname(resolve(path))).catch(() => dirname(resolve(path))), basename(path))

const isSameFile = async (a: string, b: string): Promise<boolean> => {
  const [left, right] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)))
  if (left && right) return left.isFile() && left.dev === right.dev && left.ino === right.ino
  return (await placeOf(a)) === (await placeOf(b))
}

/** Returns an SQLite store's file, and the files that SQLite keeps beside it. */
const storeFiles = (path: string): ReadonlyArray<string> => ['', '-wal', '-shm', '-journal'].map((end) => path + end)

const executionId = (text: string): ExecutionId => {
  const id = parseExecutionId(text)
  if (id === undefined)
    throw new InvalidArgumentError('An execution id is 1 to 512 printable ASCII characters without spaces.')
  return id
}

/** Rejects a verdict file that is also an input, the settings, a key or part of the store, because an import overwrites it. */
const requireOwnFile = async (verdicts: string, flags: ImportFlags, paths: ReadonlyArray<string>): Promise<void> => {
  if (verdicts === '-') throw wrongUsage('--verdicts needs a file; standard output receives the report')
  const { store = defaultStore, config } = flags
  const { keyFile, documentKeys } = (await settingsOf(flags)).erasure
  const taken = [
    ...paths.filter((path) => path !== '-'),
    ...(store._tag === 'Sqlite' ? storeFiles(store.path) : []),
    ...[config, keyFile, documentKeys].filter((path) => path !== undefined)
  ]
  for (const path of taken) {
    if (await isSameFile(verdicts, path)) throw wrongUsage(`--verdicts would overwrite ${printable(path)}`)
  }
}

const requireOneExecution = (paths: ReadonlyArray<string>, { store = defaultStore }: ImportFlags): void => {
  if (paths.length > 1) throw wrongUsage('--execution takes one file; run one import per file, each with its own id')
  if (store._tag === 'Memory') throw wrongUsage('--execution needs a persistent store; memory: is discarded on exit')
}

interface Opened {
  readonly procedure: Procedure
  readonly verdictFile: { readonly close: () => Promise<void> } | undefined
}

const procedureOf = async (engine: Engine<DocumentType>, flags: ImportFlags): Promise<Opened> => {
  const { execution, verdicts } = flags
  if (execution !== undefined) {
    const verdictFile = verdicts === undefined ? undefined : continueVerdictFile(verdicts)
    return { procedure: executing(engine, flags, execution, verdictFile), verdictFile }
  }
  const verdictFile = verdicts === undefined ? undefined : await createVerdictFile(verdicts)
  return { procedure: importing(engine, flags, verdictFile), verdictFile }
}

const importAll = async (paths: ReadonlyArray<string>, flags: ImportFlags, io: Io, stdout: Output): Promise<number> => {
  if (flags.acceptSettings && flags.execution === undefined)
    throw wrongUsage('--accept-settings applies only to an import with --execution')
  if (flags.verdicts !== undefined) await requireOwnFile(flags.verdicts, flags, paths)
  if (flags.execution !== undefined) requireOneExecution(paths, flags)
  return withInputs(paths, io, async (inputs) => {
    // Before a line is applied. An execution needs the file for its first verdicts only.
    if (flags.verdicts !== undefined && flags.execution === undefined) await demandVerdictFile(flags.verdicts)
    return withEngine(flags, 'createByCommit', async (engine, settings) => {
      const { procedure, verdictFile } = await procedureOf(engine, flags)
      return thenPurge(engine, io, async (stop) => {
        try {
          return await workOnInputs(inputs, { procedure, flags, settings, io, stop, stdout })
        } finally {
          await verdictFile?.close()
        }
      })
    })
  })
}

/** @param end Receives the exit code. */
export const importCommand = (io: Io, stdout: Output, end: (code: number) => void): Command =>
  takeDocuments(
    new Command('import')
      .summary('apply documents to a store')
      .description(
        'Applies NDJSON documents to a store, line by line, and prints a report. Files are imported one after another, ' +
          'each as a separate document. The first line that is applied creates a missing store.'
      )
  )
    .addOption(
      new Option('--verdicts <FILE>', 'write the verdict on each command as a line of JSON to this file').argParser(
        once(anyText)
      )
    )
    .addOption(
      new Option(
        '--execution <ID>',
        'import one document exactly once; after an interruption, the same command continues where it stopped'
      ).argParser(once(executionId))
    )
    .option('--accept-settings', 'continue an execution although its earlier runs had other settings')
    .option('--json', 'print the report as one line of JSON for each document')
    .addHelpText(
      'after',
      `
Exit codes:
  0  ran to the end; lines may have been rejected
  1  the store, the input or an output failed
  2  wrong usage
  3  a document was rejected as a whole, with no line applied; or the execution
     was started with another input or other options, and nothing was imported

After SIGINT, SIGTERM or SIGHUP the program finishes the current batch. The exit code
is then 128 plus the signal's number.

Examples:
  userpoint import people.ndjson --type USER_PROFILE
  userpoint import erase.ndjson --type USER_POINTS_DELETION --verdicts verdicts.ndjson
  userpoint import people.ndjson --type USER_PROFILE --execution nightly-2026-05-01
  userpoint import people.ndjson.gz --type USER_PROFILE --json`
    )
    .action(async (paths: ReadonlyArray<string>, flags: ImportFlags) => {
      end(await importAll(paths, flags, io, stdout))
    })
