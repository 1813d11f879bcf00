/** The two variables that make a run longer or shorter, or repeat it. */
import type { Budget } from './requirement.ts'

/** Returns `USERPOINT_RUNS` and `USERPOINT_SEED` as a budget; throws a `RangeError` for a value that is neither. */
export const budgetFrom = (environment: Readonly<Record<string, string | undefined>>): Partial<Budget> => {
  const { USERPOINT_RUNS: runs, USERPOINT_SEED: seed } = environment
  return { ...(runs === undefined ? {} : parseRuns(runs)), ...(seed === undefined ? {} : parseSeed(seed)) }
}

/** The few cases of a watch loop. */
const quickRuns = 0.02

const parseRuns = (text: string): Partial<Budget> => {
  if (text === 'quick') return { runs: quickRuns, extent: 'quick' }
  if (!/^(?:[1-9]\d{0,4}|0\.\d{1,3})$/.test(text) || Number(text) === 0)
    throw new RangeError(
      'USERPOINT_RUNS must be `quick`, a whole number from 1 to 99999, or a fraction from 0.001 to 0.999'
    )
  return { runs: Number(text) }
}

const parseSeed = (text: string): Partial<Budget> => {
  const parts = /^(?<seed>-?\d{1,10})(?:\/(?<key>[A-Za-z0-9.-]+)\/(?<path>\d+(?::\d+)*))?$/.exec(text)?.groups
  if (parts === undefined)
    throw new RangeError('USERPOINT_SEED must be a seed, or a seed/key/path as printed by a failure')
  const { seed, key, path } = parts
  return { seed: Number(seed), ...(key === undefined || path === undefined ? {} : { replay: { key, path } }) }
}
