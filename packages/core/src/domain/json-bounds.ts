/**
 * Bounds of a JSON text that are checked before it is parsed. Five megabytes of nothing but brackets take `JSON.parse` seconds
 * and hundreds of megabytes; the scan takes some ten milliseconds, and no memory.
 */
import { backslash, closeArray, closeObject, comma, openArray, openObject, quote } from './characters.ts'

/** The deepest nesting of a text that is parsed; the bound `maxDepth` of a line is at most this. */
export const mostLevels = 1_000

/** The most values in a text that is parsed: members of objects, elements of arrays, and the arrays and objects themselves. */
export const mostValues = 150_000

// A shorter text is parsed in less than a millisecond, for any content.
const harmlessLength = 4_096

/** Returns the position of the quote that closes a text; the length if none does. */
export const endOfText = (json: string, open: number): number => {
  for (let end = json.indexOf('"', open + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let first = end
    while (json.charCodeAt(first - 1) === backslash) first--
    if ((end - first) % 2 === 0) return end
  }
  return json.length
}

/** Returns why a text is not parsed, or `undefined` if it is within the bounds. The text need not be JSON. */
export const excessOf = (json: string): 'TOO_DEEP' | 'TOO_MANY_VALUES' | undefined => {
  if (json.length <= harmlessLength) return undefined
  let depth = 0
  let values = 0
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case quote:
        at = endOfText(json, at)
        break
      case openObject:
      case openArray:
        depth++
        values++
        if (depth > mostLevels) return 'TOO_DEEP'
        break
      case comma:
        values++
        break
      case closeObject:
      case closeArray:
        depth--
    }
    if (values > mostValues) return 'TOO_MANY_VALUES'
  }
  return undefined
}
