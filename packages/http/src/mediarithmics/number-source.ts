/** Ids of document imports and executions: digits of a whole number that a JSON number keeps exactly, ordered by time. */

/** Returns a number that is not taken, larger than the ones before it. */
export type NumberSource = (isTaken: (number: string) => Promise<boolean>) => Promise<string>

// Milliseconds times this stay below 2^53 until the year 2255.
const perMillisecond = 1_000

/** @param clock Milliseconds since 1970; if it goes back, the numbers still ascend. */
export const createNumberSource = (clock: () => number): NumberSource => {
  let last = 0
  return async (isTaken) => {
    for (;;) {
      last = Math.max(last + 1, Math.floor(clock()) * perMillisecond)
      const number = `${last}`
      if (!(await isTaken(number))) return number
    }
  }
}

/** Returns when a number was made, in milliseconds since 1970, or later if the clock had gone back; `NaN` for another text. */
export const createdAt = (number: string): number => Math.floor(Number(number) / perMillisecond)

/** Orders numbers by size, although a text of digits is longer or shorter. */
export const ascending = (numbers: ReadonlyArray<string>): ReadonlyArray<string> =>
  numbers.toSorted((a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0))
