import type { BrokenStore } from './small-store.ts'

/** Commits the entry of a batch after the batch, and dies between the two now and then. */
export const entryOutside: BrokenStore = {
  name: 'entry outside',
  breaks: 'L-42.replay',
  wrap: (correct) => {
    let batches = 0
    return {
      ...correct,
      commit: async (writes) => {
        const entries = writes.filter(({ kind, body }) => kind === 'change' && body !== undefined)
        const others = writes.filter((write) => !entries.includes(write))
        if (entries.length === 0 || others.length === 0) return correct.commit(writes)
        const result = await correct.commit(others)
        if (result._tag === 'Conflict') return result
        batches += 1
        if (batches % 3 === 0) throw new Error('the process died')
        return correct.commit(entries)
      }
    }
  }
}
