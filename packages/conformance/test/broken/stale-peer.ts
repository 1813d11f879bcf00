import type { Stored } from '@userpoint/core/repository'
import { type BrokenStore, correctParts, find } from './small-store.ts'

/** Each handle remembers what it has read, and forgets it only when it writes itself. */
export const stalePeer: BrokenStore = {
  name: 'stale peer',
  breaks: 'PO-3.peer',
  wrap: (correct, disk) => {
    const remembered = new Map<string, Stored>()
    return {
      ...correct,
      load: (references) =>
        references.map((reference) => {
          const key = JSON.stringify(reference)
          const found = remembered.get(key) ?? find(disk, correctParts, reference)
          if (found !== undefined) remembered.set(key, found)
          return structuredClone(found)
        }),
      commit: (writes) => {
        remembered.clear()
        return correct.commit(writes)
      }
    }
  }
}
