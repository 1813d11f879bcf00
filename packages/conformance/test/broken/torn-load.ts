import type { Stored } from '@userpoint/core/repository'
import { type BrokenStore, correctParts, find } from './small-store.ts'

/** Waits between two references of a load, and so sees more than one moment. */
export const tornLoad: BrokenStore = {
  name: 'torn load',
  breaks: 'PO-2.one-moment',
  wrap: (correct, disk) => ({
    ...correct,
    load: async (references) => {
      const found: Array<Stored | undefined> = []
      for (const reference of references) {
        found.push(find(disk, correctParts, reference))
        await undefined
      }
      return found
    }
  })
}
