import type { Stored } from '@userpoint/core/repository'
import { type BrokenStore, correctParts, type Disk, find } from './small-store.ts'

const caches = new WeakMap<Disk, Map<string, Stored>>()

/** Keeps what it read for all handles of its process, and hears of no write of another process. */
export const processCache: BrokenStore = {
  name: 'process cache',
  breaks: 'PO-8.processes',
  wrap: (correct, disk) => {
    const cache = caches.get(disk) ?? new Map<string, Stored>()
    caches.set(disk, cache)
    return {
      ...correct,
      load: (references) =>
        references.map((reference) => {
          const key = reference._tag === 'ById' ? `${reference.kind} ${reference.id}` : `claim ${reference.claim}`
          const found = cache.get(key) ?? find(disk, correctParts, reference)
          if (found !== undefined) cache.set(key, found)
          return structuredClone(found)
        }),
      commit: (writes) => {
        cache.clear()
        return correct.commit(writes)
      }
    }
  }
}
