/**
 * Applies uploads in the background, one at a time within a document import. The store records the progress of an execution
 * and commits it together with the changes; the spool keeps the upload and the final status.
 */
import type { ExecutionFailure, ExecutionReport, VerdictSink } from '@userpoint/core'
import type { Context, Datamart } from '../context.ts'
import { errorName } from '../log.ts'
import { inPieces } from '../pause.ts'
import type { SpoolWriter } from '../spool.ts'
import { createGate, type Gate } from '../turns.ts'
import type { DocumentImport } from './document-import.ts'
import {
  contentKey,
  executionKey,
  type ExecutionRecord,
  type ExecutionStatus,
  isExecutionRecord
} from './execution-record.ts'
import { engineIdOf } from './execution-view.ts'
import { verdictLines } from './verdict-file.ts'

/** An execution that runs or is queued. */
export interface Job {
  readonly datamart: Datamart
  readonly documentImport: DocumentImport
  readonly stopping: AbortController
  /** Writes what the execution changes in the spool. */
  readonly spool: SpoolWriter
  /** Aborts when another server has taken over; only on a shared spool. */
  readonly lost: AbortSignal | undefined
  /** Removes what says that the execution is not finished; only on a shared spool. */
  readonly settled: (() => Promise<void>) | undefined
  record: ExecutionRecord
  /** Settles when the last version of the record is stored. */
  kept: Promise<void>
  isFailing: boolean
  /** Ends the pause before a retry, if there is one. */
  wake: () => void
}

/** The outcome of one run: `over`: it needs no other run here. */
type Attempt = 'over' | 'failed' | 'superseded'

const nothing = (): void => undefined

/** The parts that an execution needs besides its record. */
type JobParts = Pick<Job, 'datamart' | 'documentImport' | 'record' | 'spool'> & Partial<Pick<Job, 'lost' | 'settled'>>

export const jobOf = (parts: JobParts): Job => {
  const stopping = new AbortController()
  // An earlier server stored the cancelation, but ended before the execution did.
  if (parts.record.isCanceled) stopping.abort()
  const { lost, settled } = parts
  return { ...parts, lost, settled, stopping, kept: Promise.resolve(), isFailing: false, wake: nothing }
}

const encoder = new TextEncoder()

const longestPause = 30_000

const nameOf = (datamart: Datamart, documentImport: DocumentImport, id: string): string =>
  [...executionKey(datamart, documentImport), id].join('/')

export class ExecutionRunner {
  readonly #context: Context
  /** The unfinished executions, by key. */
  readonly #jobs = new Map<string, Job>()
  /** The last queued execution of each document import; the next one waits for it. */
  readonly #queues = new Map<string, Promise<void>>()
  readonly #pools = new Map<string, Gate>()
  #isStopping = false

  constructor(context: Context) {
    this.#context = context
  }

  /** Returns the job of an unfinished execution. */
  find(datamart: Datamart, documentImport: DocumentImport, id: string): Job | undefined {
    return this.#jobs.get(nameOf(datamart, documentImport, id))
  }

  /** Returns whether a document import has an execution that is not finished. */
  isAtWork(datamart: Datamart, documentImport: DocumentImport): boolean {
    return [...this.#jobs.values()].some(
      (job) =>
        job.datamart === datamart && job.documentImport.id === documentImport.id && job.record.status === undefined
    )
  }

  /** Returns whether an unfinished execution needs the upload of this name. */
  needs(datamart: Datamart, name: string): boolean {
    return [...this.#jobs.values()].some(
      (job) => job.datamart === datamart && contentKey(job, 'uploads').at(-1) === name
    )
  }

  statusOf(record: ExecutionRecord, job: Job | undefined): ExecutionStatus {
    if (record.status !== undefined) return record.status
    if (record.start_date === undefined) return 'PENDING'
    // On a shared spool another server runs it.
    if (job === undefined) return this.#context.spool.lease === undefined ? 'PENDING' : 'RUNNING'
    return job.isFailing ? 'EXECUTOR_NOT_RESPONDING' : 'RUNNING'
  }

