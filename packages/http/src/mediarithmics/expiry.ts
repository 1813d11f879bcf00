/**
 * Removes finished executions with their files some time after their end, and expired idempotency keys: error files say
 * what was wrong with a line of a person, and names of files may be personal, so none may outlive an erasure for long.
 */
import type { Context, Datamart } from '../context.ts'
import { errorName } from '../log.ts'
import { pause } from '../pause.ts'
import type { SpoolLease } from '../spool.ts'
import { documentImportIds } from './document-import.ts'
import { contentKey, executionKey, type Place, soundExecution } from './execution-record.ts'
import { ascending, createdAt } from './number-source.ts'
import type { UploadKeys } from './upload-keys.ts'

/** The milliseconds in an hour, which is also how long after a look the next one comes. */
const hour = 3_600_000

export class Expiry {
  readonly #context: Context
  readonly #keys: UploadKeys
  #running: Promise<void> = Promise.resolve()
  #timer: ReturnType<typeof setTimeout> | undefined
  #lookedAt = -Infinity
  #isStopping = false

  constructor(context: Context, keys: UploadKeys) {
    this.#context = context
    this.#keys = keys
  }

  /** Looks for what has expired in the background, unless the last look is less than an hour ago, and then each hour. */
  resume(): void {
    if (this.#isStopping) return
    clearTimeout(this.#timer)
    if (this.#context.clock() - this.#lookedAt >= hour) {
      this.#lookedAt = this.#context.clock()
      // Not after the one before, which a worker may have dropped in the middle.
      this.#running = this.now()
    }
    this.#timer = setTimeout(() => this.resume(), hour)
    if (typeof this.#timer === 'object') this.#timer.unref()
  }

  /** Removes what has expired. It never fails: what is left is found by the next look. */
  async now(): Promise<void> {
    for (const datamart of this.#context.datamarts.values()) {
      await this.#attempt(() => this.#expireAlone(datamart))
      await this.#attempt(() => this.#keys.remove(datamart, 'expired'))
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#isStopping) return
    try {
      await work()
    } catch (error) {
      this.#context.log({ _tag: 'RequestFailed', requestId: 'none', route: 'expiry', error: errorName(error) })
    }
  }

  /** Resolves once no look is at work. */
  idle(): Promise<void> {
    return this.#running
  }

  /** Ends a look after its current execution, and begins no other. */
  stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#timer)
    return this.#running
  }

  /** Of the servers that share a spool, one looks at a time. */
  async #expireAlone(datamart: Datamart): Promise<void> {
    const { spool, log, metrics } = this.#context
    const lease = await spool.lease?.([datamart.id, 'expiry'])
    if (spool.lease !== undefined && lease === undefined) return
    let count = 0
    try {
      for (const importId of await documentImportIds(spool, datamart.id))
        count += await this.#expire({ datamart, documentImport: { id: importId } }, lease)
    } finally {
      await lease?.release().catch(() => undefined)
      if (count > 0) {
        metrics?.expired?.(count)
        log({ _tag: 'Expired', datamart: datamart.id, executions: count })
      }
    }
  }

  /** Removes the expired executions of a document import. Returns their number. */
  async #expire(
    { datamart, documentImport }: Pick<Place, 'documentImport'> & { readonly datamart: Datamart },
    lease: SpoolLease | undefined
  ): Promise<number> {
    const { spool, clock } = this.#context
    const writer = lease ?? spool
    const last = clock() - datamart.limits.executionsKeptHours * hour
    const below = executionKey(datamart, documentImport)
    let count = 0
    for (const id of ascending(await spool.list(below))) {
      // Those after it were created later still.
      if (this.#isStopping || createdAt(id) > last) break
      const turn = pause()
      if (turn !== undefined) await turn
      const place = { datamart, documentImport, record: { id } }
      const record = await soundExecution(this.#context, place)
      if (record?.status === undefined || (record.end_date ?? record.creation_date) > last) continue
      await writer.remove(contentKey(place, 'uploads'))
      await writer.remove(contentKey(place, 'errors'))
      // Last, so that a removal that was interrupted is repeated.
      await writer.remove([...below, id])
      count++
    }
    return count
  }
}
