/**
 * Idempotency keys of uploads. The spool keeps the digest of the upload and the first answer under the key, so that a
 * repeated request is answered alike and queues nothing.
 */
import { z } from 'zod'
import { sha256Of } from '../access.ts'
import type { Context, Datamart } from '../context.ts'
import { keyLifetime } from '../idempotency.ts'
import { keyText, type SpoolKey, type SpoolWriter } from '../spool.ts'
import type { ExecutionAnswer } from './answers.ts'
import type { DocumentImport } from './document-import.ts'
import { Problem } from './envelope.ts'
import { soundRecord } from './sound-record.ts'

/** The stored record of a key. */
export interface KeyedUpload {
  readonly execution: string
  readonly digest: string
  readonly creation_date: number
  readonly answer: ExecutionAnswer
}

export interface UploadKeys {
  /**
   * Runs a request under a key, alone.
   *
   * @param use Is given what an earlier request left, and what writes under the key.
   * @throws Problem if another request with this key is at work.
   */
  readonly holding: <A>(
    place: SpoolKey,
    use: (known: KeyedUpload | undefined, writer: SpoolWriter) => Promise<A>
  ) => Promise<A>
  /** Removes the keys of a datamart that are expired, or those of one document import. */
  readonly remove: (datamart: Datamart, which: DocumentImport | 'expired') => Promise<void>
}

/** Returns the place of a key within a document import. */
export const uploadKeyPlace = (datamart: Datamart, { id }: DocumentImport, key: string): SpoolKey => [
  datamart.id,
  'keys',
  `${id}-${sha256Of(key)}`
]

const keyedUpload = z.looseObject({
  execution: z.string(),
  digest: z.string(),
  creation_date: z.number(),
  answer: z.looseObject({})
})

const isKeyedUpload = (record: unknown): record is KeyedUpload => keyedUpload.safeParse(record).success

export const createUploadKeys = (context: Pick<Context, 'spool' | 'clock' | 'log'>): UploadKeys => {
  const { spool, clock } = context
  const held = new Set<string>()
  const find = async (place: SpoolKey): Promise<KeyedUpload | undefined> => {
    const found = await soundRecord(context, place, isKeyedUpload)
    return found === undefined || found.creation_date + keyLifetime <= clock() ? undefined : found
  }
  const holding: UploadKeys['holding'] = async (place, use) => {
    const name = keyText(place)
    if (held.has(name)) throw new Problem('KEY_IN_USE')
    held.add(name)
    try {
      // Another server that shares the spool may hold the key.
      const lease = await spool.lease?.(place)
      if (spool.lease !== undefined && lease === undefined) throw new Problem('KEY_IN_USE')
      try {
        return await use(await find(place), lease ?? spool)
      } finally {
        await lease?.release().catch(() => undefined)
      }
    } finally {
      held.delete(name)
    }
  }

  /** Removes a key, unless it is wanted or a request holds it. */
  const removeUnused = async (
    place: SpoolKey,
    isWanted: (known: KeyedUpload | undefined) => boolean
  ): Promise<void> => {
    try {
      await holding(place, async (known, writer) => (isWanted(known) ? undefined : writer.remove(place)))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
  }

  return {
    holding,
    remove: async (datamart, which) => {
      for (const name of await spool.list([datamart.id, 'keys'])) {
        const place = [datamart.id, 'keys', name]
        if (which === 'expired') {
          // First without the lease, since most are not expired.
          if ((await find(place)) === undefined) await removeUnused(place, (known) => known !== undefined)
        } else if (name.startsWith(`${which.id}-`)) await removeUnused(place, () => false)
      }
    }
  }
}
