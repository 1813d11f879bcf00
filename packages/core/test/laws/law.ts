/**
 * One law as one test. `USERPOINT_RUNS` multiplies the number of random cases: `npm test` tries a part of them, a campaign
 * more. `USERPOINT_SEED` moves the starting point, which is the same in every run otherwise. A failure prints the seed, and
 * the smallest counterexample.
 */
import fc from 'fast-check'
import { test } from 'vitest'

const { USERPOINT_RUNS: runsText = '1', USERPOINT_SEED: seedText = '1' } = process.env

if (!/^(?:[1-9]\d{0,4}|0\.\d{1,3})$/.test(runsText) || Number(runsText) === 0)
  throw new RangeError('USERPOINT_RUNS must be a whole number from 1 to 99999, or a fraction from 0.001 to 0.999')
// What follows a slash is the conformance suite's own.
if (!/^-?\d{1,10}(\/.*)?$/.test(seedText)) throw new RangeError('USERPOINT_SEED must be a whole number')

const multiplier = Number(runsText)
export const seed = Number.parseInt(seedText, 10)
export const timeout = 60_000 * Math.max(1, multiplier)

/** A number of random cases, multiplied by `USERPOINT_RUNS`; at least one. */
export const times = (cases: number): number => Math.max(1, Math.round(cases * multiplier))

/**
 * A test that a predicate holds for all values.
 *
 * @param title Starts with the law's number, `[L-nn]`.
 * @param holds Gives `false`, or throws, where it does not hold.
 * @param runs The number of random cases, before it is multiplied.
 */
export const law = <A>(
  title: string,
  values: fc.Arbitrary<A>,
  holds: (value: A) => boolean | void | Promise<boolean | void>,
  runs = 200
): void => {
  test(title, { timeout }, () =>
    fc.assert(
      fc.asyncProperty(values, async (value) => holds(value)),
      { numRuns: times(runs), seed }
    )
  )
}
