import type { Stored } from '@userpoint/core/repository'
import { turn } from './disk-lock.ts'
import { apply, type BrokenStore, correctParts, type Disk, wouldLand } from './small-store.ts'

/** The pending writes of each process. */
const unwritten = new WeakMap<Disk, Promise<void>>()

/** Says that a batch is committed while it is on its way to the disk. No handle of the same process can tell. */
export const earlyAcknowledgement: BrokenStore = {
  name: 'early acknowledgement',
  breaks: 'PO-13.killed',
  wrap: (correct, disk) => {
    const settled = async (): Promise<void> => {
      await unwritten.get(disk)
    }
    const write = async (writes: Parameters<typeof correct.commit>[0]): Promise<void> => {
      for (let turns = 0; turns < 3; turns += 1) await turn()
      apply(disk, correctParts, writes)
    }
    return {
      ...correct,
      load: async (references) => {
        await settled()
        return await correct.load(references)
      },
      commit: async (writes) => {
        while (unwritten.has(disk)) await settled()
        if (!wouldLand(disk, correctParts, writes)) return { _tag: 'Conflict' }
        const pending = write(structuredClone(writes)).finally(() => unwritten.delete(disk))
        unwritten.set(disk, pending)
        // A killed process neither writes nor answers.
        pending.catch(() => undefined)
        return { _tag: 'Committed' }
      },
      async *scan(kind, options) {
        await settled()
        yield* correct.scan(kind, options) as Iterable<Stored>
      },
      purge: async () => {
        await settled()
        await correct.purge?.()
      }
    }
  }
}
