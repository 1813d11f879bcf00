/**
 * Executions of document imports: uploads that are applied in the background, one at a time within a document import. The
 * store records the progress of an execution and commits it together with the changes. The spool keeps the upload and the
 * final status. Together they let a restarted server continue an execution.
 */
import {
  type ExecutionFailure,
  type ExecutionReport,
  type LineVerdict,
  parseExecutionId,
  type VerdictSink
} from '@userpoint/core'
import type { Context, Datamart } from '../context.ts'
import { errorName } from '../log.ts'
import type { SpoolKey } from '../spool.ts'
import { type DocumentImport, documentImportIds, findDocumentImport } from './document-import.ts'
import { Problem } from './envelope.ts'

/** The status of an execution. `EXECUTOR_NOT_RESPONDING`: the store failed, and the execution is retried. */
export type ExecutionStatus = 'PENDING' | 'RUNNING' | 'EXECUTOR_NOT_RESPONDING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED'

/** The spool's record of an execution. */
interface ExecutionRecord {
  readonly id: string
  readonly document_import_id: string
  /** Milliseconds since 1970. */
  readonly creation_date: number
  readonly start_date?: number
  readonly end_date?: number
  readonly isCanceled?: boolean
  /** The final status; absent until the execution has finished. */
  readonly status?: 'SUCCEEDED' | 'FAILED' | 'CANCELED'
  readonly error?: string
}

/** The totals of an execution. */
interface Totals {
  readonly success: number
  readonly failure: number
  readonly noop: number
}

export interface Executions {
  /** Stores an upload and queues its execution. @throws BodyRefused if the upload is incomplete, and discards it. */
  readonly create: (
    datamart: Datamart,
    documentImport: DocumentImport,
    bytes: AsyncIterable<Uint8Array>
  ) => Promise<object>
  /** Returns the ids of all executions of a document import, in the order of creation. */
  readonly ids: (datamart: Datamart, documentImport: DocumentImport) => Promise<ReadonlyArray<string>>
  readonly find: (datamart: Datamart, documentImport: DocumentImport, id: string) => Promise<object | undefined>
  /** Ends an execution after its current batch; applied lines stay applied. @throws Problem if it has finished. */
  readonly cancel: (datamart: Datamart, documentImport: DocumentImport, id: string) => Promise<object | undefined>
  /** Returns the verdicts on rejected lines as NDJSON, or `undefined` for an unknown execution. */
  readonly errors: (
    datamart: Datamart,
    documentImport: DocumentImport,
    id: string
  ) => Promise<AsyncIterable<Uint8Array> | undefined>
  /** Continues the unfinished executions of an earlier server, and removes its incomplete uploads. */
  readonly resume: () => Promise<void>
  /** Stops each execution after its current batch, and starts no other. */
  readonly stop: () => Promise<void>
}

/** An execution that runs or is queued. */
interface Job {
  readonly datamart: Datamart
  readonly documentImport: DocumentImport
  readonly stopping: AbortController
  record: ExecutionRecord
  /** Settles when the last version of the record is stored. */
  kept: Promise<void>
  isFailing: boolean
  /** Ends the pause before a retry, if there is one. */
  wake: () => void
}

const nothing = (): void => undefined

const jobOf = (datamart: Datamart, documentImport: DocumentImport, record: ExecutionRecord): Job => {
  const stopping = new AbortController()
  // An earlier server stored the cancelation, but ended before the execution did.
  if (record.isCanceled) stopping.abort()
  return { datamart, documentImport, stopping, record, kept: Promise.resolve(), isFailing: false, wake: nothing }
}

const encoder = new TextEncoder()

/** Returns a line of the error file, without any value of the rejected line. */
const errorLine = ({ index, line, verdict }: LineVerdict): string =>
  verdict._tag === 'Rejected'
    ? `${JSON.stringify({ index, line, code: verdict.code, ...(verdict.path !== undefined && { path: verdict.path }), message: verdict.message })}\n`
    : ''

const longestPause = 30_000

