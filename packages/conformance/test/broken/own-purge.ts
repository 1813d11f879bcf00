import type { BrokenStore } from './small-store.ts'

/** Purges what this handle deleted, and not what another did. */
export const ownPurge: BrokenStore = {
  name: 'own purge',
  breaks: 'PO-14.beside-a-peer',
  wrap: (correct, disk) => {
    const own = new Set<string>()
    return {
      ...correct,
      commit: (writes) => {
        const before = disk.residue.length
        const result = correct.commit(writes)
        for (const text of disk.residue.slice(before)) own.add(text)
        return result
      },
      purge: () => {
        disk.residue.splice(0, disk.residue.length, ...disk.residue.filter((text) => !own.has(text)))
      }
    }
  }
}
