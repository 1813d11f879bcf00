import type { BrokenStore } from './small-store.ts'

/** Leaves out what it refuses, and writes the rest of the batch before it says so. */
export const partialRefusal: BrokenStore = {
  name: 'partial refusal',
  breaks: 'PO-17.refused',
  wrap: (correct, disk) => ({
    ...correct,
    commit: async (writes) => {
      try {
        return await correct.commit(writes)
      } catch (error) {
        const fine = writes.filter(
          ({ body }) => ![...disk.refused].some((text) => JSON.stringify(body)?.includes(text))
        )
        if (fine.length > 0 && fine.length < writes.length) await correct.commit(fine)
        throw error
      }
    }
  })
}
