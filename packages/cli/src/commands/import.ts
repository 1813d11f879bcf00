/** `userpoint import`: documents into a store, one verdict a line, one report a document. */
import { stat } from 'node:fs/promises'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import {
  type DocumentType,
  documentTypes,
  type Engine,
  type FramingMode,
  type ImportFailure,
  type ImportReport,
  type JobRejection,
  parseDocumentType,
  type Policies
} from '@userpoint/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import { exitCode } from '../exit-code.ts'
import { Failure, printable, reasonOf, wrongUsage } from '../failure.ts'
import { closeInputs, type Content, type Input, openInputs } from '../input.ts'
import type { Io, StopSignal } from '../io.ts'
import {
  anyText,
  type CompartmentOptions,
  defaultCompartmentOption,
  once,
  oneOf,
  storeOptions,
  wholeNumber
} from '../options.ts'
import type { Output } from '../output.ts'
import { createProgress } from '../progress.ts'
import { reportLine } from '../report-line.ts'
import { grouped, reportTable, someLines } from '../report-table.ts'
import { defaultStore, type StoreOptions, withEngine } from '../store.ts'
import { createVerdictFile, type VerdictFile } from '../verdict-file.ts'

interface ImportFlags extends StoreOptions, CompartmentOptions {
  readonly type: DocumentType
  readonly framing?: FramingMode
  readonly arrays?: Policies['arrays']
  readonly verdicts?: string
  readonly json?: true
  readonly linesPerUnit?: number
}

/** What ends an import before its end on purpose. */
class Stopped extends Error {
  readonly signal: StopSignal

  constructor(signal: StopSignal) {
    super(signal)
    this.signal = signal
  }
}

/** What became of one document: how it ended for the shell, and what there is to say about that. */
interface Outcome {
  readonly code: number
  readonly problem?: string
  readonly report?: ImportReport
}

const howFar = ({ lines, lastLine }: ImportReport): string =>
  lines === 0
    ? 'nothing of it is committed'
    : `${grouped(lines)} ${lines === 1 ? 'line is' : 'lines are'} committed, the last of them line ${lastLine}`

const jobReasons: Readonly<Record<JobRejection['code'], string>> = {
  INVALID_UTF8: 'it is not UTF-8 text',
  UNSUPPORTED_SYSTEM_VERSION: 'the datamart is too old for this document type',
  DEVICE_POINT_NOT_ALLOWED: 'device point ids (udp:) are not allowed in this document type'
}

const rejectedAsAWhole = ({ code, lines }: JobRejection): string => {
  const where = lines.length === 0 ? '' : `, ${someLines(lines)}`
  return `rejected as a whole, nothing of it is applied: ${jobReasons[code]} (${code})${where}`
}

const whyItFailed = ({ error, report }: ImportFailure, linesPerUnit: number): string => {
  switch (error._tag) {
    case 'InputFailed':
      return `the input cannot be read: ${reasonOf(error.cause)}; ${howFar(report)}`
    case 'StoreFailed':
      return `the store failed: ${reasonOf(error.cause)}; ${howFar(report)}`
    case 'Contention':
      return `other writers kept changing the same user points (${error.attempts} attempts); ${howFar(report)}`
    case 'Indeterminate': {
      const more = `up to ${grouped(linesPerUnit)} more may be`
      return `the store failed: ${reasonOf(error.cause)}; ${howFar(report)}, and ${more}`
    }
    case 'PurgeFailed':
      return `what was deleted may still be in the store's files: ${reasonOf(error.cause)}; ${howFar(report)}`
  }
}

const stoppedBy = (reason: unknown, report: ImportReport | undefined): Outcome => {
  const committed = report === undefined ? 'nothing of it is committed' : howFar(report)
  if (reason instanceof Stopped) {
    const code = 128 + constants.signals[reason.signal]
    return { code, problem: `stopped by ${reason.signal}; ${committed}`, ...(report && { report }) }
  }
  const cause = reason instanceof Failure ? reason.message : reasonOf(reason)
  return { code: exitCode.failed, problem: `${cause}; ${committed}`, ...(report && { report }) }
}

interface Job {
  readonly engine: Engine
  readonly flags: ImportFlags
  readonly io: Io
  readonly stop: AbortController
  readonly verdictFile: VerdictFile | undefined
  /** Whether there are several documents, so that what is said of one must name it. */
  readonly several: boolean
}

