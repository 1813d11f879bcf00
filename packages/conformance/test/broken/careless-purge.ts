import type { BrokenStore } from './small-store.ts'

/** Throws away a document that is there. */
export const carelessPurge: BrokenStore = {
  name: 'careless purge',
  breaks: 'PO-14.nothing-else',
  wrap: (correct, disk) => ({
    ...correct,
    purge: () => {
      disk.residue.length = 0
      for (const key of disk.rows.keys()) {
        disk.rows.delete(key)
        return
      }
    }
  })
}
