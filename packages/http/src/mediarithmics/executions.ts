/** Executions of document imports: uploads that are stored, applied in the background, and reported. */
import type { Hash } from '@userpoint/core'
import type { Context, Datamart } from '../context.ts'
import type { ServerState } from '../metrics.ts'
import type { SpoolLease } from '../spool.ts'
import type { ExecutionAnswer } from './answers.ts'
import {
  type DocumentImport,
  documentImportIds,
  documentImportKey,
  findDocumentImport,
  isDocumentImport,
  removeDocumentImport
} from './document-import.ts'
import { Problem } from './envelope.ts'
import {
  contentKey,
  executionKey,
  type ExecutionRecord,
  isExecutionRecord,
  soundExecution
} from './execution-record.ts'
import { ExecutionRunner, type Job, jobOf } from './execution-runner.ts'
import { shownExecution } from './execution-view.ts'
import { Expiry } from './expiry.ts'
import type { Upload } from './form-file.ts'
import { ascending, type NumberSource } from './number-source.ts'
import { SharedQueues } from './shared-queues.ts'
import { createUploadKeys, type KeyedUpload, type UploadKeys, uploadKeyPlace } from './upload-keys.ts'
import { rejectedLines } from './verdict-file.ts'

/** An upload as a request asks for it. */
export interface AskedUpload extends Upload {
  /** `all`: keep the verdict on every line, and not only on the rejected ones. */
  readonly verdicts: ExecutionRecord['verdicts']
  /** The request's idempotency key, if it has one. */
  readonly key: string | undefined
}

/** The files of an execution: what was uploaded, the verdicts on rejected lines, and those on all lines. */
export type ExecutionFile = 'input' | 'errors' | 'verdicts'

/** Returns bytes that are also digested, once they are read to their end. */
const digested = (bytes: AsyncIterable<Uint8Array>, hash: Hash) => {
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of bytes) {
      hash.update(piece)
      yield piece
    }
  }
  let digest: string | undefined
  return { bytes: read(), digest: () => (digest ??= hash.digest()) }
}

export class Executions {
  readonly #context: Context
  readonly #newNumber: NumberSource
  readonly #runner: ExecutionRunner
  readonly #keys: UploadKeys
  readonly #expiry: Expiry
  /** The queues of all servers, if they share the spool. */
  readonly #shared: SharedQueues | undefined
  /** The incoming uploads, by the last segment of their keys. */
  readonly #arriving = new Set<string>()
  /** The document imports that are being removed. */
  readonly #removing = new Set<string>()
  /** The uploads that came before `resume` ended, by the last segment of their keys: no earlier server left them. */
  readonly #own = new Set<string>()
  #hasResumed = false
  /** Settles when the spool is this server's; uploads wait for it. */
  #claiming: Promise<void> = Promise.resolve()
  /** Settles when what an earlier server left is queued; what ends or removes executions waits for it. */
  #resuming: Promise<void> = Promise.resolve()

  constructor(context: Context, newNumber: NumberSource) {
    this.#context = context
    this.#newNumber = newNumber
    this.#runner = new ExecutionRunner(context)
    this.#keys = createUploadKeys(context)
    this.#expiry = new Expiry(context, this.#keys)
    const { lease } = context.spool
    this.#shared = lease && new SharedQueues(context, this.#runner, lease)
  }

