/** Small pieces of work in one process, in turns, after a warm-up: how often each is done in a second, and ratios. */
import { median } from './figures.mjs'

const milliseconds = 60

const rate = (/** @type {() => unknown} */ work) => {
  const startedAt = performance.now()
  let count = 0
  let passed = 0
  while (passed < milliseconds) {
    for (let i = 0; i < 20; i++) work()
    count += 20
    passed = performance.now() - startedAt
  }
  return (count * 1_000) / passed
}

/**
 * @param {string} title What the work is.
 * @param {Readonly<Record<string, () => unknown>>} works By name; the first is ours.
 * @param {number} rounds
 */
export const inTurns = (title, works, rounds) => {
  const names = Object.keys(works)
  const rates = /** @type {Record<string, Array<number>>} */ (Object.fromEntries(names.map((name) => [name, []])))
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const measured = rate(works[name] ?? (() => undefined))
      if (round >= 0) rates[name]?.push(measured)
    }
  }
  const own = rates[names[0] ?? ''] ?? []
  return names.map((name) => {
    const other = rates[name] ?? []
    return {
      work: title,
      by: name,
      'per second': median(other),
      'ours is × as fast': median(own.map((speed, i) => speed / (other[i] ?? Number.NaN)))
    }
  })
}
