/**
 * Executions on a spool that several servers share. A marker says that an upload arrives or is not finished. The server
 * that has the lease of a document import's queue runs its executions, in the order of their ids. Every server looks at the
 * markers again and again, so what a server left is finished by another one.
 */
import type { Context, Datamart } from '../context.ts'
import { errorName } from '../log.ts'
import type { SpoolKey, SpoolLease } from '../spool.ts'
import { type DocumentImport, findDocumentImport } from './document-import.ts'
import { Problem } from './envelope.ts'
import { contentKey, executionKey, type ExecutionRecord, isExecutionRecord } from './execution-record.ts'
import { type ExecutionRunner, type Job, jobOf } from './execution-runner.ts'
import { ascending } from './number-source.ts'

/** Takes the lease of a key, which every key of a shared spool has. */
export type TakeLease = (key: SpoolKey) => Promise<SpoolLease | undefined>

interface Place {
  readonly datamart: Datamart
  readonly documentImport: DocumentImport
}

/** The milliseconds between two looks at the markers. */
const lookEvery = 1_000

const markersOf = (datamart: Pick<Datamart, 'id'>): SpoolKey => [datamart.id, 'pending']
const markerKey = ({ datamart, documentImport }: Place, id: string): SpoolKey => [
  ...markersOf(datamart),
  `${documentImport.id}-${id}`
]
const cancelationsOf = (datamart: Pick<Datamart, 'id'>): SpoolKey => [datamart.id, 'cancelations']
const cancelationKey = ({ datamart, documentImport }: Place, id: string): SpoolKey => [
  ...cancelationsOf(datamart),
  `${documentImport.id}-${id}`
]
const queueKey = ({ datamart, documentImport }: Place): SpoolKey => [datamart.id, 'queues', documentImport.id]
const nameOf = (place: Place): string => queueKey(place).join('/')
const removalKey = ({ datamart, documentImport }: Place): SpoolKey => [datamart.id, 'removals', documentImport.id]

/** Returns the ids of the executions that have markers, by the ids of their document imports. */
const byImport = (markers: ReadonlyArray<string>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const ids = new Map<string, string[]>()
  for (const marker of markers) {
    const [documentImport = '', id = ''] = marker.split('-')
    const others = ids.get(documentImport)
    if (others === undefined) ids.set(documentImport, [id])
    else others.push(id)
  }
  return ids
}

export class SharedQueues {
  readonly #context: Context
  readonly #runner: ExecutionRunner
  readonly #take: TakeLease
  /** The queues that this server works on, by key. */
  readonly #atWork = new Map<string, Promise<void>>()
  /** The leases of those that it has. */
  readonly #held = new Map<string, SpoolLease>()
  /** Those that something came to meanwhile. */
  readonly #again = new Set<string>()
  /** The markers of each datamart at the last look. */
  readonly #seen = new Map<string, number>()
  #looking: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isStopping = false

  constructor(context: Context, runner: ExecutionRunner, take: TakeLease) {
    this.#context = context
    this.#runner = runner
    this.#take = take
  }

