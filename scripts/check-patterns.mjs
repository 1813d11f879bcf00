/**
 * Checks that every regular expression of the packages takes linear time on any text, since senders choose the text, and at
 * most a millisecond on hostile texts of 512 characters. A
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

/** The length of a hostile text, and the milliseconds that a pattern has for it. */
const length = 512
const longest = 1

/**
 * Returns texts that make a pattern try again and again: its own characters and pairs of them, repeated, with an end that does
 * not match.
 *
 * @param {string} source
 */
const hostileTexts = (source) => {
  const characters = [
    ...new Set(Array.from(`${source.replaceAll(/\\[a-zA-Z]/g, '').replaceAll(/[\\()[\]{}?*+^$|]/g, '')}a0 @.\n"`))
  ]
  const units = [...characters, ...characters.flatMap((a) => ['@', '.', ' ', '0'].map((b) => a + b))]
  return units.flatMap((unit) => {
    const text = unit.repeat(length).slice(0, length - 1)
    return [`${text}!`, `${text}\0`, `${text}\n`]
  })
}

/**
 * Returns the slowest hostile text of a pattern that takes too long each of several times; `undefined`: none does.
 *
 * @param {string} source
 * @param {string} flags
 */
const slowText = (source, flags) => {
  const pattern = new RegExp(source, flags)
  const takesLong = (/** @type {string} */ text) => {
    const startedAt = performance.now()
    pattern.lastIndex = 0
    pattern.test(text)
    return performance.now() - startedAt > longest
  }
  // A machine that does something else is slow once, and a pattern each time.
  return hostileTexts(source).find((text) => Array.from({ length: 8 }).every(() => takesLong(text)))
}

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
  const faults = [...faultsOf(patterns)]
  if (slowText('^.+@.+\\..+$', '') === undefined) throw new Failed('no hostile text makes a cubic pattern slow')
  for (const { place, source, flags } of patterns)
    if (source !== undefined && slowText(source, flags) !== undefined)
      faults.push(`${place}: /${source}/${flags} takes over ${longest} ms for ${length} hostile characters`)
  if (faults.length > 0) throw new Failed(faults.join('\n'))
})
