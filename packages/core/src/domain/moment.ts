/**
 * Moments order writes. They are finer than the clock: an import writes a hundred lines in a millisecond, and the order of
 * two lines must be known later.
 */

/** Thousandths of a millisecond since 1970, as a whole number. */
export type Moment = number

/** The number of moments in a millisecond. */
const momentsPerMillisecond = 1_000

// A double keeps every whole number up to 9,007,199,254,740,991. A later clock counts as the year 2255, so that moments can
// still grow.
const latestOfClock = 9_000_000_000_000_000

/** Returns the first moment of a millisecond. */
export const momentOf = (milliseconds: number): Moment =>
  Math.min(Math.floor(milliseconds * momentsPerMillisecond), latestOfClock)

/** Returns the millisecond of a moment. */
export const millisecondOf = (moment: Moment): number => Math.floor(moment / momentsPerMillisecond)

/** The times of creation and modification, with the moment of the last write in compact form. */
export type Dated = {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly modifiedAt: number
  /** The number of moments from `modifiedAt` to the last write; absent: 0. */
  readonly tick?: number
}

/** Returns the moment of the last write. */
export const lastWritten = ({ modifiedAt, tick = 0 }: Pick<Dated, 'modifiedAt' | 'tick'>): Moment =>
  momentOf(modifiedAt) + tick

/** Returns the `tick` of something that was written at this moment. */
export const tickOf = (moment: Moment, modifiedAt: number): number => moment - momentOf(modifiedAt)

/**
 * Returns the times after a write. The creation is the earliest write and the modification the latest, even if the clock goes
 * back, so that they do not depend on the order of the writes.
 */
export const timesAt = (
  before: { readonly createdAt: number; readonly modifiedAt: number } | undefined,
  now: number
): { readonly createdAt: number; readonly modifiedAt: number } =>
  before === undefined
    ? { createdAt: now, modifiedAt: now }
    : { createdAt: Math.min(before.createdAt, now), modifiedAt: Math.max(before.modifiedAt, now) }