const importContent = async (
  input: Input,
  content: Content,
  job: Job
): Promise<Outcome & { readonly seconds: number }> => {
  const { engine, flags, io, stop, verdictFile, several } = job
  const { linesPerUnit = 1_000, framing = 'lenient' } = flags
  const progress = createProgress({ stream: io.stderr, title: input.title, size: content.size, plain: !flags.json })
  const startedAt = performance.now()
  let readings = 0

  const read = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    readings++
    // The first reading only checks: nothing is in flight that would have to be finished.
    const mayStop = readings === 1
    for await (const piece of progress.watch(content.read())) {
      if (mayStop) stop.signal.throwIfAborted()
      yield piece
    }
  }

  try {
    const result = await engine.importDocument(flags.type, read, {
      framing,
      linesPerUnit,
      signal: stop.signal,
      onVerdicts: async (verdicts) => {
        progress.add(verdicts.length)
        try {
          await verdictFile?.add(verdicts, several ? input.name : undefined)
        } catch (error) {
          // To stop is better than to throw: the engine then leaves the store as after any import.
          stop.abort(error)
        }
        // A store that answers at once leaves no room for signals.
        await setImmediate()
      }
    })()
    const seconds = (performance.now() - startedAt) / 1_000
    if (result._tag === 'Left') {
      const { error, report } = result.left
      if (error._tag === 'InputFailed' && error.cause === stop.signal.reason) {
        return { ...stoppedBy(error.cause, { ...report, status: 'Stopped' }), seconds }
      }
      return { code: exitCode.failed, problem: whyItFailed(result.left, linesPerUnit), report, seconds }
    }
    const report = result.right
    // The verdict file may also fail in the very last unit of work.
    if (report.status === 'Stopped' || stop.signal.reason instanceof Failure) {
      return { ...stoppedBy(stop.signal.reason, report), seconds }
    }
    if (report.jobRejection !== undefined) {
      return { code: exitCode.jobRejected, problem: rejectedAsAWhole(report.jobRejection), report, seconds }
    }
    return { code: exitCode.done, report, seconds }
  } finally {
    progress.stop()
  }
}

const contentOf = async (input: Input, signal: AbortSignal): Promise<Content | Outcome> => {
  try {
    return await input.content(signal)
  } catch (error) {
    if (signal.aborted) return stoppedBy(signal.reason, undefined)
    return { code: exitCode.failed, problem: `the input cannot be read: ${reasonOf(error)}` }
  }
}

const importInput = async (input: Input, job: Job, stdout: Output): Promise<number> => {
  const { flags, io, several, stop } = job
  const say = (problem: string | undefined): void => {
    if (problem !== undefined) io.stderr.write(`userpoint: ${input.title}: ${problem}\n`)
  }
  const content = await contentOf(input, stop.signal)
  if ('code' in content) {
    say(content.problem)
    return content.code
  }
  const { code, problem, report, seconds } = await importContent(input, content, job)
  if (report !== undefined) {
    await stdout.write(
      flags.json
        ? `${reportLine(report, seconds, several ? input.name : undefined)}\n`
        : `${reportTable(report, seconds, input.title)}\n`
    )
  }
  say(problem)
  return code
}

/** Imports one input after the other; what cannot end well for the next one either ends them all. */
const importInputs = async (inputs: ReadonlyArray<Input>, job: Job, stdout: Output): Promise<number> => {
  let worst: number = exitCode.done
  for (const [at, input] of inputs.entries()) {
    const code = await importInput(input, job, stdout)
    if (code === exitCode.done) continue
    worst = code
    if (code === exitCode.jobRejected) continue
    const left = inputs.slice(at + 1).map((each) => each.title)
    if (left.length > 0) job.io.stderr.write(`userpoint: not imported: ${left.join(', ')}\n`)
    break
  }
  return worst
}

const isSameFile = async (a: string, b: string): Promise<boolean> => {
  const [left, right] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)))
  return left && right ? left.isFile() && left.dev === right.dev && left.ino === right.ino : resolve(a) === resolve(b)
}

