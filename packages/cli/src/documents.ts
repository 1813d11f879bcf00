/** Processes the documents named on a command line one after another, and prints a report for each. */
import { setImmediate } from 'node:timers/promises'
import type {
  ExecutionFailure,
  ExecutionRefused,
  ExecutionReport,
  FramingMode,
  ImportFailure,
  ImportReport,
  JobRejection,
  ReadingOptions
} from '@userpoint/core'
import { type DocumentType, documentTypes, parseDocumentType } from '@userpoint/core/mediarithmics'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { exitCode } from './exit-code.ts'
import { engineFailure, Failure, reasonOf } from './failure.ts'
import type { Content, Input } from './input.ts'
import type { Io } from './io.ts'
import { once, oneOf, storeOptions, wholeNumber } from './options.ts'
import type { Output } from './output.ts'
import { createProgress } from './progress.ts'
import { reportLine } from './report-line.ts'
import { grouped, reportTable, someLines } from './report-table.ts'
import { maxRejectedOption, policyOptions } from './settings-options.ts'
import { ReaderGone, Stopped } from './stopping.ts'
import type { StoreOptions } from './store.ts'
import type { CompleteSettings } from '@userpoint/settings'

export interface DocumentFlags extends StoreOptions {
  readonly type: DocumentType
  readonly framing?: FramingMode
  readonly json?: true
  readonly linesPerUnit?: number
}

/** A document to process, with its options. */
export interface OpenDocument {
  readonly read: () => AsyncIterable<Uint8Array>
  readonly options: ReadingOptions
  /** The name of its input, if there are several inputs. */
  readonly file: string | undefined
  /** Counts lines that have a verdict, then calls `pass`. If `pass` throws, the document stops after the current batch. */
  readonly onLines: (count: number, pass: () => Promise<void>) => Promise<void>
}

type DocumentReport = ImportReport | ExecutionReport
type DocumentFailure = ImportFailure | ExecutionFailure

/** An operation on documents, with the words for its messages. */
export interface Procedure {
  /** Runs the operation; rejects only with a {@link Failure}. */
  readonly run: (
    document: OpenDocument
  ) => Promise<
    | { readonly _tag: 'Left'; readonly left: DocumentFailure }
    | { readonly _tag: 'Right'; readonly right: DocumentReport }
  >
  /** The participle for processed lines, as in "12 lines committed". */
  readonly done: 'committed' | 'explained'
  /** The start of the message about a rejected document. */
  readonly refusal: string
  /** The start of the message that lists documents that were not processed. */
  readonly undone: 'not imported' | 'not explained'
  /** `true`: a stream without a byte is refused, because the document counts once and for all. */
  readonly refusesEmptyStream?: true
  /** The advice after an interrupted document. */
  readonly remedy?: string
  /** Returns the heading of a document's report. */
  readonly heading: (title: string) => string
  /** `false` if the terminal already shows the output. */
  readonly showsProgress: boolean
}

/** The result of one document: exit code, message and report. */
interface Outcome {
  readonly code: number
  readonly problem?: string
  readonly report?: DocumentReport
}

export interface Job {
  readonly procedure: Procedure
  readonly flags: DocumentFlags
  readonly settings: CompleteSettings
  readonly io: Io
  readonly stop: AbortController
  readonly stdout: Output
}

const progressText = ({ done, remedy }: Procedure, report: ImportReport | undefined): string => {
  const advice = remedy === undefined ? '' : `; ${remedy}`
  if (report === undefined || report.lines === 0) return `no line ${done}${advice}`
  const { lines, lastLine } = report
  return `${grouped(lines)} ${lines === 1 ? 'line' : 'lines'} ${done}, up to line ${lastLine}${advice}`
}

const jobReasons: Readonly<Partial<Record<JobRejection['code'], string>>> = {
  INVALID_UTF8: 'it is not UTF-8 text',
  UTF_16: 'it is UTF-16 text; save it as UTF-8',
  TOO_MANY_REJECTED: 'more lines are wrong than --max-rejected allows',
  UNSUPPORTED_SYSTEM_VERSION: 'the datamart is too old for this document type',
  DEVICE_POINT_NOT_ALLOWED: 'device point ids (udp:) are not allowed in this document type'
}

