import type { Stored } from '@userpoint/core/repository'
import { type BrokenStore, correctParts, type Disk, find } from './small-store.ts'

const caches = new WeakMap<Disk, Set<Map<string, Stored>>>()

/** Tells the other handles what was written, but not where a claim has gone when its document is not deleted. */
export const halfToldPeer: BrokenStore = {
  name: 'half-told peer',
  breaks: 'PO-3.histories',
  wrap: (correct, disk) => {
    const own = new Map<string, Stored>()
    const all = caches.get(disk) ?? new Set()
    caches.set(disk, all.add(own))
    return {
      ...correct,
      load: (references) =>
        references.map((reference) => {
          const found = find(disk, correctParts, reference)
          if (reference._tag === 'ById') return found
          const known = own.get(reference.claim)
          if (known !== undefined) return structuredClone(known)
          if (found !== undefined) own.set(reference.claim, found)
          return found
        }),
      commit: async (writes) => {
        const result = await correct.commit(writes)
        own.clear()
        const ids = writes
          .filter((write) => write.release.length === 0 || write.body === undefined)
          .map((write) => write.id)
        for (const cache of all) for (const [claim, one] of cache) if (ids.includes(one.id)) cache.delete(claim)
        return result
      }
    }
  }
}
