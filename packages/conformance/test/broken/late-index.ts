import { type BrokenStore, type Disk, emptyDisk } from './small-store.ts'

const moved = new WeakMap<Disk, Set<string>>()

/** Keeps moved claims in memory, and loses them when it is reopened. */
export const lateIndex: BrokenStore = {
  name: 'late index',
  breaks: 'PO-13.histories',
  wrap: (correct, disk) => {
    const lost = moved.get(disk) ?? new Set()
    moved.set(disk, lost)
    return {
      ...correct,
      commit: async (writes) => {
        const result = await correct.commit(writes)
        const free = writes.flatMap((write) => write.release)
        for (const claim of writes.flatMap((write) => write.claim)) {
          if (result._tag === 'Committed' && free.includes(claim)) lost.add(claim)
        }
        return result
      }
    }
  },
  reopened: (disk) => {
    const lost = moved.get(disk)
    return { ...emptyDisk(), rows: disk.rows, claims: new Map([...disk.claims].filter(([claim]) => !lost?.has(claim))) }
  }
}
