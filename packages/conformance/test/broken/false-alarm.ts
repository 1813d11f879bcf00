import { StoreFault } from '@userpoint/core/repository'
import type { BrokenStore, Disk } from './small-store.ts'

/** The number of writes of each disk. */
const writings = new WeakMap<Disk, number>()

// An engine reads its clock and its key, and moves its clock, between a load and the commit that rests on it: these calls are no
// part of a unit.
const clock = 'clock'
const aside: ReadonlySet<string> = new Set([clock, 'claim_key'])

/** Reports that nothing was written although it was, if another handle has written since this one last read. */
export const falseAlarm: BrokenStore = {
  name: 'false alarm',
  breaks: 'L-29.faults',
  wrap: (correct, disk) => {
    let seen = 0
    const now = (): number => writings.get(disk) ?? 0
    return {
      ...correct,
      load: (references) => {
        if (!references.every((each) => each._tag === 'ById' && aside.has(each.kind))) seen = now()
        return correct.load(references)
      },
      commit: async (writes) => {
        if (writes.every(({ kind }) => kind === clock)) return correct.commit(writes)
        const isLate = seen !== now() && seen !== 0
        const result = await correct.commit(writes)
        if (result._tag === 'Conflict') return result
        writings.set(disk, now() + 1)
        seen = now()
        if (isLate) throw new StoreFault('the session is out of date', { applied: false })
        return result
      }
    }
  }
}