  /**
   * Stores an upload and queues its execution. A repeated request with the same key and bytes gets the first answer.
   *
   * @throws BodyRefused if the upload is incomplete, and discards it.
   */
  async create(datamart: Datamart, documentImport: DocumentImport, upload: AskedUpload): Promise<ExecutionAnswer> {
    await this.#claiming
    const { bytes, digest } = digested(upload.bytes, this.#context.spool.createHash())
    const digestOfRequest = (): string => `${digest()}-${upload.verdicts ?? 'rejected'}`
    if (upload.key === undefined) return this.#start(datamart, documentImport, { ...upload, bytes })
    const keyPlace = uploadKeyPlace(datamart, documentImport, upload.key)
    return this.#keys.holding(keyPlace, async (known, writer) => {
      const keep = (kept: KeyedUpload): Promise<void> => writer.put(keyPlace, { ...kept })
      const isThere = known && (await this.#recordOf(datamart, documentImport, known.execution)) !== undefined
      if (known === undefined || !isThere)
        return this.#start(datamart, documentImport, { ...upload, bytes }, (execution, answer) =>
          keep({ execution, answer, digest: digestOfRequest(), creation_date: this.#context.clock() })
        )
      for await (const _ of bytes) {
        // Only the digest is wanted.
      }
      if (digestOfRequest() !== known.digest) throw new Problem('KEY_REUSED')
      return known.answer
    })
  }

  /** Returns the ids of all executions of a document import, in the order of creation. */
  async ids(datamart: Datamart, documentImport: DocumentImport): Promise<ReadonlyArray<string>> {
    return ascending(await this.#context.spool.list(executionKey(datamart, documentImport)))
  }

  async find(datamart: Datamart, documentImport: DocumentImport, id: string): Promise<ExecutionAnswer | undefined> {
    const record = await this.#recordOf(datamart, documentImport, id)
    return record && this.#describe(datamart, documentImport, record)
  }

  /** Ends an execution after its current batch; applied lines stay applied. @throws Problem if it has finished. */
  async cancel(datamart: Datamart, documentImport: DocumentImport, id: string): Promise<ExecutionAnswer | undefined> {
    await this.#resuming
    const record = await this.#recordOf(datamart, documentImport, id)
    if (record === undefined) return undefined
    const job = this.#runner.find(datamart, documentImport, id)
    if (record.status !== undefined || (job === undefined && this.#shared === undefined)) throw new Problem('CONFLICT')
    if (job !== undefined) await this.#runner.cancel(job)
    else await this.#shared?.cancel({ datamart, documentImport }, id)
    return this.find(datamart, documentImport, id)
  }

  /** Returns a file of an execution, or `undefined` for an unknown execution. @throws Problem if the file is not there. */
  async file(
    datamart: Datamart,
    documentImport: DocumentImport,
    id: string,
    name: ExecutionFile
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { spool } = this.#context
    const record = await this.#recordOf(datamart, documentImport, id)
    if (record === undefined) return undefined
    const place = { datamart, documentImport, record }
    if (name === 'input') {
      if (record.status !== undefined) throw new Problem('GONE')
      return spool.read(contentKey(place, 'uploads'))
    }
    if (record.status === undefined) throw new Problem('CONFLICT', 'the execution has not finished yet')
    if (name === 'verdicts' && record.verdicts !== 'all')
      throw new Problem('NOT_FOUND', 'the upload did not ask for a verdict file (?verdicts=all)')
    const lines = spool.read(contentKey(place, 'errors'))
    return name === 'errors' && record.verdicts === 'all' ? rejectedLines(lines) : lines
  }

  /** Removes a document import with its executions and their files. @throws Problem if one is not finished. */
  async removeImport(datamart: Datamart, documentImport: DocumentImport): Promise<void> {
    await this.#resuming
    if (this.#shared !== undefined)
      return this.#shared.removing({ datamart, documentImport }, () => this.#removeAll(datamart, documentImport))
    const prefix = `${documentImport.id}-`
    if (this.#runner.isAtWork(datamart, documentImport) || [...this.#arriving].some((name) => name.startsWith(prefix)))
      throw new Problem('CONFLICT', 'an execution of the document import has not finished')
    this.#removing.add(documentImport.id)
    try {
      await this.#removeAll(datamart, documentImport)
    } finally {
      this.#removing.delete(documentImport.id)
    }
  }

  async #removeAll(datamart: Datamart, documentImport: DocumentImport): Promise<void> {
    const { spool } = this.#context
    for (const id of await this.ids(datamart, documentImport)) {
      const place = { datamart, documentImport, record: { id } }
      await spool.remove(contentKey(place, 'uploads'))
      await spool.remove(contentKey(place, 'errors'))
      await spool.remove([...executionKey(datamart, documentImport), id])
    }
    await this.#keys.remove(datamart, documentImport)
    // Last, so that a removal that was interrupted can be repeated.
    await removeDocumentImport(spool, documentImport)
  }

  /** Continues the unfinished executions of an earlier server, removes its incomplete uploads, and begins to look for what expires. */
  async resume(): Promise<void> {
    const claiming = this.#context.spool.claim()
    const resuming = claiming.then(() => this.#resume())
    // The caller learns of a failure; requests go on.
    this.#claiming = claiming.catch(() => undefined)
    this.#resuming = resuming.catch(() => undefined)
    await resuming
    this.#hasResumed = true
    this.#own.clear()
    this.#expiry.resume()
  }

  async #resume(): Promise<void> {
    const { spool, datamarts } = this.#context
    // Every server does this, so the others may be at work.
    if (this.#shared !== undefined) return this.#shared.resume()
    const odd = [...(await spool.recover())]
    for (const datamart of datamarts.values()) {
      const wanted = new Set<string>()
      for (const importId of await documentImportIds(spool, datamart.id)) {
        const documentImport = await findDocumentImport(spool, datamart.id, importId)
        if (documentImport === undefined) continue
        if (isDocumentImport(documentImport, importId))
          odd.push(...(await this.#resumeImport(datamart, documentImport, wanted)))
        else odd.push(...(await spool.setAside(documentImportKey(datamart.id, importId))))
      }
      odd.push(...(await this.#removeStray(datamart, wanted, odd.length > 0)))
    }
    for (const name of odd) this.#context.log({ _tag: 'SetAside', name })
  }

  /** Resolves once no execution is at work here, and nothing is looked for that expires. */
  async idle(): Promise<void> {
    await this.#runner.idle()
    await this.#shared?.idle()
    await this.#expiry.idle()
  }

  /** Returns how many executions run here and wait, by datamart, and how many leases this server has. */
  load(): Pick<ServerState, 'running' | 'waiting' | 'leases'> {
    const running = new Map<string, number>()
    const waiting = new Map<string, number>()
    const jobs = this.#runner.jobs()
    for (const { id } of this.#context.datamarts.values()) {
      const own = jobs.filter((job) => job.datamart.id === id)
      const started = own.filter(({ record }) => record.start_date !== undefined).length
      running.set(id, started)
      waiting.set(id, this.#shared ? Math.max(0, this.#shared.unfinished(id) - started) : own.length - started)
    }
    return { running, waiting, leases: this.#shared?.leases ?? 0 }
  }

  /** Stops each execution after its current batch, and starts no other. */
  async stop(): Promise<void> {
    await Promise.all([this.#shared?.stop(), this.#runner.stop(), this.#expiry.stop()])
  }

  /** Queues the unfinished executions of a document import. Returns the names of damaged records, which it sets aside. */
  async #resumeImport(
    datamart: Datamart,
    documentImport: DocumentImport,
    wanted: Set<string>
  ): Promise<ReadonlyArray<string>> {
    const odd: string[] = []
    for (const id of await this.ids(datamart, documentImport)) {
      const key = [...executionKey(datamart, documentImport), id]
      const record = this.#runner.find(datamart, documentImport, id)?.record ?? (await this.#context.spool.get(key))
      if (record === undefined) continue
      if (!isExecutionRecord(record, documentImport, id)) {
        odd.push(...(await this.#context.spool.setAside(key)))
        continue
      }
      if (record.status !== undefined) continue
      const job = jobOf({ datamart, documentImport, record, spool: this.#context.spool })
      const name = String(contentKey(job, 'uploads').at(-1))
      wanted.add(name)
      // One of this process is queued by its own request, and may have ended since its record was read.
      if (!this.#own.has(name) && this.#runner.find(datamart, documentImport, id) === undefined)
        this.#runner.enqueue(job)
    }
    return odd
  }

  /** Stores an upload as an execution. `keep` is called with the answer before the execution is there. */
  async #start(
    datamart: Datamart,
    documentImport: DocumentImport,
    upload: AskedUpload,
    keep?: (execution: string, answer: ExecutionAnswer) => Promise<void>
  ): Promise<ExecutionAnswer> {
    const { clock, newId } = this.#context
    if (this.#removing.has(documentImport.id)) throw new Problem('NOT_FOUND')
    let lease: SpoolLease | undefined
    const id = await this.#newNumber(async (number) => {
      if (this.#shared === undefined) return (await this.#recordOf(datamart, documentImport, number)) !== undefined
      lease = await this.#shared.announce({ datamart, documentImport }, number)
      return lease === undefined
    })
    const begun: ExecutionRecord = {
      id,
      document_import_id: documentImport.id,
      uuid: newId(),
      creation_date: clock(),
      ...(upload.verdicts !== undefined && { verdicts: upload.verdicts })
    }
    const job: Job = jobOf({ datamart, documentImport, record: begun, spool: lease ?? this.#context.spool })
    const name = String(contentKey(job, 'uploads').at(-1))
    this.#arriving.add(name)
    if (!this.#hasResumed) this.#own.add(name)
    try {
      const shown = await this.#accept(job, upload, keep)
      if (lease === undefined) this.#runner.enqueue(job)
      return shown
    } finally {
      this.#arriving.delete(name)
      if (lease !== undefined) await this.#shared?.settle({ datamart, documentImport }, lease)
    }
  }

  /** Stores an upload, and its record last: with that it is accepted. */
  async #accept(
    job: Job,
    upload: AskedUpload,
    keep?: (execution: string, answer: ExecutionAnswer) => Promise<void>
  ): Promise<ExecutionAnswer> {
    await this.#context.spool.write(contentKey(job, 'uploads'), upload.bytes)
    await job.spool.append(contentKey(job, 'errors'), 0, new Uint8Array())
    const fileName = upload.fileName()
    const record = { ...job.record, ...(fileName !== undefined && { input_file_name: fileName }) }
    const shown = await this.#describe(job.datamart, job.documentImport, record)
    await keep?.(record.id, shown)
    await this.#runner.keep(job, record)
    return shown
  }

  #describe(datamart: Datamart, documentImport: DocumentImport, record: ExecutionRecord): Promise<ExecutionAnswer> {
    const status = this.#runner.statusOf(record, this.#runner.find(datamart, documentImport, record.id))
    return shownExecution({ datamart, documentImport, record, status, now: this.#context.clock() })
  }

  /** Returns the current record of an execution; the job has it before the spool does. */
  async #recordOf(
    datamart: Datamart,
    documentImport: DocumentImport,
    id: string
  ): Promise<ExecutionRecord | undefined> {
    const job = this.#runner.find(datamart, documentImport, id)
    if (job !== undefined) return job.record
    return soundExecution(this.#context, { datamart, documentImport, record: { id } })
  }

  /**
   * Removes uploads that no unfinished execution needs, since they contain personal data. If records are damaged, an upload
   * may be that of such a record, so it is set aside. Returns the names of those.
   */
  async #removeStray(
    datamart: Datamart,
    wanted: ReadonlySet<string>,
    isDamaged: boolean
  ): Promise<ReadonlyArray<string>> {
    const { spool } = this.#context
    const odd: string[] = []
    for (const name of await spool.contents([datamart.id, 'uploads'])) {
      if (wanted.has(name) || this.#arriving.has(name) || this.#runner.needs(datamart, name)) continue
      const key = [datamart.id, 'uploads', name]
      if (isDamaged) odd.push(...(await spool.setAside(key)))
      else await spool.remove(key)
    }
    return odd
  }
}
