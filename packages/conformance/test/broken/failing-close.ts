import type { BrokenStore } from './small-store.ts'

/** Fails to close once it has been used. */
export const failingClose: BrokenStore = {
  name: 'failing close',
  breaks: 'PO-16.close',
  wrap: (correct) => {
    let used = false
    return {
      ...correct,
      load: (references) => {
        used = true
        return correct.load(references)
      },
      close: () => {
        if (used) throw new Error('statements are not finalized')
      }
    }
  }
}
