/**
 * Executions of document imports: uploads that are applied in the background, one after the other within one document
 * import. What an execution has done is core's to know (its document in the store, committed with its effect); what is
 * kept beside it is the upload, and how it ended. So a server that is killed goes on where it was.
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

/** How an execution stands (SPEC 3.2). `EXECUTOR_NOT_RESPONDING`: the store failed, and it is tried again. */
export type ExecutionStatus = 'PENDING' | 'RUNNING' | 'EXECUTOR_NOT_RESPONDING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED'

/** What is kept of an execution. */
interface ExecutionRecord {
  readonly id: string
  readonly document_import_id: string
  /** Milliseconds since 1970. */
  readonly creation_date: number
  readonly start_date?: number
  readonly end_date?: number
  readonly isCanceled?: boolean
  /** How it ended, if it did. */
  readonly status?: 'SUCCEEDED' | 'FAILED' | 'CANCELED'
  readonly error?: string
}

/** What an execution has come to. */
interface Totals {
  readonly success: number
  readonly failure: number
  readonly noop: number
}

export interface Executions {
  /** Keeps an upload and has it applied. @throws BodyRefused where it does not come to its end; nothing is kept then. */
  readonly create: (
    datamart: Datamart,
    documentImport: DocumentImport,
    bytes: AsyncIterable<Uint8Array>
  ) => Promise<object>
  /** The ids of all executions of a document import, in the order in which they were made. */
  readonly ids: (datamart: Datamart, documentImport: DocumentImport) => Promise<ReadonlyArray<string>>
  readonly find: (datamart: Datamart, documentImport: DocumentImport, id: string) => Promise<object | undefined>
  /** Ends an execution after the lines in flight; what is applied stays. @throws Problem where it is at its end. */
  readonly cancel: (datamart: Datamart, documentImport: DocumentImport, id: string) => Promise<object | undefined>
  /** The verdicts on rejected lines, one JSON object a line; `undefined`: there is no such execution. */
  readonly errors: (
    datamart: Datamart,
    documentImport: DocumentImport,
    id: string
  ) => Promise<AsyncIterable<Uint8Array> | undefined>
  /** Goes on with what a server before this one left, and removes what it left of uploads that nobody waits for. */
  readonly resume: () => Promise<void>
  /** Stops what is at work after the lines in flight, and starts nothing more. */
  readonly stop: () => Promise<void>
}

/** One execution that is in hand, or waits for its turn. */
interface Job {
  readonly datamart: Datamart
  readonly documentImport: DocumentImport
  readonly stopping: AbortController
  record: ExecutionRecord
  /** Ends when the record is kept as it was last. */
  kept: Promise<void>
  isFailing: boolean
  /** Ends its pause, where it makes one. */
  wake: () => void
}

const nothing = (): void => undefined

const jobOf = (datamart: Datamart, documentImport: DocumentImport, record: ExecutionRecord): Job => {
  const stopping = new AbortController()
  // It was canceled, and then the server before this one ended before it did.
  if (record.isCanceled) stopping.abort()
  return { datamart, documentImport, stopping, record, kept: Promise.resolve(), isFailing: false, wake: nothing }
}

const encoder = new TextEncoder()

/** A rejected line, as the error file says it: no value of the line is in it. */
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
  /** By their keys: those that are not at their end. */
  const jobs = new Map<string, Job>()
  /** The last of each document import: the next one waits for it. */
  const queues = new Map<string, Promise<void>>()
  /** The uploads that are being received, by the last segment of their keys. */
  const arriving = new Set<string>()
  let isStopping = false

  const nameOf = (datamart: Datamart, documentImport: DocumentImport, id: string): string =>
    [...executionKey(datamart, documentImport), id].join('/')

  /** Keeps a record in the place of the one before, in the order of the calls. */
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
        // Requests are answered between two units of work, also where the store answers at once.
        onProgress: () => {
          job.isFailing = false
          return new Promise((next) => setTimeout(next, 0))
        }
      })()
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

  /** Whether it is at its end, or no longer this server's. */
  const settle = async (job: Job, outcome: ExecutionReport | ExecutionFailure): Promise<boolean> => {
    if (!('error' in outcome)) {
      const { status, lines, jobRejection } = outcome
      if (status === 'Completed') await end(job, 'SUCCEEDED', lines)
      else if (jobRejection !== undefined) {
        const where = jobRejection.lines.length === 0 ? '' : ` at line ${jobRejection.lines.slice(0, 5).join(', ')}`
        await end(job, 'FAILED', lines, `rejected as a whole, nothing is applied: ${jobRejection.code}${where}`)
      } else if (job.record.isCanceled) await end(job, 'CANCELED', lines)
      return true
    }
    const { error, report } = outcome
    switch (error._tag) {
      case 'ExecutionSuperseded':
        return true
      case 'ExecutionRefused':
        await end(job, 'FAILED', report.lines, `it began with other settings: ${error.code}`)
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

  /** Waits, but no longer than until it is woken. */
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

  /** Whether it came to its end, or is no longer this server's. */
  const attempt = async (job: Job): Promise<boolean> => {
    try {
      if (job.record.start_date === undefined) await keep(job, { ...job.record, start_date: clock() })
      if (await settle(job, await runOnce(job))) return true
      // A cancelation ends it even where the store does not answer.
      if (job.record.isCanceled) await end(job, 'CANCELED', 0)
      return job.record.isCanceled === true
    } catch (error) {
      // The spool failed: a full disk, and whatever else it may be, ends some day.
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
    const found = await engine.findExecution(engineIdOf({ documentImport, record }))()
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

  /** What is known of an execution now: a job knows it before it is kept. */
  const recordOf = async (datamart: Datamart, documentImport: DocumentImport, id: string) =>
    jobs.get(nameOf(datamart, documentImport, id))?.record ??
    ((await spool.get([...executionKey(datamart, documentImport), id])) as ExecutionRecord | undefined)

  /** Removes uploads that are no execution's that is still to be done: they are somebody's data. */
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
      // What has not begun is at its end.
      if (job.record.start_date === undefined) await end(job, 'CANCELED', 0)
      else await keep(job, { ...job.record, isCanceled: true })
      job.stopping.abort()
      job.wake()
      return describe(datamart, documentImport, job.record)
    },
    errors: async (datamart, documentImport, id) => {
      const record = await recordOf(datamart, documentImport, id)
      if (record === undefined) return undefined
      if (record.status === undefined) throw new Problem('CONFLICT', 'it has not come to its end yet')
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
