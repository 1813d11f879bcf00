/** Closing: after the purge in the background, which is waited for no longer than a bound. */
import { UserpointFailed } from './failure.ts'

/**
 * Closes once `idle` resolves.
 *
 * @param bound The longest wait, in milliseconds.
 * @throws {UserpointFailed} `PURGE_FAILED`: the bound is over; it closes later.
 */
export const closeWithin = async (bound: number, idle: Promise<void>, close: () => Promise<void>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), bound)
  })
  const first = await Promise.race([idle, late])
  clearTimeout(timer)
  if (first !== 'late') return close()
  // A handle is not closed while a call on it runs. No caller is left for an error of that close.
  void idle.then(close).catch(() => undefined)
  throw new UserpointFailed({
    _tag: 'PurgeFailed',
    cause: new Error(`the purge is still at work after ${bound / 1_000} seconds; the store is closed when it has ended`)
  })
}
