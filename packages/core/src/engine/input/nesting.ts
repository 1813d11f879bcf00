/**
 * Decides whether a line after a broken command may be nested in that command. The text is broken, so that this is a guess on
 * the safe side: a deletion cannot be undone.
 */
import {
  backslash,
  closeArray,
  closeObject,
  colon,
  comma,
  isWhitespace,
  lineFeed,
  openArray,
  openObject,
  quote,
  recordSeparator
} from '../../domain/characters.ts'

export interface Nesting {
  /** Starts over, at the first character of a command. */
  readonly reset: () => void
  /** Takes the next character, of the command or of what follows it. */
  readonly push: (c: number) => void
  /**
   * Returns whether an object that starts here may be nested. It is not if every bracket is closed, or if it follows a
   * finished value in the command's own object: a line that lost its end.
   */
  readonly mayNest: () => boolean
}

export const createNesting = (): Nesting => {
  let depth = 0
  let outermost = openObject
  let isInText = false
  let isEscaped = false
  // Whether a value is expected next, and whether one has just been finished.
  let expectsValue = false
  let hasValue = false

  const inText = (c: number): void => {
    // A text of JSON ends before the next line.
    if (c === lineFeed || (c === quote && !isEscaped)) isInText = false
    isEscaped = c === backslash && !isEscaped
  }

  const between = (c: number): void => {
    if (isWhitespace(c)) return
    switch (c) {
      case openObject:
      case openArray:
        if (depth === 0) outermost = c
        depth++
        expectsValue = false
        hasValue = false
        return
      case closeObject:
      case closeArray:
        depth = Math.max(0, depth - 1)
        hasValue = true
        return
      case colon:
      case comma:
        expectsValue = c === colon
        hasValue = false
        return
      default:
        isInText = c === quote
        isEscaped = false
        hasValue = expectsValue
    }
  }

  const reset = (): void => {
    depth = 0
    isInText = false
  }

  return {
    reset,
    push: (c) => {
      // It occurs in no JSON value, and starts the next text.
      if (c === recordSeparator) reset()
      else if (isInText) inText(c)
      else between(c)
    },
    mayNest: () => depth > 1 || (depth === 1 && (outermost !== openObject || !hasValue))
  }
}