  /** Stores a record, after the earlier ones of the same execution. */
  keep(job: Job, record: ExecutionRecord): Promise<void> {
    const before = job.record
    job.record = record
    const put = async (): Promise<void> => {
      try {
        await job.spool.put([...executionKey(job.datamart, job.documentImport), record.id], { ...record })
      } catch (error) {
        if (job.record === record) job.record = before
        throw error
      }
    }
    job.kept = job.kept.then(put, put)
    return job.kept
  }

  enqueue(job: Job): void {
    const queue = executionKey(job.datamart, job.documentImport).join('/')
    this.#jobs.set(nameOf(job.datamart, job.documentImport, job.record.id), job)
    const done = (this.#queues.get(queue) ?? Promise.resolve()).then(async () => {
      await this.run(job)
      if (this.#queues.get(queue) === done) this.#queues.delete(queue)
    })
    this.#queues.set(queue, done)
  }

  /** Runs an execution until it has ended, is stopped, or another server has it. */
  async run(job: Job): Promise<void> {
    const name = nameOf(job.datamart, job.documentImport, job.record.id)
    this.#jobs.set(name, job)
    const stop = (): void => {
      job.stopping.abort()
      job.wake()
    }
    job.lost?.addEventListener('abort', stop)
    try {
      await this.#work(job)
    } finally {
      job.lost?.removeEventListener('abort', stop)
      this.#jobs.delete(name)
    }
  }

