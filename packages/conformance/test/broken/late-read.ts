import type { BrokenStore } from './small-store.ts'

/** Rebases an update on the newest version instead of refusing it, where the handle has read the document before. */
export const lateRead: BrokenStore = {
  name: 'late read',
  breaks: 'PO-8.interleaved',
  wrap: (correct) => {
    const seen = new Set<string>()
    return {
      ...correct,
      load: async (references) => {
        const found = await correct.load(references)
        if (references.length === 1) for (const one of found) seen.add(`${one?.id} ${one?.version}`)
        return found
      },
      commit: async (writes) => {
        const [first] = writes
        if (writes.length !== 1 || first === undefined || !seen.has(`${first.id} ${first.expected}`)) {
          return await correct.commit(writes)
        }
        const [now] = await correct.load([{ _tag: 'ById', kind: first.kind, id: first.id }])
        return await correct.commit([{ ...first, expected: now?.version ?? 0 }])
      }
    }
  }
}
