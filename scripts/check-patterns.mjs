/**
 * Checks that every regular expression of the packages takes linear time on any text, since senders choose the text. A
 * pattern that is built at run time is an error, because this script cannot read it.
 *
 * Usage: node scripts/check-patterns.mjs
 */
import { checkSync } from 'recheck'
import { patternsIn, patternsOfPackages } from './patterns.mjs'
import { exitWith, Failed } from './process.mjs'

/** Files whose patterns are built at run time, each with the reason why they take linear time. */
const builtAtRunTime = new Map([
  [
    'packages/userpoint/src/csv/read-csv.ts',
    'a row of cells with one delimiter: each character can be matched in one way'
  ]
])

/**
 * @param {ReadonlyArray<import('./patterns.mjs').Pattern>} patterns
 * @returns {ReadonlyArray<string>}
 */
const faultsOf = (patterns) => {
  /** @type {Map<string, string | undefined>} */
  const known = new Map()
  return patterns.flatMap(({ place, source, flags }) => {
    if (source === undefined)
      return builtAtRunTime.has(place.split(':')[0] ?? '') ? [] : [`${place}: a pattern is built at run time`]
    const text = `/${source}/${flags}`
    if (!known.has(text)) {
      const result = checkSync(source, flags)
      known.set(
        text,
        result.status === 'vulnerable'
          ? result.complexity.summary
          : result.status === 'safe'
            ? undefined
            : result.status
      )
    }
    const fault = known.get(text)
    return fault === undefined ? [] : [`${place}: ${text} takes longer than linear time: ${fault}`]
  })
}

// Each must be found; a check that finds nothing anywhere would pass.
const planted = [`const shape = /^.+@.+\\..+$/`, `const made = new RegExp(text)`, `const spaces = /\\s+$/`]

exitWith(async () => {
  const missed = planted.filter((text) => faultsOf(patternsIn('planted.ts', text)).length !== 1)
  if (missed.length > 0) throw new Failed(`the check does not find: ${missed.join('; ')}`)
  const patterns = patternsOfPackages()
  if (patterns.length === 0) throw new Failed('the check found no pattern')
  const faults = faultsOf(patterns)
  if (faults.length > 0) throw new Failed(faults.join('\n'))
})
