/** Chance that a seed repeats, and waiting that ends. */
import { setTimeout } from 'node:timers/promises'

export interface Chance {
  /** Returns a whole number from 0 up to, and without, `most`. */
  readonly below: (most: number) => number
}

/** Mulberry32. */
export const chanceFrom = (seed: number): Chance => {
  let state = seed | 0
  return {
    below: (most) => {
      state = (state + 0x6d2b79f5) | 0
      let t = Math.imul(state ^ (state >>> 15), 1 | state)
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
      return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * most)
    }
  }
}

export const pause = async (milliseconds: number): Promise<void> => setTimeout(milliseconds)

/** @throws RangeError if the work does not end within so many milliseconds. */
export const within = async <A>(milliseconds: number, work: Promise<A>): Promise<A> => {
  const timer = new AbortController()
  const late = setTimeout(milliseconds, 'late' as const, { signal: timer.signal })
  late.catch(() => undefined)
  try {
    const first = await Promise.race([work.then((value) => ({ value })), late])
    if (first === 'late') throw new RangeError(`no end within ${milliseconds / 1_000} s`)
    return first.value
  } finally {
    timer.abort()
  }
}
