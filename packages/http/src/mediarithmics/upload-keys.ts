/**
 * Idempotency keys of uploads. The spool keeps the digest of the upload and the first answer under the key, so that a
 * repeated request is answered alike and queues nothing.
 */
import { sha256Of } from '../access.ts'
import type { Datamart } from '../context.ts'
import { keyLifetime } from '../idempotency.ts'
import { keyText, type Spool, type SpoolKey } from '../spool.ts'
import type { ExecutionAnswer } from './answers.ts'
import type { DocumentImport } from './document-import.ts'
import { Problem } from './envelope.ts'

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
   * @param use Is given what an earlier request left.
   * @throws Problem if another request with this key is at work.
   */
  readonly holding: <A>(
    place: SpoolKey,
    use: (known: KeyedUpload | undefined, keep: (kept: KeyedUpload) => Promise<void>) => Promise<A>
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

export const createUploadKeys = (spool: Spool, clock: () => number): UploadKeys => {
  const held = new Set<string>()
  const find = async (place: SpoolKey): Promise<KeyedUpload | undefined> => {
    const found = (await spool.get(place)) as KeyedUpload | undefined
    return found === undefined || found.creation_date + keyLifetime <= clock() ? undefined : found
  }
  return {
    holding: async (place, use) => {
      const name = keyText(place)
      if (held.has(name)) throw new Problem('KEY_IN_USE')
      held.add(name)
      try {
        // Another server that shares the spool may hold the key.
        const lease = await spool.lease?.(place)
        if (spool.lease !== undefined && lease === undefined) throw new Problem('KEY_IN_USE')
        try {
          return await use(await find(place), (kept) => (lease ?? spool).put(place, { ...kept }))
        } finally {
          await lease?.release().catch(() => undefined)
        }
      } finally {
        held.delete(name)
      }
    },
    remove: async (datamart, which) => {
      for (const name of await spool.list([datamart.id, 'keys'])) {
        const place = [datamart.id, 'keys', name]
        const isWanted = which === 'expired' ? (await find(place)) !== undefined : !name.startsWith(`${which.id}-`)
        if (!isWanted && !held.has(keyText(place))) await spool.remove(place)
      }
    }
  }
}
