/**
 * A run of an execution: an import that continues where the run before it ended. Its changes and its progress are committed
 * together, so nothing is applied twice and nothing is left out.
 */
import type { Bounds } from '../../command/decode-line.ts'
import type { Policies } from '../../command/policies.ts'
import { canonicalText, type Json } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import type { Awaitable } from '../../repository/repository.ts'
import { countMore, type ImportReport, type ImportStatus, noCounts } from '../import/report.ts'
import {
  type ImportPosition,
  type ImportRun,
  type Ledger,
  runImport,
  type RunTransaction,
  verdictInRejectedJob
} from '../import/run-import.ts'
import { inputStart } from '../input/framing.ts'
import type { Line } from '../input/line.ts'
import {
  type DocumentInput,
  inputChanged,
  type InputFailed,
  readBytes,
  type Reading,
  type ReadingOptions,
  readingOf,
  untilAborted
} from '../input/reading.ts'
import type { JobRejection } from '../input/screening.ts'
import { withSameBytes } from '../input/same-bytes.ts'
import { stoppedBy } from '../input/stoppable.ts'
import { encodeUtf8 } from '../input/utf8.ts'
import {
  type Execution,
  type ExecutionError,
  type ExecutionId,
  type ExecutionRefused,
  type InputIdentity,
  isFinal
} from './execution.ts'
import { lengthFrom, type Step, StoredExecution, type VerdictSink } from './stored-execution.ts'

/** Computes a digest of bytes. */
export interface Hash {
  readonly update: (bytes: Uint8Array) => unknown
  /** Returns the digest of all bytes so far; called once, at the end. */
  readonly digest: () => string
}

export interface ExecutionOptions extends ReadingOptions {
  /** Starts a digest, such as SHA-256, which identifies the input. It must be the same in each run of an execution. */
  readonly createHash: () => Hash
  /**
   * `refuse` (the default): a run under other settings than those of the runs before is refused with `OTHER_SETTINGS`.
   * `accept`: it goes on under its own settings, which the execution records.
   */
  readonly otherSettings?: 'refuse' | 'accept'
  /** Keeps the verdicts. Each run of an execution needs one, or none of them does. */
  readonly verdictSink?: VerdictSink
  /** Called with the execution when a run begins, after each unit of work, and at the end. The run waits for it. */
  readonly onProgress?: (execution: Execution) => Awaitable<void>
}

/** The result of an execution, all of its runs together. All but the last three fields are the same however runs ended. */
export interface ExecutionReport extends ImportReport {
  readonly id: ExecutionId
  /** As it is stored; `undefined`: the run ended before it was stored. */
  readonly execution: Execution | undefined
  /** The number of commands that had their verdict before this run. */
  readonly resumedAt: number
  /** `true`: the execution had finished before this run, so that the run applied nothing. */
  readonly wasFinal: boolean
  /** The digest of the settings of the runs before; `undefined`: they are those of this run, or it is the first. */
  readonly formerSettings: string | undefined
}

/** The error that ended a run, and the result of the execution by then. */
export interface ExecutionFailure {
  readonly error: ExecutionError | InputFailed
  readonly report: ExecutionReport
}

const refusal = (code: ExecutionRefused['code']): E.Either<ExecutionRefused, never> =>
  E.left({ _tag: 'ExecutionRefused', code })

const isSame = (a: InputIdentity, b: InputIdentity): boolean => a.length === b.length && a.digest === b.digest

/** Identifies an input by its length and digest. A later reading fails if it differs. */
const identified = (input: DocumentInput, createHash: () => Hash) => {
  let identity: InputIdentity | undefined
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    const hash = createHash()
    let length = 0
    for await (const bytes of readBytes(input)) {
      hash.update(bytes)
      length += bytes.length
      yield bytes
    }
    const found = { length, digest: hash.digest() }
    identity ??= found
    if (!isSame(found, identity)) throw inputChanged()
  }
  return { bytes: read, identity: () => identity }
}

/** Returns a digest of the settings on which verdicts depend. */
const digestOf = (policies: Policies, bounds: Bounds, createHash: () => Hash): string => {
  const hash = createHash()
  // JSON leaves out undefined fields.
  hash.update(encodeUtf8(canonicalText(JSON.parse(JSON.stringify({ policies, bounds })) as Json)))
  return hash.digest()
}