const executionKey = (datamart: Datamart, { id }: Pick<DocumentImport, 'id'>): SpoolKey => [
  datamart.id,
  'executions',
  id
]
const contentKey = (
  { datamart, documentImport, record }: Pick<Job, 'datamart' | 'documentImport' | 'record'>,
  content: 'uploads' | 'errors'
): SpoolKey => [datamart.id, content, `${documentImport.id}-${record.id}`]

export const createExecutions = (context: Context, newNumber: () => string): Executions => {
  const { spool, clock, log, metrics } = context
  /** The unfinished executions, by key. */
  const jobs = new Map<string, Job>()
  /** The last queued execution of each document import; the next one waits for it. */
  const queues = new Map<string, Promise<void>>()
  /** The incoming uploads, by the last segment of their keys. */
  const arriving = new Set<string>()
  let isStopping = false

  const nameOf = (datamart: Datamart, documentImport: DocumentImport, id: string): string =>
    [...executionKey(datamart, documentImport), id].join('/')

  /** Stores a record, after the earlier ones of the same execution. */
  const keep = (job: Job, record: ExecutionRecord): Promise<void> => {
    const before = job.record
    job.record = record
    const put = async (): Promise<void> => {
      try {
        await spool.put([...executionKey(job.datamart, job.documentImport), record.id], { ...record })
      } catch (error) {
        if (job.record === record) job.record = before
        throw error
      }
    }
    job.kept = job.kept.then(put, put)
    return job.kept
  }

  const engineIdOf = ({ documentImport, record }: Pick<Job, 'documentImport' | 'record'>) => {
    const id = parseExecutionId(`http/${documentImport.id}/${record.id}`)
    if (id === undefined) throw new TypeError('an execution has no id')
    return id
  }

  const sinkOf =
    (job: Job): VerdictSink =>
    (verdicts, from) => {
      for (const tag of ['Applied', 'NoOp', 'Rejected'] as const) {
        const count = verdicts.filter(({ verdict }) => verdict._tag === tag).length
        if (count > 0) metrics?.verdicts('mediarithmics', tag, count)
      }
      return spool.append(contentKey(job, 'errors'), from, encoder.encode(verdicts.map(errorLine).join('')))
    }

  const runOnce = (job: Job): Promise<ExecutionReport | ExecutionFailure> => {
    const { datamart, documentImport } = job
    return datamart.engine
      .runExecution(engineIdOf(job), documentImport.document_type, () => spool.read(contentKey(job, 'uploads')), {
        createHash: spool.createHash,
        verdictSink: sinkOf(job),
        signal: job.stopping.signal,
        // A synchronous store blocks the event loop; answer requests between two batches.
        onProgress: () => {
          job.isFailing = false
          return new Promise((next) => setTimeout(next, 0))
        }
      })
      .then((outcome) => (outcome._tag === 'Right' ? outcome.right : outcome.left))
  }

  const end = async (
    job: Job,
    status: 'SUCCEEDED' | 'FAILED' | 'CANCELED',
    lines: number,
    error?: string
  ): Promise<void> => {
    const { datamart, documentImport, record } = job
    await keep(job, { ...record, status, end_date: clock(), ...(error !== undefined && { error }) })
    await spool.remove(contentKey(job, 'uploads'))
    datamart.purgeLater()
    metrics?.execution(status)
    log({
      _tag: 'Execution',
      datamart: datamart.id,
      documentImport: documentImport.id,
      execution: record.id,
      status,
      lines,
      error
    })
  }

  /** Handles the outcome of a run. Returns `true` if the execution needs no other run here. */
  const settle = async (job: Job, outcome: ExecutionReport | ExecutionFailure): Promise<boolean> => {
    if (!('error' in outcome)) {
      const { status, lines, jobRejection } = outcome
      if (status === 'Completed') await end(job, 'SUCCEEDED', lines)
      else if (jobRejection !== undefined) {
        const where = jobRejection.lines.length === 0 ? '' : ` at line ${jobRejection.lines.slice(0, 5).join(', ')}`
        await end(job, 'FAILED', lines, `rejected as a whole, no line is applied: ${jobRejection.code}${where}`)
      } else if (job.record.isCanceled) await end(job, 'CANCELED', lines)
      return true
    }
    const { error, report } = outcome
    switch (error._tag) {
      case 'ExecutionSuperseded':
        return true
      case 'ExecutionRefused':
        await end(job, 'FAILED', report.lines, `the execution was started with other settings: ${error.code}`)
        return true
      case 'InputFailed':
        await end(job, 'FAILED', report.lines, 'the upload cannot be read')
        return true
      default:
        log({
          _tag: 'Execution',
          datamart: job.datamart.id,
          documentImport: job.documentImport.id,
          execution: job.record.id,
          status: 'EXECUTOR_NOT_RESPONDING',
          lines: report.lines,
          error: error._tag
        })
        return false
    }
  }

  /** Waits for the time, or until `job.wake` is called. */
  const pause = async (job: Job, milliseconds: number): Promise<void> => {
    await new Promise<void>((wake) => {
      const timer = setTimeout(wake, milliseconds)
      job.wake = () => {
        clearTimeout(timer)
        wake()
      }
      if (isStopping) job.wake()
    })
    job.wake = nothing
  }

  /** Runs an execution once. Returns `true` if it needs no other run here. */
  const attempt = async (job: Job): Promise<boolean> => {
    try {
      if (job.record.start_date === undefined) await keep(job, { ...job.record, start_date: clock() })
      if (await settle(job, await runOnce(job))) return true
      // A cancelation ends the execution even if the store fails.
      if (job.record.isCanceled) await end(job, 'CANCELED', 0)
      return job.record.isCanceled === true
    } catch (error) {
      // The spool failed, because the disk is full for example; retry until it works.
      log({ _tag: 'RequestFailed', requestId: job.record.id, route: 'execution', error: errorName(error) })
      return false
    }
  }

  const work = async (job: Job): Promise<void> => {
    for (let n = 0; !isStopping && job.record.status === undefined; n++) {
      if (await attempt(job)) return
      job.isFailing = true
      await pause(job, Math.min(longestPause, 250 * 2 ** Math.min(n, 10)))
    }
  }

  const enqueue = (job: Job): void => {
    const name = nameOf(job.datamart, job.documentImport, job.record.id)
    const queue = executionKey(job.datamart, job.documentImport).join('/')
    jobs.set(name, job)
    const done = (queues.get(queue) ?? Promise.resolve()).then(async () => {
      await work(job)
      jobs.delete(name)
      if (queues.get(queue) === done) queues.delete(queue)
    })
    queues.set(queue, done)
  }

  const statusOf = (record: ExecutionRecord, job: Job | undefined): ExecutionStatus => {
    if (record.status !== undefined) return record.status
    if (job === undefined || record.start_date === undefined) return 'PENDING'
    return job.isFailing ? 'EXECUTOR_NOT_RESPONDING' : 'RUNNING'
  }

  const totalsOf = async (
    { engine }: Datamart,
    documentImport: DocumentImport,
    record: ExecutionRecord
  ): Promise<Totals> => {
    const found = await engine.findExecution(engineIdOf({ documentImport, record }))
    if (found._tag === 'Left') throw new Problem('STORE_FAILED')
    const counts = found.right?.counts
    return {
      success: (counts?.applied ?? 0) + (counts?.noOp ?? 0),
      failure: counts?.rejected ?? 0,
      noop: counts?.noOp ?? 0
    }
  }

  const describe = async (
    datamart: Datamart,
    documentImport: DocumentImport,
    record: ExecutionRecord
  ): Promise<object> => {
    const { id, status: ended, creation_date, start_date, end_date, error } = record
    const status = statusOf(record, jobs.get(nameOf(datamart, documentImport, id)))
    const { success, failure, noop } = await totalsOf(datamart, documentImport, record)
    const path = `/v1/datamarts/${datamart.id}/document_imports/${documentImport.id}/executions/${id}`
    return {
      id,
      status,
      creation_date,
      ...(start_date !== undefined && { start_date }),
      ...(start_date !== undefined && { duration: (end_date ?? clock()) - start_date }),
      external_model_name: 'PUBLIC_DOCUMENT_IMPORT',
      parameters: {
        datamart_id: datamart.id,
        document_import_id: documentImport.id,
        document_type: documentImport.document_type,
        total_success: success,
        total_failure: failure
      },
      ...(ended !== undefined && {
        result: {
          total_success: success,
          total_failure: failure,
          total_noop: noop,
          ...(failure > 0 && { error_file_uri: `${path}/errors` })
        }
      }),
      ...(error !== undefined && { error: { message: error } })
    }
  }

  /** Returns the current record of an execution; the job has it before the spool does. */
  const recordOf = async (datamart: Datamart, documentImport: DocumentImport, id: string) =>
    jobs.get(nameOf(datamart, documentImport, id))?.record ??
    ((await spool.get([...executionKey(datamart, documentImport), id])) as ExecutionRecord | undefined)

  /** Removes uploads that no unfinished execution needs, since they contain personal data. */
  const removeStray = async (datamart: Datamart, wanted: ReadonlySet<string>): Promise<void> => {
    for (const name of await spool.contents([datamart.id, 'uploads']))
      if (!wanted.has(name) && !arriving.has(name)) await spool.remove([datamart.id, 'uploads', name])
  }

  return {
    create: async (datamart, documentImport, bytes) => {
      const record = { id: newNumber(), document_import_id: documentImport.id, creation_date: clock() }
      const job = jobOf(datamart, documentImport, record)
      const key = contentKey(job, 'uploads')
      const name = String(key.at(-1))
      arriving.add(name)
      try {
        await spool.write(key, bytes)
        await spool.append(contentKey(job, 'errors'), 0, new Uint8Array())
        await keep(job, record)
        enqueue(job)
      } finally {
        arriving.delete(name)
      }
      return describe(datamart, documentImport, record)
    },
    ids: (datamart, documentImport) => spool.list(executionKey(datamart, documentImport)),
    find: async (datamart, documentImport, id) => {
      const record = await recordOf(datamart, documentImport, id)
      return record && describe(datamart, documentImport, record)
    },
    cancel: async (datamart, documentImport, id) => {
      const record = await recordOf(datamart, documentImport, id)
      if (record === undefined) return undefined
      const job = jobs.get(nameOf(datamart, documentImport, id))
      if (job === undefined || job.record.status !== undefined) throw new Problem('CONFLICT')
      // An execution that has not started ends at once.
      if (job.record.start_date === undefined) await end(job, 'CANCELED', 0)
      else await keep(job, { ...job.record, isCanceled: true })
      job.stopping.abort()
      job.wake()
      return describe(datamart, documentImport, job.record)
    },
    errors: async (datamart, documentImport, id) => {
      const record = await recordOf(datamart, documentImport, id)
      if (record === undefined) return undefined
      if (record.status === undefined) throw new Problem('CONFLICT', 'the execution has not finished yet')
      return spool.read(contentKey({ datamart, documentImport, record }, 'errors'))
    },
    resume: async () => {
      await spool.recover()
      for (const datamart of context.datamarts.values()) {
        const wanted = new Set<string>()
        for (const importId of await documentImportIds(spool, datamart.id)) {
          const documentImport = await findDocumentImport(spool, datamart.id, importId)
          if (documentImport === undefined) continue
          for (const id of await spool.list(executionKey(datamart, documentImport))) {
            const record = await recordOf(datamart, documentImport, id)
            if (record === undefined || record.status !== undefined) continue
            const job = jobOf(datamart, documentImport, record)
            wanted.add(String(contentKey(job, 'uploads').at(-1)))
            if (!jobs.has(nameOf(datamart, documentImport, id))) enqueue(job)
          }
        }
        await removeStray(datamart, wanted)
      }
    },
    stop: async () => {
      isStopping = true
      for (const job of jobs.values()) {
        job.stopping.abort()
        job.wake()
      }
      await Promise.all(queues.values())
    }
  }
}
