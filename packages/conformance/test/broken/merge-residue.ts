import type { BrokenStore } from './small-store.ts'

/** Purges what deletions left, but for those of batches that write others too, as the merge of two people does. */
export const mergeResidue: BrokenStore = {
  name: 'merge residue',
  breaks: 'PO-14.traces',
  wrap: (correct, disk) => {
    const merged: Array<string> = []
    return {
      ...correct,
      commit: (writes) => {
        if (writes.some(({ body }) => body !== undefined)) {
          for (const { kind, id, body } of writes) {
            const before = disk.rows.get(`${kind} ${id}`)
            if (body === undefined && before !== undefined) merged.push(before.text)
          }
        }
        return correct.commit(writes)
      },
      purge: () => {
        disk.residue.splice(0, disk.residue.length, ...merged)
      }
    }
  }
}
