/** Limits the requests of partners, counted within one process. */
import type { Limits } from '@userpoint/settings'
import type { RateLimiter } from './insider/access.ts'

const minute = 60_000

/** Allows each partner the requests of its limit in each minute of the clock (B-24). */
export const createRateLimiter = (
  limitsOf: (partner: string) => Pick<Limits, 'requestsPerMinute'> | undefined,
  clock: () => number
): RateLimiter => {
  const counts = new Map<string, { window: number; count: number }>()
  return {
    take: (partner) => {
      const most = limitsOf(partner)?.requestsPerMinute ?? 0
      const window = Math.floor(clock() / minute)
      const known = counts.get(partner)
      if (known === undefined || known.window !== window) {
        counts.set(partner, { window, count: 1 })
        return most > 0
      }
      known.count++
      return known.count <= most
    }
  }
}

/** Returns the seconds until a partner may send again, at least 1. */
export const secondsUntilNext = (clock: () => number): number => Math.ceil((minute - (clock() % minute)) / 1_000)
