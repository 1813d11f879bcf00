/**
 * A push-down automaton that finds where JSON values end and where text stops being JSON, one character at a time, so
 * that the text may come in any pieces. It builds no values: `JSON.parse` does that, on the text of a value that is known
 * to be complete.
 */

/** The effect of a character: `more` is wanted, a value is `complete` with it or `completeBefore` it, or it is an `error`. */
export type Scanned = 'more' | 'complete' | 'completeBefore' | 'error'

type State =
  | 'value'
  | 'firstElement'
  | 'firstKey'
  | 'key'
  | 'colon'
  | 'afterValue'
  | 'string'
  | 'escape'
  | 'hex'
  | 'literal'
  | 'minus'
  | 'zero'
  | 'integer'
  | 'point'
  | 'fraction'
  | 'exponent'
  | 'exponentSign'
  | 'exponentDigits'

const code = (character: string): number => character.charCodeAt(0)
const [space, tab, lineFeed, carriageReturn] = [0x20, 0x09, 0x0a, 0x0d]
const [quote, backslash, comma, colon, minus, plus, point] = ['"', '\\', ',', ':', '-', '+', '.'].map(code)
const [openObject, closeObject, openArray, closeArray] = ['{', '}', '[', ']'].map(code)
const [zero, nine, lowerE, upperE, lowerU] = ['0', '9', 'e', 'E', 'u'].map(code) as [
  number,
  number,
  number,
  number,
  number
]
const escapes = new Set(['"', '\\', '/', 'b', 'f', 'n', 'r', 't'].map(code))
const literals = new Map(['true', 'false', 'null'].map((word) => [code(word), word]))
const numberEnds: ReadonlySet<State> = new Set(['zero', 'integer', 'fraction', 'exponentDigits'])

export const isWhitespace = (c: number): boolean => c === space || c === lineFeed || c === carriageReturn || c === tab

const isDigit = (c: number): boolean => c >= zero && c <= nine

const isHexDigit = (c: number): boolean => isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66)

export interface JsonScanner {
  /** Takes the next character. After anything but `more` the scanner is at its start again. */
  readonly push: (c: number) => Scanned
  /** Ends the text: `completeBefore` if it ends a number, else `error`. */
  readonly end: () => Scanned
}

/**
 * A scanner at the start of a value.
 *
 * @param deepest How many levels it remembers; one more is an error. Input may be nothing but brackets.
 */
export const createJsonScanner = (deepest: number): JsonScanner => {
  let state: State = 'value'
  // One character a level: `{` or `[`.
  let open: number[] = []
  let isKey = false
  let hexDigits = 0
  let literal = ''
  let literalAt = 0

  const reset = (result: Scanned): Scanned => {
    state = 'value'
    open = []
    return result
  }

  const to = (next: State): Scanned => {
    state = next
    return 'more'
  }

  const valueEnded = (): Scanned => (open.length === 0 ? reset('complete') : to('afterValue'))

  const openLevel = (c: number): Scanned => {
    if (open.length === deepest) return reset('error')
    open.push(c)
    return to(c === openObject ? 'firstKey' : 'firstElement')
  }

  const closeLevel = (c: number): Scanned => {
    if (open.at(-1) !== (c === closeObject ? openObject : openArray)) return reset('error')
    open.pop()
    return valueEnded()
  }

  const startString = (key: boolean): Scanned => {
    isKey = key
    return to('string')
  }

  const startValue = (c: number): Scanned => {
    if (c === openObject || c === openArray) return openLevel(c)
    if (c === quote) return startString(false)
    if (c === minus) return to('minus')
    if (c === zero) return to('zero')
    if (isDigit(c)) return to('integer')
    const word = literals.get(c)
    if (word === undefined) return reset('error')
    literal = word
    literalAt = 1
    return to('literal')
  }

  const inString = (c: number): Scanned => {
    if (c === quote) return isKey ? to('colon') : valueEnded()
    if (c === backslash) return to('escape')
    return c < space ? reset('error') : 'more'
  }

  const afterValue = (c: number): Scanned => {
    if (c === comma) return to(open.at(-1) === openObject ? 'key' : 'value')
    return c === closeObject || c === closeArray ? closeLevel(c) : reset('error')
  }

  // A character after a number belongs to what is around it.
  const afterNumber = (c: number): Scanned => {
    if (open.length === 0) return reset('completeBefore')
    return isWhitespace(c) ? to('afterValue') : afterValue(c)
  }

  const inNumber = (c: number): Scanned => {
    switch (state) {
      case 'minus':
        return isDigit(c) ? to(c === zero ? 'zero' : 'integer') : reset('error')
      case 'point':
        return isDigit(c) ? to('fraction') : reset('error')
      case 'exponent':
        if (c === plus || c === minus) return to('exponentSign')
        return isDigit(c) ? to('exponentDigits') : reset('error')
      case 'exponentSign':
        return isDigit(c) ? to('exponentDigits') : reset('error')
      default:
        if (isDigit(c) && state !== 'zero') return 'more'
        if (c === point && (state === 'zero' || state === 'integer')) return to('point')
        if ((c === lowerE || c === upperE) && state !== 'exponentDigits') return to('exponent')
        // `01` and `1.2.3` are no numbers, and nothing may stand right behind one but what ends it.
        return isDigit(c) || c === point || c === lowerE || c === upperE ? reset('error') : afterNumber(c)
    }
  }

  const push = (c: number): Scanned => {
    switch (state) {
      case 'string':
        return inString(c)
      case 'escape':
        if (c !== lowerU) return escapes.has(c) ? to('string') : reset('error')
        hexDigits = 0
        return to('hex')
      case 'hex':
        if (!isHexDigit(c)) return reset('error')
        hexDigits++
        return hexDigits === 4 ? to('string') : 'more'
      case 'literal':
        if (c !== literal.charCodeAt(literalAt)) return reset('error')
        literalAt++
        return literalAt === literal.length ? valueEnded() : 'more'
      case 'value':
      case 'firstElement':
      case 'firstKey':
      case 'key':
      case 'colon':
      case 'afterValue':
        return isWhitespace(c) ? 'more' : between(c)
      default:
        return inNumber(c)
    }
  }

  const between = (c: number): Scanned => {
    switch (state) {
      case 'firstElement':
        return c === closeArray ? closeLevel(c) : startValue(c)
      case 'firstKey':
        return c === closeObject ? closeLevel(c) : c === quote ? startString(true) : reset('error')
      case 'key':
        return c === quote ? startString(true) : reset('error')
      case 'colon':
        return c === colon ? to('value') : reset('error')
      case 'afterValue':
        return afterValue(c)
      default:
        return startValue(c)
    }
  }

  return {
    push,
    end: () => reset(open.length === 0 && numberEnds.has(state) ? 'completeBefore' : 'error')
  }
}