const jobRejectionText = ({ code, count, lines }: JobRejection, refusal: string): string => {
  const where = lines.length === 0 ? '' : `, ${someLines(lines, count)}`
  return `${refusal}: ${jobReasons[code] ?? 'one of its lines rejects the whole document'} (${code})${where}`
}

const refusals: Readonly<Record<ExecutionRefused['code'], string>> = {
  OTHER_TYPE: 'with another --type',
  OTHER_FRAMING: 'with another --framing',
  OTHER_SETTINGS: 'with other settings; --accept-settings continues with those of this run',
  OTHER_INPUT: 'with another input',
  OTHER_VERDICTS: 'with --verdicts and this run has none, or without it'
}

/** Names the lines whose commit is uncertain; an execution settles them when it resumes. */
const uncertainText = (failure: DocumentFailure): string => {
  if (!('uncertain' in failure)) return ''
  const { uncertain } = failure
  return uncertain === 1
    ? '; the next line may be committed too'
    : `; the next ${grouped(uncertain)} lines may be committed too`
}

const failureText = (failure: DocumentFailure, { procedure }: Job): string => {
  const { error, report } = failure
  const progress = progressText(procedure, report)
  switch (error._tag) {
    case 'InputFailed':
      return `the input cannot be read: ${reasonOf(error.cause)}; ${progress}`
    case 'ExecutionRefused':
      return `the execution was started ${refusals[error.code]} (${error.code}); nothing is imported; repeat the original command, or choose a new --execution id`
    case 'ExecutionSuperseded':
      return 'another process has taken over this execution; this run stops'
    case 'Indeterminate':
      return `${engineFailure(error)}; ${progress}${uncertainText(failure)}`
    default:
      return `${engineFailure(error)}; ${progress}`
  }
}

const stoppedBy = (reason: unknown, report: DocumentReport | undefined, { procedure }: Job): Outcome => {
  if (reason instanceof ReaderGone) return { code: exitCode.done }
  const shown = report && { report }
  if (reason instanceof Stopped) {
    return {
      code: reason.exitCode,
      problem: `stopped by ${reason.signal}; ${progressText(procedure, report)}`,
      ...shown
    }
  }
  const cause = reason instanceof Failure ? reason.message : reasonOf(reason)
  return { code: exitCode.failed, problem: `${cause}; ${progressText(procedure, report)}`, ...shown }
}

const workOn = async (
  input: Input,
  content: Content,
  job: Job,
  file: string | undefined
): Promise<Outcome & { readonly seconds: number }> => {
  const { procedure, flags, settings, io, stop } = job
  const { linesPerUnit, framing = 'lenient' } = flags
  const { maxRejected } = settings.limits
  const progress = await createProgress({
    stream: io.stderr,
    title: input.title,
    size: content.size,
    plain: !flags.json,
    hidden: !procedure.showsProgress
  })
  const startedAt = performance.now()
  let readings = 0

  const read = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    readings++
    // The first reading only checks the document, so it may stop at any point.
    const mayStop = readings === 1
    for await (const piece of progress.watch(content.read())) {
      if (mayStop) stop.signal.throwIfAborted()
      yield piece
    }
  }

  const onLines = async (count: number, pass: () => Promise<void>): Promise<void> => {
    progress.add(count)
    try {
      await pass()
    } catch (error) {
      // Abort instead of throwing, so that the engine finishes the batch and cleans up.
      stop.abort(error)
    }
    // A synchronous store blocks the event loop; let it deliver signals.
    await setImmediate()
  }

  try {
    const options = {
      framing,
      ...(linesPerUnit !== undefined && { linesPerUnit }),
      ...(maxRejected !== undefined && { maxRejected }),
      signal: stop.signal
    }
    const result = await procedure.run({ read, options, file, onLines })
    const seconds = (performance.now() - startedAt) / 1_000
    if (result._tag === 'Left') {
      const { error, report } = result.left
      if (error._tag === 'InputFailed' && error.cause === stop.signal.reason) {
        return { ...stoppedBy(error.cause, { ...report, status: 'Stopped' }, job), seconds }
      }
      if (error._tag === 'ExecutionRefused') {
        return { code: exitCode.refused, problem: failureText(result.left, job), seconds }
      }
      return { code: exitCode.failed, problem: failureText(result.left, job), report, seconds }
    }
    const report = result.right
    // Writing the verdicts of the last batch may have failed.
    if (report.status === 'Stopped' || (stop.signal.aborted && !(stop.signal.reason instanceof Stopped))) {
      return { ...stoppedBy(stop.signal.reason, report, job), seconds }
    }
    if (report.jobRejection !== undefined) {
      const problem = jobRejectionText(report.jobRejection, procedure.refusal)
      return { code: exitCode.refused, problem, report, seconds }
    }
    return { code: exitCode.done, report, seconds }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const then = procedure.remedy === undefined ? '' : `; ${procedure.remedy}`
    return {
      code: exitCode.failed,
      problem: `${error.message}${then}`,
      seconds: (performance.now() - startedAt) / 1_000
    }
  } finally {
    progress.stop()
  }
}

