/** Stores whose calls a test watches or replaces, but for those of the limit of moments, which is raised every few seconds. */
import type { Repository, Write } from '../../src/repository/index.ts'

const isOfClock = (calls: ReadonlyArray<object>): boolean =>
  calls.length > 0 && calls.every((each) => 'kind' in each && (each.kind === 'clock' || each.kind === 'claim_key'))

/** Returns whether a batch is only the limit of moments. */
export const isClockBatch = (writes: ReadonlyArray<Write>): boolean => isOfClock(writes)

/** Returns the store with these calls instead of its own, except for the clock's document. */
export const besideClock = (
  repository: Repository,
  { load = repository.load, commit = repository.commit }: Partial<Pick<Repository, 'load' | 'commit'>>
): Repository => ({
  ...repository,
  load: (references) => (isOfClock(references) ? repository.load(references) : load(references)),
  commit: (writes) => (isOfClock(writes) ? repository.commit(writes) : commit(writes))
})
