import type { Write } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** A load sees half of the batch that its own handle is about to commit. */
export const ownHalf: BrokenStore = {
  name: 'own half',
  breaks: 'PO-8.overlapping',
  wrap: (correct) => {
    let begun: Write | undefined
    return {
      ...correct,
      load: async (references) => {
        const found = await correct.load(references)
        return found.map((stored) => {
          const body = begun?.id === stored?.id ? begun?.body : undefined
          return stored && body ? { ...stored, body, version: (begun?.expected ?? 0) + 1 } : stored
        })
      },
      commit: async (writes) => {
        begun = writes[0]
        await undefined
        const result = await correct.commit(writes)
        begun = undefined
        return result
      }
    }
  }
}
