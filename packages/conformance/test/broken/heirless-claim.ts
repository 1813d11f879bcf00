import type { BrokenStore } from './small-store.ts'

/** Lets a claim that moves from a document that is deleted in the same batch die with it. */
export const heirlessClaim: BrokenStore = {
  name: 'heirless claim',
  breaks: 'PO-10.histories',
  wrap: (correct, disk) => ({
    ...correct,
    commit: async (writes) => {
      const result = await correct.commit(writes)
      if (result._tag === 'Conflict') return result
      const dying = writes.filter((write) => write.body === undefined).flatMap((write) => write.release)
      const taken = writes.filter((write) => write.expected > 1).flatMap((write) => write.claim)
      for (const claim of taken) if (dying.includes(claim)) disk.claims.delete(claim)
      return result
    }
  })
}
