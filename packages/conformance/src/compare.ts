/** Compares expected and actual answers. Differences name paths and types, never values. */
import type { Json, Stored } from '@userpoint/core/repository'

/** Thrown if an observation differs from the expectation. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

export const fail = (what: string): never => {
  throw new Mismatch(what)
}

const sort = (value: unknown): string => {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Returns the first difference of two JSON values, or `undefined`. The order of an object's keys does not matter. */
export const difference = (expected: Json | undefined, actual: unknown, path = ''): string | undefined => {
  const at = path === '' ? 'at the top' : `at ${path.slice(0, 80)}`
  if (sort(expected) !== sort(actual)) return `${at}: ${sort(expected)} became ${sort(actual)}`
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) return `${at}: ${expected.length} items became ${actual.length}`
    for (const [index, item] of expected.entries()) {
      const found = difference(item as Json, actual[index], `${path}/${index}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (typeof expected === 'object' && expected !== null && typeof actual === 'object' && actual !== null) {
    if (!isPlain(actual)) return `${at}: the object came back with another prototype`
    const keys = Object.keys(expected)
    const keysNow = Object.keys(actual).length
    if (keysNow !== keys.length) return `${at}: ${keys.length} keys became ${keysNow}`
    for (const name of keys) {
      const below = `${path}/${JSON.stringify(name)}`
      if (!Object.hasOwn(actual, name)) return `at ${below.slice(0, 80)}: the key is gone`
      const found = difference(
        (expected as Record<string, Json>)[name],
        (actual as Record<string, unknown>)[name],
        below
      )
      if (found !== undefined) return found
    }
    return undefined
  }
  return Object.is(expected, actual) ? undefined : `${at}: another ${typeof expected}`
}

const called = (stored: Stored | undefined): string =>
  stored === undefined
    ? 'nothing'
    : `${stored.kind} ${JSON.stringify(stored.id.slice(0, 40))} at version ${stored.version}`

/** Returns the difference of two answers, or `undefined`. */
export const answerDifference = (expected: Stored | undefined, actual: Stored | undefined): string | undefined => {
  if (expected === undefined || actual === undefined) {
    return expected === actual ? undefined : `${called(actual)} instead of ${called(expected)}`
  }
  if (expected.kind !== actual.kind || expected.id !== actual.id || expected.version !== actual.version) {
    return `${called(actual)} instead of ${called(expected)}`
  }
  const found = difference(expected.body, actual.body)
  return found === undefined ? undefined : `the body of ${called(expected)} differs, ${found}`
}

/** Returns whether two lists of answers are the same. */
export const same = (expected: ReadonlyArray<Stored | undefined>, actual: ReadonlyArray<Stored | undefined>): boolean =>
  expected.length === actual.length &&
  expected.every((one, index) => answerDifference(one, actual[index]) === undefined)

/** Asserts one answer. */
export const sameAnswer = (expected: Stored | undefined, actual: Stored | undefined, what: string): void => {
  const found = answerDifference(expected, actual)
  if (found !== undefined) fail(`${what}: ${found}`)
}

/** Asserts a list of answers, with their order and number. */
export const sameAnswers = (
  expected: ReadonlyArray<Stored | undefined>,
  actual: ReadonlyArray<Stored | undefined>,
  what: (index: number) => string
): void => {
  for (const [index, one] of expected.entries()) {
    if (index < actual.length) sameAnswer(one, actual[index], what(index))
  }
  if (expected.length !== actual.length) {
    fail(`${what(Math.min(expected.length, actual.length))}: ${actual.length} answers instead of ${expected.length}`)
  }
}

/** Returns one text for each value: keys are sorted, and what is absent is left out. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`)
  return `{${entries.toSorted().join(',')}}`
}
