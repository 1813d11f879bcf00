import type { BrokenStore } from './small-store.ts'

const known: ReadonlySet<string> = new Set(['user_point', 'execution', 'clock'])

/** Keeps the kinds of documents that it knows, and drops writes of all others. */
export const knownKinds: BrokenStore = {
  name: 'known kinds',
  breaks: 'A-52.owed',
  wrap: (correct) => ({
    ...correct,
    commit: (writes) => {
      const kept = writes.filter(({ kind }) => known.has(kind))
      return kept.length === 0 && writes.length > 0 ? { _tag: 'Committed' } : correct.commit(kept)
    }
  })
}
