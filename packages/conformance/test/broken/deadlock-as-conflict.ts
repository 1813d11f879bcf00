import { turn } from './disk-lock.ts'
import type { BrokenStore, Disk } from './small-store.ts'

/** The documents that commits in progress have locked. */
const locked = new WeakMap<Disk, Set<string>>()

/** Reports a conflict if another commit has locked a document first, with any outcome of that commit. */
export const deadlockAsConflict: BrokenStore = {
  name: 'deadlock as conflict',
  breaks: 'PO-15.beside-conflicts',
  wrap: (correct, disk) => ({
    ...correct,
    commit: async (writes) => {
      const held = locked.get(disk) ?? new Set()
      locked.set(disk, held)
      const keys = writes.map(({ kind, id }) => `${kind} ${id}`)
      if (keys.some((key) => held.has(key))) return { _tag: 'Conflict' }
      for (const key of keys) held.add(key)
      try {
        await turn()
        return await correct.commit(writes)
      } finally {
        for (const key of keys) held.delete(key)
      }
    }
  })
}
