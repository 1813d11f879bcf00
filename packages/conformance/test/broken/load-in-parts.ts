import type { Stored } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Asks for 500 references at a time, each part at a moment of its own. */
export const loadInParts: BrokenStore = {
  name: 'load in parts',
  breaks: 'PO-2.one-moment',
  wrap: (correct) => ({
    ...correct,
    load: async (references) => {
      const found: Array<Stored | undefined> = []
      for (let from = 0; from < references.length; from += 500) {
        found.push(...(await correct.load(references.slice(from, from + 500))))
      }
      return found
    }
  })
}