const positionAfter = (before: ImportPosition, lines: ReadonlyArray<Line>): ImportPosition => {
  const commands = (lines.at(-1)?.index ?? before.commands - 1) + 1
  const place = lines.findLast(({ start }) => start !== undefined)
  if (place?.start === undefined) return { ...before, commands }
  return { commands, offset: place.start, index: place.index, line: place.line }
}

const stepAfter = (execution: Execution, lines: ReadonlyArray<Line>, verdicts: Step['verdicts']): Step => ({
  execution: {
    ...execution,
    position: positionAfter(execution.position, lines),
    counts: countMore(execution.counts, verdicts)
  },
  verdicts
})

interface ExecutionCall extends Pick<ImportRun<ExecutionError>, 'type' | 'kind' | 'settings' | 'lookAhead'> {
  readonly id: ExecutionId
  readonly input: DocumentInput
  readonly options: ExecutionOptions
}

/** The ledger of an execution: its document in the store. */
class ExecutionLedger implements Ledger<ExecutionError> {
  readonly input: DocumentInput
  readonly #call: ExecutionCall
  readonly #reading: Reading
  readonly #settingsDigest: string
  readonly #identity: () => InputIdentity | undefined
  readonly #stored: StoredExecution
  /** The execution before this run. */
  #before: Execution | undefined
  /** Not stored yet: a new execution, or one that is rejected as a whole and stored when it has finished. */
  #started: Execution | undefined

  constructor(call: ExecutionCall, reading: Reading) {
    const { createHash, verdictSink, onProgress } = call.options
    const { repository, runtime, policies, bounds, settingsDigest } = call.settings
    const { bytes, identity } = identified(withSameBytes(stoppedBy(reading.signal, call.input)), createHash)
    this.input = bytes
    this.#identity = identity
    this.#call = call
    this.#reading = reading
    this.#settingsDigest = settingsDigest ?? digestOf(policies, bounds, createHash)
    this.#stored = new StoredExecution(call.id, { repository, runtime, verdictSink, onStep: onProgress })
  }