  /** Resolves once no execution is queued or at work here. */
  async idle(): Promise<void> {
    while (this.#queues.size > 0) await Promise.all(this.#queues.values())
  }

  /** Returns the executions that run or wait here. */
  jobs(): ReadonlyArray<Job> {
    return [...this.#jobs.values()]
  }

  /** Ends a job after its current batch, or at once if it has not started; applied lines stay applied. */
  async cancel(job: Job): Promise<void> {
    if (job.record.start_date === undefined) await this.#end(job, 'CANCELED', 0)
    else await this.keep(job, { ...job.record, isCanceled: true })
    job.stopping.abort()
    job.wake()
  }

  /** Stops each execution after its current batch, and starts no other. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const job of this.#jobs.values()) {
      job.stopping.abort()
      job.wake()
    }
    await Promise.all(this.#queues.values())
  }

  #sinkOf(job: Job): VerdictSink {
    const { metrics } = this.#context
    return (verdicts, from) => {
      for (const tag of ['Applied', 'NoOp', 'Rejected'] as const) {
        const count = verdicts.filter(({ verdict }) => verdict._tag === tag).length
        if (count > 0) metrics?.verdicts('mediarithmics', tag, count)
      }
      const lines = encoder.encode(verdictLines(verdicts, job.record.verdicts))
      return job.spool.append(contentKey(job, 'errors'), from, lines)
    }
  }

  #runOnce(job: Job): Promise<ExecutionReport | ExecutionFailure> {
    const { spool } = this.#context
    const { datamart, documentImport } = job
    const { maxRejected } = datamart.limits
    return datamart.engine
      .runExecution(
        engineIdOf(job.record),
        documentImport.document_type,
        () => inPieces(spool.read(contentKey(job, 'uploads'))),
        {
          createHash: spool.createHash,
          verdictSink: this.#sinkOf(job),
          signal: job.stopping.signal,
          ...(maxRejected !== undefined && { maxRejected }),
          // A synchronous store blocks the event loop; answer requests between two batches.
          onProgress: () => {
            job.isFailing = false
            return new Promise((next) => setTimeout(next, 0))
          }
        }
      )
      .then((outcome) => (outcome._tag === 'Right' ? outcome.right : outcome.left))
  }

  #log(job: Job, status: ExecutionStatus, lines: number, error?: string): void {
    this.#context.log({
      _tag: 'Execution',
      datamart: job.datamart.id,
      documentImport: job.documentImport.id,
      execution: job.record.id,
      status,
      lines,
      error
    })
  }

  async #end(job: Job, status: 'SUCCEEDED' | 'FAILED' | 'CANCELED', lines: number, error?: string): Promise<void> {
    const { clock, metrics } = this.#context
    await this.keep(job, { ...job.record, status, end_date: clock(), ...(error !== undefined && { error }) })
    metrics?.execution(status)
    this.#log(job, status, lines, error)
    await job.spool.remove(contentKey(job, 'uploads'))
    await job.settled?.()
    job.datamart.purgeLater()
  }

  /** Returns whether another run has ended an execution; its upload is gone then. */
  async #isEndedElsewhere(job: Job): Promise<boolean> {
    const key = [...executionKey(job.datamart, job.documentImport), job.record.id]
    const record = await this.#context.spool.get(key)
    if (!isExecutionRecord(record, job.documentImport, job.record.id) || record.status === undefined) return false
    job.record = record
    return true
  }

  /** Handles the outcome of a run. */
  async #settle(job: Job, outcome: ExecutionReport | ExecutionFailure): Promise<Attempt> {
    if (!('error' in outcome)) {
      const { status, lines, jobRejection } = outcome
      if (status === 'Completed') await this.#end(job, 'SUCCEEDED', lines)
      else if (jobRejection !== undefined) {
        const where = jobRejection.lines.length === 0 ? '' : ` at line ${jobRejection.lines.slice(0, 5).join(', ')}`
        const message = `rejected as a whole, no line is applied: ${jobRejection.code}${where}`
        await this.#end(job, 'FAILED', lines, message)
      } else if (job.record.isCanceled) await this.#end(job, 'CANCELED', lines)
      return 'over'
    }
    const { error, report } = outcome
    switch (error._tag) {
      case 'ExecutionSuperseded':
        // Another server runs it. If that one has it for good, this one has lost its lease; else this one continues it.
        this.#log(job, 'PENDING', report.lines, error._tag)
        return (await this.#isEndedElsewhere(job)) ? 'over' : 'superseded'
      case 'ExecutionRefused':
        await this.#end(job, 'FAILED', report.lines, `the execution was started with other settings: ${error.code}`)
        return 'over'
      case 'InputFailed':
        await this.#end(job, 'FAILED', report.lines, 'the upload cannot be read')
        return 'over'
      default:
        this.#log(job, 'EXECUTOR_NOT_RESPONDING', report.lines, error._tag)
        return 'failed'
    }
  }

  /** Waits for the time, or until `job.wake` is called. */
  async #pause(job: Job, milliseconds: number): Promise<void> {
    await new Promise<void>((wake) => {
      const timer = setTimeout(wake, milliseconds)
      job.wake = () => {
        clearTimeout(timer)
        wake()
      }
      if (this.#isStopping) job.wake()
    })
    job.wake = nothing
  }

  /** Runs an execution once. */
  async #attempt(job: Job): Promise<Attempt> {
    const { clock, log } = this.#context
    try {
      if (job.record.start_date === undefined) await this.keep(job, { ...job.record, start_date: clock() })
      const attempt = await this.#settle(job, await this.#runOnce(job))
      if (attempt === 'over') return attempt
      // A cancelation ends the execution even if the store fails.
      if (job.record.isCanceled) await this.#end(job, 'CANCELED', 0)
      return job.record.isCanceled === true ? 'over' : attempt
    } catch (error) {
      // The spool failed, because the disk is full for example; retry until it works.
      log({ _tag: 'RequestFailed', requestId: job.record.id, route: 'execution', error: errorName(error) })
      return 'failed'
    }
  }

  #isDone({ lost, record }: Job): boolean {
    return this.#isStopping || lost?.aborted === true || record.status !== undefined
  }

  /** Returns the pool of a datamart: as many executions as its limit are applied at once. */
  #poolOf({ id, limits }: Datamart): Gate {
    const pool = this.#pools.get(id) ?? createGate(limits.executionsAtOnce)
    this.#pools.set(id, pool)
    return pool
  }

  async #work(job: Job): Promise<void> {
    for (let n = 0; !this.#isDone(job); n++) {
      // A retry waits outside, so that a store that fails does not keep the others from their turn.
      const attempt = await this.#poolOf(job.datamart)(async () => (this.#isDone(job) ? 'over' : this.#attempt(job)))
      if (attempt === 'over') return
      job.isFailing = attempt === 'failed'
      await this.#pause(job, Math.min(longestPause, 250 * 2 ** Math.min(n, 10)))
    }
  }
}
