import type { BrokenStore } from './small-store.ts'

/** Copies what is there and puts the copy in its place, without what was committed to the old one meanwhile. */
export const hastyPurge: BrokenStore = {
  name: 'hasty purge',
  breaks: 'PO-14.beside-commits',
  wrap: (correct, disk) => ({
    ...correct,
    purge: async () => {
      const [rows, claims] = [[...disk.rows], [...disk.claims]]
      await new Promise((resolve) => setImmediate(resolve))
      disk.rows.clear()
      for (const [key, row] of rows) disk.rows.set(key, row)
      disk.claims.clear()
      for (const [claim, key] of claims) disk.claims.set(claim, key)
      await correct.purge?.()
    }
  })
}
