import { turn } from './disk-lock.ts'
import { apply, type BrokenStore, correctParts, type Disk, wouldLand } from './small-store.ts'

/** The last commit of each process. */
const queues = new WeakMap<Disk, Promise<unknown>>()

/** Lets one commit of its process through at a time, and checks before it writes: another process may come between. */
export const processLock: BrokenStore = {
  name: 'process lock',
  breaks: 'PO-8.processes',
  wrap: (correct, disk) => ({
    ...correct,
    commit: async (writes) => {
      const before = queues.get(disk)
      const mine = (async () => {
        await before?.catch(() => undefined)
        if (!wouldLand(disk, correctParts, writes)) return { _tag: 'Conflict' } as const
        await turn()
        apply(disk, correctParts, writes)
        return { _tag: 'Committed' } as const
      })()
      queues.set(disk, mine)
      return await mine
    }
  })
}