const contentOf = async (input: Input, job: Job): Promise<Content | Outcome> => {
  const { signal } = job.stop
  try {
    return await input.content(signal)
  } catch (error) {
    if (signal.aborted) return stoppedBy(signal.reason, undefined, job)
    const problem = error instanceof Failure ? error.message : `the input cannot be read: ${reasonOf(error)}`
    return { code: exitCode.failed, problem }
  }
}

const workOnInput = async (input: Input, job: Job, file: string | undefined): Promise<number> => {
  const { procedure, flags, io, stdout } = job
  const say = (problem: string | undefined): void => {
    if (problem !== undefined) io.stderr.write(`userpoint: ${input.title}: ${problem}\n`)
  }
  const content = await contentOf(input, job)
  if ('code' in content) {
    say(content.problem)
    return content.code
  }
  if (input.isStream && content.size === 0 && procedure.refusesEmptyStream === true) {
    say('it is empty; the execution is not used up, and nothing is imported')
    return exitCode.failed
  }
  const { code, problem, report, seconds } = await workOn(input, content, job, file)
  if (report !== undefined) {
    await stdout.write(
      flags.json
        ? `${reportLine(report, seconds, file)}\n`
        : `${await reportTable(report, seconds, procedure.heading(input.title))}\n`
    )
  }
  if (report !== undefined && 'wasFinal' in report && report.wasFinal) {
    say('the execution has already finished; nothing is applied again')
  }
  if (report !== undefined && 'formerSettings' in report && report.formerSettings !== undefined) {
    say('the execution went on under other settings than those of its earlier runs')
  }
  say(problem)
  return code
}

/** Processes the inputs in order. A failure or a signal ends the run; a rejected document does not. */
export const workOnInputs = async (inputs: ReadonlyArray<Input>, job: Job): Promise<number> => {
  let worst: number = exitCode.done
  for (const [at, input] of inputs.entries()) {
    const code = await workOnInput(input, job, inputs.length > 1 ? input.name : undefined)
    if (job.stop.signal.reason instanceof ReaderGone) break
    if (code === exitCode.done) continue
    worst = code
    if (code === exitCode.refused) continue
    const left = inputs.slice(at + 1).map((each) => each.title)
    if (left.length > 0) job.io.stderr.write(`userpoint: ${job.procedure.undone}: ${left.join(', ')}\n`)
    break
  }
  return worst
}

const documentType = (text: string): DocumentType => {
  const type = parseDocumentType(text)
  if (type === undefined) throw new InvalidArgumentError(`Expected one of: ${documentTypes.join(', ')}.`)
  return type
}

/** Adds the document arguments, and the options for their type and format, to a command. */
export const takeDocuments = (command: Command): Command => {
  command
    .argument('<FILE...>', 'the documents; - is standard input')
    .addOption(
      new Option('--type <TYPE>', `the document type: ${documentTypes.join(', ')}`)
        .argParser(once(documentType))
        .makeOptionMandatory()
    )
  for (const option of [...storeOptions(), ...policyOptions()]) command.addOption(option)
  return command
    .addOption(
      new Option(
        '--framing <MODE>',
        'lenient: values may span lines; strict: one value a line (default: lenient)'
      ).argParser(once(oneOf<FramingMode>(['lenient', 'strict'])))
    )
    .addOption(maxRejectedOption())
    .addOption(
      new Option(
        '--lines-per-unit <N>',
        'lines per batch; does not change the result (default: depends on the store)'
      ).argParser(once(wholeNumber(1_000_000)))
    )
}
