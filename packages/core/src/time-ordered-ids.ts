/** Time-ordered ids, which ask for random bytes once for many: asking for each takes longer than all else that an id costs. */

/** The sources of an id's parts. */
export interface IdSources {
  /** Returns the time in milliseconds since 1970: `Date.now`. */
  readonly clock: () => number
  /** Fills these bytes with random ones: `(bytes) => crypto.getRandomValues(bytes)`. */
  readonly fillRandom: (bytes: Uint8Array) => unknown
}

const digitsPerId = 15
const bytesAtOnce = 8_192
const mostInMillisecond = 0xfff

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
// The first digit of the variant: its two upper bits are fixed, the others are random.
const variants: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: 16 }, (_, digit) => [digit.toString(16), (8 + (digit & 3)).toString(16)])
)

/**
 * Returns a source of UUIDs of version 7, for `newId` of an engine. Each is greater than the one before it, also if the clock
 * stands still or is set back. The ids of one source never repeat; those of two have 62 random bits each.
 *
 * @example
 * ```ts
 * import { createTimeOrderedIds } from '@userpoint/core'
 *
 * const newId = createTimeOrderedIds({ clock: Date.now, fillRandom: (bytes) => crypto.getRandomValues(bytes) })
 * const [first, second] = [newId(), newId()]
 * console.log(first.length, first < second) // => 36 true
 * ```
 */
export const createTimeOrderedIds = ({ clock, fillRandom }: IdSources): (() => string) => {
  const bytes = new Uint8Array(bytesAtOnce)
  let digits = ''
  let used = 0
  let millisecond = Number.NEGATIVE_INFINITY
  let inMillisecond = 0
  /** The digits of the time, and those of the version. */
  let start = ''

  const beginMillisecond = (at: number): void => {
    millisecond = at
    inMillisecond = 0
    const time = at.toString(16).padStart(12, '0')
    start = `${time.slice(0, 8)}-${time.slice(8)}-7`
  }

  const refill = (): void => {
    fillRandom(bytes)
    digits = ''
    for (const byte of bytes) digits += hexOfByte[byte] as string
    used = 0
  }

  return () => {
    if (used + digitsPerId + 1 > digits.length) refill()
    const now = Math.floor(clock())
    if (now > millisecond) beginMillisecond(now)
    // The next millisecond begins early, so that the order is kept.
    else if (++inMillisecond > mostInMillisecond) beginMillisecond(millisecond + 1)
    const order = hexOfByte[inMillisecond & 0xff] as string
    const variant = variants[digits[used] as string] as string
    const random = digits.slice(used + 1, used + 1 + digitsPerId)
    used += digitsPerId + 1
    return `${start}${(inMillisecond >> 8).toString(16)}${order}-${variant}${random.slice(0, 3)}-${random.slice(3)}`
  }
}
