import { StoreFault } from '@userpoint/core/repository'
import type { Disk } from './disk.ts'

/** Lets other work run; a killed process never continues. */
export const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve))
}

/** The behaviour if a lock is held for long. */
type Patience = 'takes it' | 'gives up'

/** Runs work under the disk's single lock. A process that is killed meanwhile leaves the lock behind. */
export const whileLocked = async <A>(disk: Disk, patience: Patience, work: () => Promise<A>): Promise<A> => {
  for (let turns = 0; disk.locks.has('all'); turns += 1) {
    if (turns === 50 && patience === 'gives up') throw new StoreFault('the lock is held', { applied: false })
    if (turns === 50) break
    await turn()
  }
  disk.locks.add('all')
  const result = await work()
  disk.locks.delete('all')
  return result
}