  async open(): Promise<E.Either<ExecutionError, 'New' | 'Continued' | ImportStatus>> {
    const opened = await this.#stored.open()
    if (E.isLeft(opened)) return opened
    this.#before = opened.right
    if (this.#before === undefined) return E.right('New')
    const code = this.#refusalOf(this.#before)
    if (code !== undefined) return refusal(code)
    const identity = await this.#identify()
    if (identity === undefined) return E.right('Stopped')
    if (!isSame(identity, this.#before.input)) return refusal('OTHER_INPUT')
    return E.right(isFinal(this.#before) ? (this.#before.status as ImportStatus) : 'Continued')
  }

  async begin(job: JobRejection | undefined): Promise<E.Either<ExecutionError, 'Begun' | 'Stopped'>> {
    const { verdictSink } = this.#call.options
    const identity = await this.#identify()
    if (identity === undefined) return E.right('Stopped')
    const execution = this.#before ? { ...this.#before, settings: this.#settingsDigest } : this.#start(identity)
    if (job === undefined) {
      // An earlier run may still be at work. After this commit it cannot commit.
      const taken = await this.#stored.become({ ...execution, status: 'Running' })
      if (E.isLeft(taken)) return taken
    } else {
      this.#started = execution
    }
    await verdictSink?.([], execution.verdictsLength ?? 0)
    return E.right('Begun')
  }

  position(): ImportPosition {
    return this.#current.position
  }

  commit(lines: ReadonlyArray<Line>, run: RunTransaction<ExecutionError>) {
    const before = this.#current
    return this.#stored.advance(run, (judgements) => stepAfter(before, lines, judgements))
  }

  async reject(lines: ReadonlyArray<Line>): Promise<void> {
    const { verdictSink } = this.#call.options
    const { execution, verdicts } = stepAfter(this.#started as Execution, lines, lines.map(verdictInRejectedJob))
    const { verdictsLength = 0 } = execution
    this.#started = {
      ...execution,
      verdictsLength: verdictSink && lengthFrom(await verdictSink(verdicts, verdictsLength))
    }
  }

  /** Stores how the run ended. */
  async close(status: ImportStatus, job?: JobRejection): Promise<E.Either<ExecutionError, undefined>> {
    const execution = status === 'JobRejected' ? (this.#started ?? this.#stored.execution) : this.#stored.execution
    if (execution === undefined) return E.right(undefined)
    if (execution.status !== status && !isFinal(execution)) {
      const { position, input, jobRejection } = execution
      const ended = await this.#stored.become({
        ...execution,
        status,
        position: status === 'Completed' ? { ...position, offset: input.length } : position,
        jobRejection: job ?? jobRejection
      })
      if (E.isLeft(ended)) return ended
    }
    return E.right(undefined)
  }

  /** Stores the failure, if possible. The caller gets the error that ended the run, and no error of this call. */
  async fail(error: ExecutionError | undefined): Promise<void> {
    if (error?._tag === 'ExecutionRefused' || error?._tag === 'ExecutionSuperseded') return
    try {
      if (this.#stored.execution?.status === 'Running') await this.close('Failed')
    } catch {
      // See above.
    }
  }

  report(status: ImportStatus): ExecutionReport {
    const { execution } = this.#stored
    const { id, type } = this.#call
    return {
      id,
      type,
      status,
      ...(execution?.counts ?? noCounts),
      jobRejection: execution?.jobRejection,
      execution,
      resumedAt: this.#before?.position.commands ?? 0,
      wasFinal: this.#before !== undefined && isFinal(this.#before),
      formerSettings: this.#formerSettings
    }
  }

  /** The settings of the runs before, if this run goes on under others. */
  get #formerSettings(): string | undefined {
    const before = this.#before
    return before === undefined || isFinal(before) || before.settings === this.#settingsDigest
      ? undefined
      : before.settings
  }

  get #current(): Execution {
    return this.#stored.execution as Execution
  }

  /** Returns the reason why this is another import than the stored one. The input is compared later. */
  #refusalOf(execution: Execution): ExecutionRefused['code'] | undefined {
    const { type, options } = this.#call
    if (execution.type !== type) return 'OTHER_TYPE'
    // A final execution applies nothing more.
    if (isFinal(execution)) return undefined
    if (execution.framing !== this.#reading.framing) return 'OTHER_FRAMING'
    if (execution.settings !== this.#settingsDigest && options.otherSettings !== 'accept') return 'OTHER_SETTINGS'
    const hadVerdicts = execution.verdictsLength !== undefined
    return hadVerdicts === (options.verdictSink !== undefined) ? undefined : 'OTHER_VERDICTS'
  }

  /** Identifies the input, which it reads if no reading has completed; `undefined`: the signal came first. */
  async #identify(): Promise<InputIdentity | undefined> {
    if (this.#identity() === undefined) {
      for await (const _ of readBytes(untilAborted(this.input, this.#reading.signal))) {
        // The reading computes the digest.
      }
    }
    return this.#identity()
  }

  #start(input: InputIdentity): Execution {
    const { id, type, options, settings } = this.#call
    const now = settings.runtime.clock()
    return {
      id,
      type,
      framing: this.#reading.framing,
      status: 'Running',
      input,
      settings: this.#settingsDigest,
      position: { commands: 0, ...inputStart },
      counts: noCounts,
      jobRejection: undefined,
      verdictsLength: options.verdictSink && 0,
      startedAt: now,
      modifiedAt: now,
      commit: ''
    }
  }
}

export const runExecution = async (call: ExecutionCall): Promise<E.Either<ExecutionFailure, ExecutionReport>> => {
  const { type, kind, settings, options, lookAhead } = call
  const reading = readingOf(options, kind, settings)
  const ledger = new ExecutionLedger(call, reading)
  const ended = await runImport<ExecutionError>({
    type,
    kind,
    settings,
    reading,
    ledger,
    origin: { _tag: 'Execution', id: call.id },
    ...(lookAhead && { lookAhead })
  })
  return E.isLeft(ended)
    ? E.left({ error: ended.left, report: ledger.report('Failed') })
    : E.right(ledger.report(ended.right))
}