/** The verdict file is emptied first, so that it may be nothing that is still needed. */
const requireOwnFile = async (verdicts: string, flags: ImportFlags, paths: ReadonlyArray<string>): Promise<void> => {
  if (verdicts === '-') throw wrongUsage('--verdicts needs a file: standard output is for the report')
  const { store = defaultStore } = flags
  const taken = [...paths.filter((path) => path !== '-'), ...(store._tag === 'Sqlite' ? [store.path] : [])]
  for (const path of taken) {
    if (await isSameFile(verdicts, path)) throw wrongUsage(`--verdicts would overwrite ${printable(path)}`)
  }
}

const importAll = async (paths: ReadonlyArray<string>, flags: ImportFlags, io: Io, stdout: Output): Promise<number> => {
  if (paths.filter((path) => path === '-').length > 1) throw wrongUsage('standard input (-) can be read once')
  if (flags.verdicts !== undefined) await requireOwnFile(flags.verdicts, flags, paths)
  const policies: Partial<Policies> = {
    ...(flags.arrays !== undefined && { arrays: flags.arrays }),
    ...(flags.defaultCompartment !== undefined && { defaultCompartment: flags.defaultCompartment })
  }
  const inputs = await openInputs(paths, () => io.stdin)
  try {
    return await withEngine(flags, 'create', policies, async (engine) => {
      const verdictFile = flags.verdicts === undefined ? undefined : await createVerdictFile(flags.verdicts)
      const stop = new AbortController()
      const stopListening = io.onStop((signal) => stop.abort(new Stopped(signal)))
      try {
        return await importInputs(inputs, { engine, flags, io, stop, verdictFile, several: inputs.length > 1 }, stdout)
      } finally {
        stopListening()
        await verdictFile?.close()
      }
    })
  } finally {
    await closeInputs(inputs)
  }
}

const documentType = (text: string): DocumentType => {
  const type = parseDocumentType(text)
  if (type === undefined) throw new InvalidArgumentError(`It is one of: ${documentTypes.join(', ')}.`)
  return type
}

/** @param end Is told the exit code. */
export const importCommand = (io: Io, stdout: Output, end: (code: number) => void): Command => {
  const command = new Command('import')
    .summary('apply documents to a store')
    .description(
      'Applies NDJSON documents to a store, line by line, and reports what became of the lines. Files are imported one ' +
        'after the other, each as a document of its own. A store that does not exist is created.'
    )
    .argument('<FILE...>', 'the documents; - is standard input')
    .addOption(
      new Option('--type <TYPE>', `what the lines are: ${documentTypes.join(', ')}`)
        .argParser(once(documentType))
        .makeOptionMandatory()
    )
  for (const option of storeOptions()) command.addOption(option)
  return command
    .addOption(defaultCompartmentOption())
    .addOption(
      new Option(
        '--framing <MODE>',
        'lenient: values may span lines; strict: one value a line (default: lenient)'
      ).argParser(once(oneOf<FramingMode>(['lenient', 'strict'])))
    )
    .addOption(
      new Option(
        '--arrays <POLICY>',
        'how a deep merge joins arrays: concat keeps all, union adds what is not there (default: concat)'
      ).argParser(once(oneOf<Policies['arrays']>(['concat', 'union'])))
    )
    .addOption(
      new Option('--verdicts <FILE>', 'write one line of JSON for each command to this file').argParser(once(anyText))
    )
    .addOption(
      new Option(
        '--lines-per-unit <N>',
        'how many lines are committed at a time; never shows in the result (default: 1000)'
      ).argParser(once(wholeNumber(1_000_000)))
    )
    .option('--json', 'print the report as one line of JSON for each document')
    .addHelpText(
      'after',
      `
Exit codes:
  0  ran to the end; lines may have been rejected
  1  the store, the input or an output failed
  2  wrong usage
  3  a document was rejected as a whole, and nothing of it was applied

SIGINT, SIGTERM and SIGHUP finish the lines that are being committed; the exit code is
then 128 and the signal's number.

Examples:
  userpoint import people.ndjson --type USER_PROFILE
  userpoint import erase.ndjson --type USER_POINTS_DELETION --verdicts verdicts.ndjson
  gunzip -c people.ndjson.gz | userpoint import - --type USER_PROFILE --json`
    )
    .action(async (paths: ReadonlyArray<string>, flags: ImportFlags) => {
      end(await importAll(paths, flags, io, stdout))
    })
}
