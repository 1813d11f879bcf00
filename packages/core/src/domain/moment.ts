/**
 * Moments order what was written. They are finer than the clock: an import writes a hundred lines in a millisecond, and
 * the later of two lines must be known to be the later one.
 */

/** Thousandths of a millisecond since 1970, as a whole number. */
export type Moment = number

/** How many moments one millisecond has. */
const momentsPerMillisecond = 1_000

// A double keeps every whole number up to 9,007,199,254,740,991. A clock beyond the year 2255 stands still here, so that
// moments can still grow.
const latestOfClock = 9_000_000_000_000_000

/** The first moment of a millisecond. */
export const momentOf = (milliseconds: number): Moment =>
  Math.min(Math.floor(milliseconds * momentsPerMillisecond), latestOfClock)

/** The millisecond that a moment belongs to. */
export const millisecondOf = (moment: Moment): number => Math.floor(moment / momentsPerMillisecond)

/** What was created and later modified, with the moment of its last write in compact form. */
export type Dated = {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly modifiedAt: number
  /** How many moments after `modifiedAt` it was last written; absent: none. */
  readonly tick?: number
}

/** The moment of the last write. */
export const lastWritten = ({ modifiedAt, tick = 0 }: Pick<Dated, 'modifiedAt' | 'tick'>): Moment =>
  momentOf(modifiedAt) + tick

/** The `tick` of something that was written at this moment. */
export const tickOf = (moment: Moment, modifiedAt: number): number => moment - momentOf(modifiedAt)

/**
 * The times of what is written now: a creation is never later, and a modification never earlier, than any other write,
 * whatever the clock does. So they do not depend on the order of the writes.
 */
export const timesAt = (
  before: { readonly createdAt: number; readonly modifiedAt: number } | undefined,
  now: number
): { readonly createdAt: number; readonly modifiedAt: number } =>
  before === undefined
    ? { createdAt: now, modifiedAt: now }
    : { createdAt: Math.min(before.createdAt, now), modifiedAt: Math.max(before.modifiedAt, now) }