  /**
   * Announces an upload, so that it is finished or removed even if this server ends.
   *
   * @returns The lease under which it is accepted; `undefined`: another upload has this id.
   * @throws Problem if the document import is being removed.
   */
  async announce(place: Place, id: string): Promise<SpoolLease | undefined> {
    const { spool } = this.#context
    const key = markerKey(place, id)
    const lease = await this.#take(key)
    if (lease === undefined) return undefined
    if ((await this.#recordOf(place, id)) !== undefined) {
      await lease.release()
      return undefined
    }
    await lease.put(key, {})
    // A removal says so first, and looks for markers then; so one of the two sees the other.
    const isRemoved =
      (await spool.get(removalKey(place))) !== undefined ||
      (await findDocumentImport(spool, place.datamart.id, place.documentImport.id)) === undefined
    if (!isRemoved) return lease
    await lease.remove(key)
    await lease.release()
    throw new Problem('NOT_FOUND')
  }

  /** Ends the announcement: what is accepted is queued, and what is not is removed. It never fails. */
  async settle(place: Place, lease: SpoolLease): Promise<void> {
    try {
      await lease.release()
    } catch {
      // The lease ends by itself.
    }
    this.#work(place)
  }

  /** Asks the server that runs an execution to end it. */
  async cancel(place: Place, id: string): Promise<void> {
    await this.#context.spool.put(cancelationKey(place, id), {})
    const lease = this.#held.get(nameOf(place))
    if (lease === undefined) this.#work(place)
    else await this.#endCanceled(place, lease, [id])
  }

  /** Runs the removal of a document import while no server works on it. @throws Problem if an execution is not finished. */
  async removing(place: Place, remove: () => Promise<void>): Promise<void> {
    const { spool } = this.#context
    const atWork = (): Problem => new Problem('CONFLICT', 'an execution of the document import has not finished')
    const lease = await this.#take(queueKey(place))
    if (lease === undefined) throw atWork()
    try {
      await lease.put(removalKey(place), {})
      const markers = byImport(await spool.list(markersOf(place.datamart)))
      if (markers.has(place.documentImport.id)) throw atWork()
      await remove()
    } finally {
      await lease.remove(removalKey(place))
      await lease.release()
    }
  }

  /** Looks at the markers now, and then again and again until `stop`. */
  async resume(): Promise<void> {
    await this.#look()
    this.#lookLater()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#timer)
    await this.#looking?.catch(() => undefined)
    await this.idle()
  }

  /** The number of queues that this server has the lease of. */
  get leases(): number {
    return this.#held.size
  }

  /** Returns how many uploads arrived or were not finished at the last look. */
  unfinished(datamart: string): number {
    return this.#seen.get(datamart) ?? 0
  }

  /** Resolves once this server works on no queue. */
  async idle(): Promise<void> {
    while (this.#atWork.size > 0) await Promise.all(this.#atWork.values())
  }

  #lookLater(): void {
    if (this.#isStopping) return
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => this.#lookLater())
    }, lookEvery)
    if (typeof this.#timer === 'object') this.#timer.unref()
  }

  #failed(error: unknown): void {
    this.#context.log({ _tag: 'RequestFailed', requestId: 'none', route: 'queue', error: errorName(error) })
  }

