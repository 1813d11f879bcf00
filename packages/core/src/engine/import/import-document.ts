/** An import without an id: its progress is kept in memory, and ends with the call. */
import { E } from '../../fp.ts'
import type { Awaitable } from '../../repository/repository.ts'
import { inputStart } from '../input/framing.ts'
import type { Line } from '../input/line.ts'
import { type DocumentInput, type InputFailed, type ReadingOptions, readingOf } from '../input/reading.ts'
import { withSameBytes } from '../input/same-bytes.ts'
import { stoppedBy } from '../input/stoppable.ts'
import type { JobRejection } from '../input/screening.ts'
import type { EngineError } from '../transaction/engine-error.ts'
import type { Judgement, LineVerdict } from '../transaction/judgement.ts'
import { countMore, type ImportReport, type ImportStatus, noCounts } from './report.ts'
import { type ImportRun, type Ledger, runImport, type RunTransaction, verdictInRejectedJob } from './run-import.ts'

export interface ImportOptions extends ReadingOptions {
  /** Called with the verdicts of each unit of work once it is committed, in order. The import waits for it. */
  readonly onVerdicts?: (verdicts: ReadonlyArray<LineVerdict>) => Awaitable<void>
}

/** The error that ended an import, and its result by then. */
export interface ImportFailure {
  readonly error: EngineError | InputFailed
  /** Counts the units of work that were certainly committed. */
  readonly report: ImportReport
  /** The number of lines after those that may be applied too: those of a unit whose commit has an unknown outcome. */
  readonly uncertain: number
}

type Deliver = (judgements: ReadonlyArray<Judgement>) => Awaitable<void>

class MemoryLedger implements Ledger<never> {
  readonly input: DocumentInput
  readonly #deliver: Deliver
  #counts = noCounts
  #job: JobRejection | undefined
  #uncertain = 0

  constructor(input: DocumentInput, deliver: Deliver) {
    this.input = withSameBytes(input)
    this.#deliver = deliver
  }

  async open(): Promise<E.Right<'New'>> {
    return { _tag: 'Right', right: 'New' }
  }

  async begin(): Promise<E.Right<'Begun'>> {
    return { _tag: 'Right', right: 'Begun' }
  }

  position() {
    return { commands: 0, ...inputStart }
  }

  async commit(lines: ReadonlyArray<Line>, run: RunTransaction<EngineError>) {
    const judged = await run()
    if (E.isLeft(judged)) {
      if (judged.left._tag === 'Indeterminate') this.#uncertain = lines.length
      return judged
    }
    await this.#count(judged.right)
    return judged
  }

  reject(lines: ReadonlyArray<Line>): Promise<void> {
    return this.#count(lines.map(verdictInRejectedJob))
  }

  async #count(verdicts: ReadonlyArray<Judgement>): Promise<void> {
    this.#counts = countMore(this.#counts, verdicts)
    await this.#deliver(verdicts)
  }

  async close(_: ImportStatus, job: JobRejection | undefined): Promise<E.Right<undefined>> {
    this.#job = job
    return { _tag: 'Right', right: undefined }
  }

  async fail(): Promise<void> {}

  report(type: string, status: ImportStatus): ImportReport {
    return {
      type,
      status: this.#job !== undefined && status === 'Stopped' ? 'JobRejected' : status,
      ...this.#counts,
      jobRejection: this.#job
    }
  }

  failure(type: string, error: ImportFailure['error']): ImportFailure {
    return { error, report: this.report(type, 'Failed'), uncertain: this.#uncertain }
  }
}

/** The parts of an import that differ from call to call. */
export interface ImportCall extends Pick<ImportRun<never>, 'type' | 'kind' | 'settings' | 'lookAhead' | 'observed'> {
  readonly input: DocumentInput
  readonly options: ReadingOptions
  /** Called with the judgements of each unit once it is committed, in order. */
  readonly deliver: Deliver | undefined
}

export const importDocument = async ({
  input,
  options,
  deliver = () => undefined,
  ...call
}: ImportCall): Promise<E.Either<ImportFailure, ImportReport>> => {
  const { type, settings } = call
  const reading = readingOf(options, call.kind, settings)
  const ledger = new MemoryLedger(stoppedBy(reading.signal, input), deliver)
  const ended = await runImport<never>({ ...call, reading, ledger, origin: { _tag: 'Document', type } })
  return E.isLeft(ended) ? E.left(ledger.failure(type, ended.left)) : E.right(ledger.report(type, ended.right))
}
