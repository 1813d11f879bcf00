import type { BrokenStore } from './small-store.ts'

/** Asks with one variable per reference, of which its database takes 32,766. */
export const shortLoad: BrokenStore = {
  name: 'short load',
  breaks: 'PO-1.many',
  wrap: (correct) => ({
    ...correct,
    load: (references) => {
      if (references.length > 32_766) throw new Error('too many variables')
      return correct.load(references)
    }
  })
}