  async #look(): Promise<void> {
    const { spool, datamarts } = this.#context
    for (const datamart of datamarts.values()) {
      const markers = await spool.list(markersOf(datamart))
      this.#seen.set(datamart.id, markers.length)
      // They are few, and the markers may be many.
      const canceled = byImport(await spool.list(cancelationsOf(datamart)))
      for (const [importId, ids] of byImport(markers)) {
        const documentImport = await findDocumentImport(spool, datamart.id, importId)
        if (documentImport === undefined) await this.#collect(datamart, importId, ids)
        else await this.#lookAt({ datamart, documentImport }, canceled.get(importId) ?? [])
      }
    }
  }

  async #lookAt(place: Place, canceled: ReadonlyArray<string>): Promise<void> {
    const lease = this.#held.get(nameOf(place))
    if (lease !== undefined) await this.#endCanceled(place, lease, canceled)
    this.#work(place)
  }

  /** Ends those of these executions that are canceled. */
  async #endCanceled(place: Place, lease: SpoolLease, ids: ReadonlyArray<string>): Promise<void> {
    const { spool } = this.#context
    const { datamart, documentImport } = place
    for (const id of ids) {
      if ((await spool.get(cancelationKey(place, id))) === undefined) continue
      const running = this.#runner.find(datamart, documentImport, id)
      if (running !== undefined) {
        if (running.record.isCanceled !== true) await this.#runner.cancel(running)
        continue
      }
      const record = await this.#recordOf(place, id)
      if (record?.status === undefined && record !== undefined && record.start_date === undefined)
        await this.#runner.cancel(this.#jobOf(place, lease, record))
    }
  }

  #jobOf(place: Place, lease: SpoolLease, record: ExecutionRecord): Job {
    const settled = (): Promise<void> => this.#settled(place, lease, record.id)
    return jobOf({ ...place, record, spool: lease, lost: lease.lost, settled })
  }

  async #recordOf({ datamart, documentImport }: Place, id: string): Promise<ExecutionRecord | undefined> {
    const record = await this.#context.spool.get([...executionKey(datamart, documentImport), id])
    return record as ExecutionRecord | undefined
  }

  /** Removes the markers of a document import that is no more. */
  async #collect(datamart: Datamart, importId: string, ids: ReadonlyArray<string>): Promise<void> {
    for (const id of ids) {
      const key = [...markersOf(datamart), `${importId}-${id}`]
      const lease = await this.#take(key)
      await lease?.remove([datamart.id, 'uploads', `${importId}-${id}`])
      await lease?.remove(key)
      await lease?.release()
    }
  }

  /** Works on a queue, unless another server does. */
  #work(place: Place): void {
    const name = nameOf(place)
    if (this.#isStopping) return
    if (this.#atWork.has(name)) {
      this.#again.add(name)
      return
    }
    const done = this.#drain(place)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#atWork.delete(name)
        if (this.#again.delete(name)) this.#work(place)
      })
    this.#atWork.set(name, done)
  }

  async #drain(place: Place): Promise<void> {
    const lease = await this.#take(queueKey(place))
    if (lease === undefined) return
    this.#held.set(nameOf(place), lease)
    try {
      while (await this.#runAll(place, lease)) {
        // Others may have come meanwhile.
      }
    } finally {
      this.#held.delete(nameOf(place))
      // If the store fails, the lease ends by itself.
      await lease.release().catch(() => undefined)
    }
  }

  /** Removes what says that an execution is not finished. */
  async #settled(place: Place, lease: SpoolLease, id: string): Promise<void> {
    await lease.remove(cancelationKey(place, id))
    await lease.remove(markerKey(place, id))
  }

  /**
   * Runs the executions that have markers now, in their order: each look reads the markers of all, so it is one for many
   * executions. Returns whether there was one, and each has ended.
   */
  async #runAll(place: Place, lease: SpoolLease): Promise<boolean> {
    const ids = byImport(await this.#context.spool.list(markersOf(place.datamart))).get(place.documentImport.id) ?? []
    let isAny = false
    for (const id of ascending(ids)) {
      if (this.#isStopping) return false
      const record = await this.#unfinished(place, lease, id)
      if (record === undefined) continue
      const job = this.#jobOf(place, lease, record)
      await this.#runner.run(job)
      if (job.record.status === undefined) return false
      isAny = true
    }
    return isAny
  }

  /** Returns an execution if it is not finished; else removes what it left. */
  async #unfinished(place: Place, lease: SpoolLease, id: string): Promise<ExecutionRecord | undefined> {
    await this.#endCanceled(place, lease, [id])
    const record = await this.#recordOf(place, id)
    if (record === undefined) await this.#removeUnaccepted(place, id)
    else if (!isExecutionRecord(record, place.documentImport, id)) await this.#setAside(place, lease, id)
    else if (record.status !== undefined) await this.#removeFinished(place, lease, id)
    else {
      const isCanceled = (await this.#context.spool.get(cancelationKey(place, id))) !== undefined
      return isCanceled ? { ...record, isCanceled } : record
    }
    return undefined
  }

  async #removeFinished(place: Place, lease: SpoolLease, id: string): Promise<void> {
    await lease.remove(contentKey({ ...place, record: { id } }, 'uploads'))
    await this.#settled(place, lease, id)
  }

  /** Removes an upload that is not there as a whole, if its server does not receive it any more. */
  async #removeUnaccepted(place: Place, id: string): Promise<void> {
    const key = markerKey(place, id)
    const lease = await this.#take(key)
    if (lease === undefined) return
    // It may have been accepted before the lease was free.
    if ((await this.#recordOf(place, id)) === undefined) {
      const upload = { ...place, record: { id } }
      await lease.remove(contentKey(upload, 'uploads'))
      await lease.remove(contentKey(upload, 'errors'))
      await lease.remove(key)
    }
    await lease.release()
  }

  async #setAside(place: Place, lease: SpoolLease, id: string): Promise<void> {
    const { spool, log } = this.#context
    const names = await spool.setAside([...executionKey(place.datamart, place.documentImport), id])
    await lease.remove(markerKey(place, id))
    for (const name of names) log({ _tag: 'SetAside', name })
  }
}
