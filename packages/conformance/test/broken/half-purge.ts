import type { BrokenStore } from './small-store.ts'

/** Purges what deletions left, and not what was overwritten. */
export const halfPurge: BrokenStore = {
  name: 'half purge',
  breaks: 'PO-14.overwritten',
  wrap: (correct, disk) => {
    const overwritten: Array<string> = []
    return {
      ...correct,
      commit: (writes) => {
        for (const { kind, id, body } of writes) {
          const before = disk.rows.get(`${kind} ${id}`)
          if (body !== undefined && before !== undefined) overwritten.push(before.text)
        }
        return correct.commit(writes)
      },
      purge: () => {
        disk.residue.splice(0, disk.residue.length, ...overwritten)
      }
    }
  }
}
